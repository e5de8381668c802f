"""The part of the worker that imports torch and diffusers."""
