"""One video's steps on several devices: each computes its share of the tokens of every block.

This is diffusers' context parallelism (Ulysses): for attention the devices exchange tokens for
heads. Each of them holds all weights, so it makes a video sooner and needs no less memory.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from diffusers import ContextParallelConfig
from torch.distributed.device_mesh import init_device_mesh

from ..errors import WorkerError
from .blocks import blocks_of
from .impossible import impossible
from .replaced import replaced

#: What a device waits for the others at most, in the middle of a step.
COLLECTIVE_SECONDS = 300
#: They talk within one machine, so nothing is offered to the network.
LOOPBACK = {"linux": "lo", "darwin": "lo0"}


def check_shares(alias: str, denoisers: Iterable[Any], count: int) -> None:
    """Raises where the heads of attention cannot be shared out evenly among `count` devices."""
    heads = math.gcd(*(int(one.config.num_attention_heads) for one in denoisers))
    if heads % count == 0:
        return
    allowed = ", ".join(str(n) for n in range(2, min(heads, 16) + 1) if heads % n == 0)
    raise WorkerError(
        "model_not_found",
        f'The model "{alias}" asks for {count} devices for one video (gpus={count}), and its '
        f"network's {heads} attention heads cannot be shared out among them evenly.",
        field="model",
        remedy=f"Add the model again with --gpus {allowed or 1}.",
    )


def join(device: torch.device, rank: int, count: int, folder: Path) -> None:
    """Meets the other processes of a group, by a file in the folder that all of them know."""
    backend = "cpu:gloo"
    if device.type == "cuda":
        if not dist.is_nccl_available():
            raise WorkerError(
                "model_not_found",
                "One video on several devices needs NCCL, which this build of torch does not have.",
                field="model",
                remedy="Add the model again without --gpus.",
            )
        torch.cuda.set_device(device)
        backend = "cpu:gloo,cuda:nccl"
    if sys.platform in LOOPBACK:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", LOOPBACK[sys.platform])
        os.environ.setdefault("NCCL_SOCKET_IFNAME", LOOPBACK[sys.platform])
    dist.init_process_group(
        backend,
        init_method=(folder / "meeting").as_uri(),
        rank=rank,
        world_size=count,
        timeout=timedelta(seconds=COLLECTIVE_SECONDS),
    )


def leave(device: torch.device) -> None:
    """The opposite of `join`, whether or not the others are there."""
    if not dist.is_initialized():
        return
    if device.type == "cuda":
        # What waits on the device for others that are gone would never end.
        dist.distributed_c10d._abort_process_group()
    else:
        dist.destroy_process_group()


def share_steps(denoisers: Iterable[Any], device: torch.device, count: int) -> None:
    """Lets this process compute its share of what `denoisers` are asked; to be called by all."""
    mesh = init_device_mesh(device.type, (1, count), mesh_dim_names=("ring", "ulysses"))
    with contextlib.ExitStack() as during:
        if device.type == "cpu":
            # diffusers divides by it, though it has the mesh, and a processor counts as none.
            during.enter_context(replaced(torch.accelerator, "device_count", lambda: 1))
        for denoiser in denoisers:
            try:
                denoiser.enable_parallelism(
                    config=ContextParallelConfig(ulysses_degree=count, mesh=mesh)
                )
            except ValueError as error:
                raise impossible(
                    f"One video on several devices does not go with it: {error}",
                    "Take attention=… out of",
                ) from error


class Agreement:
    """Whether a job is cancelled, as all devices of a group see it.

    A device that left alone would let the others wait for it in the middle of a block; so all
    exchange, before each block, whether one was asked to stop.
    """

    def __init__(self, asked: threading.Event) -> None:
        self._asked = asked
        self._agreed = False
        #: Nobody waits for this device any more.
        self.alone = False

    def is_set(self) -> bool:
        return self._agreed or (self.alone and self._asked.is_set())

    @contextlib.contextmanager
    def between_blocks(self, denoisers: Iterable[Any]) -> Iterator[None]:
        """To be entered before whatever looks at `is_set` before each block."""
        hooks = [
            block.register_forward_pre_hook(lambda *_: self._exchange())
            for denoiser in denoisers
            for block in blocks_of(denoiser)
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _exchange(self) -> None:
        asked = torch.tensor([int(self._asked.is_set())])
        dist.all_reduce(asked, op=dist.ReduceOp.MAX)
        self._agreed = bool(asked.item())
