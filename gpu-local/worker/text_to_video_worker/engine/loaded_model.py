"""A pipeline on its device, and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import diffusers
import torch

from ..families import Family
from ..model_spec import ModelSpec
from ..profiles import Profile
from .device_group import DeviceGroup
from .prompt_cache import PromptCache


@dataclass
class LoadedModel:
    spec: ModelSpec
    #: The family's limits as this model's own configuration has them.
    family: Family
    pipe: Any
    device: torch.device
    profile: Profile
    weight_bytes: int
    #: Whether the VAE decodes in tiles now; a job of another size may change it.
    tiled: bool
    #: What most of the network computes in, however its weights are stored.
    compute_dtype: torch.dtype
    #: The scheduler that the model came with: every swap starts from its configuration.
    scheduler_class: str
    scheduler_config: dict[str, Any]
    #: What decodes instead of the pipeline's own VAE.
    light_vae: Any = None
    #: LoRA files and strengths that are active now; left in place for the next job.
    active_loras: tuple[tuple[str, float], ...] = ()
    #: What of them could not be used.
    lora_notes: tuple[str, ...] = ()
    #: FreeNoise's window that is set up now; 0: none.
    window_frames: int = 0
    used_at: float = field(default=0.0)
    #: Whether its blocks were compiled when there was time, and the LoRAs that were on then.
    compiled: bool = False
    compiled_loras: tuple[tuple[str, float], ...] = ()
    #: Whether compiling is not to be tried (again).
    compile_failed: bool = False
    #: What MagCache goes by, once it was measured; and whether this job's cache skips anything.
    mag_ratios: list[float] = field(default_factory=list)
    skips: bool = True
    prompts: PromptCache = field(default_factory=PromptCache)
    #: The processes for the further devices that make its videos, where it asks for several.
    group: DeviceGroup | None = None

    @property
    def broken(self) -> bool:
        """Whether it must be loaded anew."""
        return self.group is not None and self.group.broken

    def __post_init__(self) -> None:
        self.use_tiles(self.tiled)

    def runs_compiled(self) -> bool:
        """Other LoRAs would be compiled anew, in the middle of a job."""
        return self.compiled and self.active_loras == self.compiled_loras

    def profile_now(self) -> Profile:
        """What the next video is made with."""
        compiled = self.profile.compile or self.runs_compiled()
        cache = self.profile.cache if self.skips else None
        return replace(self.profile, tiling=self.tiled, compile=compiled, cache=cache)

    def use_tiles(self, tiles: bool) -> None:
        """Lets the VAE decode in tiles, or whole. Nothing is loaded anew for it."""
        for vae in (self.pipe.vae, self.light_vae):
            for name in ("tiling", "slicing"):
                switch = getattr(vae, f"{'enable' if tiles else 'disable'}_{name}", None)
                if switch is not None:
                    switch()
        self.tiled = tiles

    def own_scheduler(self) -> Any:
        """A fresh one of the kind that the model came with."""
        return getattr(diffusers, self.scheduler_class).from_config(self.scheduler_config)
