"""Makes videos with diffusers on this machine's device, driven by JSON lines.

The modules of this folder use Python's standard library alone; `engine` is what imports torch.
"""

__version__ = "0.2.0"
