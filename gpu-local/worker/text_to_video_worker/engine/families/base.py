"""What the engine asks of a family of models. A new family is a file like those beside this one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import torch

from ...errors import WorkerError
from ...families import FAMILIES, Family
from ...model_spec import ModelSpec
from ...model_validation import check_model
from ...plan import Clip, Notes, Plan
from ..loaded_model import LoadedModel
from ..single_file import SingleFile, read_single_file
from ..sound import Sound

#: What a model may set and no request has; reported where a model sets it.
MODEL_ONLY_DEFAULTS = ("flow_shift", "guidance_rescale", "decode_timestep", "decode_noise_scale")


class PipelineFamily:
    """A family whose models are folders in diffusers' layout. Subclasses say what differs."""

    #: Its name in `families/index.json`.
    name: ClassVar[str]
    #: The diffusers pipeline that makes its videos.
    pipeline: ClassVar[Any]
    #: How a single file becomes its denoiser; None: its models are folders only.
    denoiser: ClassVar[SingleFile | None] = None
    #: Further ones, by the class that a folder names.
    pipelines: ClassVar[dict[str, Any]] = {}

    def dtype(self, spec: ModelSpec, device: torch.device) -> torch.dtype:
        """The numbers that most weights are kept in; a CPU is fastest in float32."""
        return torch.float32 if device.type == "cpu" else torch.bfloat16

    def load(self, spec: ModelSpec, dtype: torch.dtype) -> Any:
        """The pipeline on the CPU, from files that were checked."""
        path = Path(spec.path)
        if path.is_file():
            return self._load_single_file(spec, dtype)
        index = check_model(path, FAMILIES[self.name].pipeline_classes)
        return self.pipelines.get(index["_class_name"], self.pipeline).from_pretrained(
            path,
            torch_dtype=self.part_dtypes(dtype),
            local_files_only=True,
            use_safetensors=True,
        )

    def _load_single_file(self, spec: ModelSpec, dtype: torch.dtype) -> Any:
        """The denoiser of a file, with everything else from a folder."""
        if self.denoiser is None:
            raise _no_single_file(spec, "models of this family are read as folders only")
        if spec.base is None:
            raise _no_single_file(spec, "it is one file and needs a folder with the other parts")
        base = Path(spec.base)
        index = check_model(base, FAMILIES[self.name].pipeline_classes)
        files = {"transformer": Path(spec.path)}
        if index.get("boundary_ratio") is not None:
            if spec.low_noise is None:
                raise _no_single_file(
                    spec, "its folder has two experts, and only the one for much noise was named"
                )
            files["transformer_2"] = Path(spec.low_noise)
        parts = {
            name: read_single_file(self.denoiser, file, base, dtype) for name, file in files.items()
        }
        self.check_single_file(spec, index, parts["transformer"])
        return self.pipelines.get(index["_class_name"], self.pipeline).from_pretrained(
            base,
            torch_dtype=self.part_dtypes(dtype),
            local_files_only=True,
            use_safetensors=True,
            **parts,
        )

    def check_single_file(self, spec: ModelSpec, index: dict[str, Any], denoiser: Any) -> None:
        """Raises where a file's network does not go with its folder's other parts."""

    def part_dtypes(self, dtype: torch.dtype) -> Any:
        """`dtype`, or a mapping (with "default") where some parts need other numbers."""
        return dtype

    def measure(self, family: Family, pipe: Any) -> Family:
        """The family's limits as this model's own configuration has them."""
        return family

    def denoisers(self, pipe: Any) -> tuple[Any, ...]:
        """Every network that steps ask: what a profile says goes for all of them."""
        both = (getattr(pipe, name, None) for name in ("transformer", "transformer_2", "unet"))
        return tuple(one for one in both if one is not None)

    def scheduler_changes(self, loaded: LoadedModel, class_name: str) -> dict[str, Any]:
        """What `class_name` needs beside the configuration of the model's own scheduler."""
        if not loaded.family.flow:
            return {}
        own = loaded.family.defaults.get("flow_shift")
        config = loaded.scheduler_config
        # A distilled model's own levels: neither the video's size nor a last level moves them
        # (diffusers' example in docs/source/en/api/pipelines/ltx2.md).
        unmoved = {"use_dynamic_shifting": False, "shift_terminal": None}
        fixed = {k: v for k, v in unmoved.items() if k in config and loaded.spec.sigmas}
        if own is None and class_name == loaded.scheduler_class:
            return fixed
        # The two kinds of flow schedulers call the same number `shift` and `flow_shift`.
        name = "shift" if class_name.startswith("FlowMatch") else "flow_shift"
        if own is None:
            return {name: config.get("flow_shift") or config.get("shift") or 1.0, **fixed}
        return {name: own, "use_dynamic_shifting": False, **fixed}

    def prepare(self, loaded: LoadedModel, plan: Plan) -> None:
        """Changes to the pipeline that must come before LoRAs are put on."""

    @contextlib.contextmanager
    def during(self, loaded: LoadedModel, plan: Plan) -> Iterator[None]:
        """Around one job, after its LoRAs and scheduler are in place."""
        yield

    def pipeline_for(self, loaded: LoadedModel, plan: Plan) -> Any:
        """The pipeline that makes this video: the loaded one, or another over the same parts."""
        return loaded.pipe

    def arguments(self, loaded: LoadedModel, plan: Plan, clip: Clip) -> dict[str, Any]:
        """What its pipeline is called with beside what every family's is."""
        return {}

    def takes_no(self, pipe: Any) -> frozenset[str]:
        """Which of every family's arguments its pipeline does not have."""
        return frozenset()

    def sound(self, loaded: LoadedModel, output: Any) -> Sound | None:
        """The sound that the pipeline made with its pictures."""
        return None

    def longest_prompt(self, loaded: LoadedModel) -> int:
        """Tokens that its text encoder reads."""
        raise NotImplementedError

    def check_prompts(self, loaded: LoadedModel, plan: Plan, notes: Notes) -> None:
        """Says which words are beyond what the text encoder reads; asked inside `during`."""
        most = self.longest_prompt(loaded)
        for text in plan.texts():
            tokens = loaded.pipe.tokenizer(text, truncation=False).input_ids
            if len(tokens) <= most:
                continue
            # The last token marks the end, in the text and in what is read of it.
            cut = loaded.pipe.tokenizer.decode(tokens[most - 1 : -1]).strip()
            notes.not_honoured(
                "prompt",
                f"A prompt is longer than the {most} tokens that the model reads; "
                f'ignored was: "{cut[:120]}".',
                "Shorten the prompt.",
            )

    def settings(self, loaded: LoadedModel, plan: Plan) -> dict[str, Any]:
        """What its jobs report beside what every family's do."""
        return {
            name: loaded.family.defaults[name]
            for name in MODEL_ONLY_DEFAULTS
            if name in loaded.family.defaults
        }


def _no_single_file(spec: ModelSpec, why: str) -> WorkerError:
    return WorkerError(
        "model_not_found",
        f'The model "{spec.alias}" was not loaded: {why}.',
        field="model",
        remedy="Add it with --base (and --low-noise) as docs/diffusers.md says.",
    )
