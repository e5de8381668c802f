"""Schedulers by the names that requests know."""

from __future__ import annotations

import inspect

import pytest
import torch

from text_to_video_worker.engine.schedulers import use_scheduler
from text_to_video_worker.errors import WorkerError
from text_to_video_worker.families import FAMILIES, MIN_STEPS, SCHEDULER_NAMES

from .harness import digest

ALL = list(FAMILIES)
#: As its authors publish it.
COGVIDEOX = {
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
    "clip_sample": False,
}


@pytest.mark.parametrize("family", ALL)
@pytest.mark.parametrize("name", SCHEDULER_NAMES)
def test_every_documented_scheduler_runs_or_is_said_not_to(harness, family, name):
    made = harness.make(family, scheduler=name, num_frames=9, num_inference_steps=4)
    assert made["frames"] == 9
    honoured = FAMILIES[family].schedulers.get(name)
    own = harness.model(family).scheduler_class
    assert made["settings"]["scheduler"] == (honoured or own)
    assert (name in "".join(made["warnings"])) == (honoured is None)


@pytest.mark.parametrize(
    ("family", "names"),
    [
        ("wan", ["DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler"]),
        ("ltx", ["EulerDiscreteScheduler", "LCMScheduler"]),
    ],
)
def test_a_swapped_flow_scheduler_stops_at_the_models_own_noise_levels(harness, family, names):
    loaded = harness.model(family)
    levels = []
    for name in (None, *names):
        harness.make(loaded, scheduler=name, num_frames=9, num_inference_steps=6)
        levels.append(loaded.pipe.scheduler.sigmas[:-1])
    for other in levels[1:]:
        assert torch.allclose(levels[0], other, atol=5e-3)


@pytest.mark.parametrize("name", ["EulerDiscreteScheduler", "LCMScheduler"])
def test_wans_shift_is_carried_into_the_flow_form(harness, name):
    loaded = harness.model("wan")
    harness.make(loaded, scheduler=name, num_frames=5)
    assert loaded.pipe.scheduler.config.shift == loaded.scheduler_config["flow_shift"]


# What a perfect denoiser makes of noise tells whether a scheduler asks it at the right noise levels
# and steps by the right amounts, which a random network cannot tell.
MEAN, SPREAD = 0.70, 0.50


def best_guess(noisy, signal, noise):
    """The mean of all clean values that `signal * clean + noise * chance` may have come from."""
    gain = signal * SPREAD**2 / (signal**2 * SPREAD**2 + noise**2)
    return MEAN + gain * (noisy - signal * MEAN)


def levels(own, t, flow):
    """How much signal and noise the model was trained to expect at time `t`."""
    if flow:
        return 1 - t / 1000, t / 1000
    kept = own.alphas_cumprod.double().clamp_min(1e-12).log()
    below = min(int(t), len(kept) - 1)
    above = min(below + 1, len(kept) - 1)
    kept = float(torch.lerp(kept[below], kept[above], t - int(t)).exp())
    return kept**0.5, (1 - kept) ** 0.5


def answer(kind, guess, chance, signal, noise):
    return {
        "epsilon": chance,
        "v_prediction": signal * chance - noise * guess,
        "flow": chance - guess,
    }[kind]


def denoise_perfectly(loaded, steps=25):
    scheduler, own = loaded.pipe.scheduler, loaded.own_scheduler()
    flow = loaded.family.flow
    kind = "flow" if flow else own.config.prediction_type
    wanted = inspect.signature(scheduler.step).parameters
    options = {"mu": 1.0} if scheduler.config.get("use_dynamic_shifting") else {}
    scheduler.set_timesteps(steps, **options)
    values = torch.randn(1, 4, 4, 24, 24, generator=torch.Generator().manual_seed(0))
    values = values * (1.0 if flow else scheduler.init_noise_sigma)
    chance = {"generator": torch.Generator().manual_seed(1)} if "generator" in wanted else {}
    older = None
    for index, t in enumerate(scheduler.timesteps):
        asked = values if flow else scheduler.scale_model_input(values, t)
        signal, noise = levels(own, float(t), flow)
        guess = best_guess(asked, signal, noise)
        output = answer(kind, guess, (asked - signal * guess) / max(noise, 1e-6), signal, noise)
        if "old_pred_original_sample" in wanted:
            before = scheduler.timesteps[index - 1] if index else None
            values, older = scheduler.step(
                output, older, t, before, values, **chance, return_dict=False
            )
        else:
            values = scheduler.step(output, t, values, **chance, return_dict=False)[0]
    return values


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (model, name)
        for model in (*ALL, "cogvideox-5b")
        for name in FAMILIES[model.removesuffix("-5b")].schedulers
    ],
)
def test_every_offered_scheduler_turns_noise_into_what_a_perfect_model_knows(
    harness, monkeypatch, model, name
):
    loaded = harness.model(model.removesuffix("-5b"))
    # The 2B model's noise is shifted, the 5B model's is not.
    changes = {
        "cogvideox": {"snr_shift_scale": 3.0, **COGVIDEOX},
        "cogvideox-5b": {"snr_shift_scale": 1.0, **COGVIDEOX},
    }
    config = {**loaded.scheduler_config, **changes.get(model, {})}
    monkeypatch.setattr(loaded, "scheduler_config", config)
    use_scheduler(loaded, name)
    made = denoise_perfectly(loaded)
    assert float(made.mean()) == pytest.approx(MEAN, abs=0.04)
    # Samplers that add noise again and again, and LCM's few large steps, blur a little.
    assert 0.25 < float(made.std()) < 0.6


def test_dropped_schedulers_are_those_that_a_perfect_model_does_not_survive(harness):
    for family, name in [
        ("animatediff", "IPNDMScheduler"),
        ("cogvideox", "IPNDMScheduler"),
        ("wan", "DEISMultistepScheduler"),
    ]:
        assert name not in FAMILIES[family].schedulers
        made = harness.make(family, scheduler=name, num_frames=9)
        assert name in made["warnings"][0]
        loaded = harness.model(family)
        use_scheduler(loaded, name)
        assert abs(float(denoise_perfectly(loaded).mean()) - MEAN) > 0.05


@pytest.mark.parametrize("family", ALL)
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_few_steps_make_a_video_or_are_refused_by_their_number(harness, family, steps):
    for name in (None, *FAMILIES[family].schedulers):
        least = max(FAMILIES[family].min_steps, MIN_STEPS.get(name, 1))
        fields = {"scheduler": name, "num_inference_steps": steps}
        small = {"num_frames": 9, "width": 32, "height": 32}
        if steps >= least:
            assert harness.make(family, **fields, **small)["frames"] == 9
            continue
        with pytest.raises(WorkerError, match=f"at least {least} steps") as caught:
            harness.make(family, **fields, **small)
        assert (caught.value.code, caught.value.field) == (
            "invalid_request",
            "num_inference_steps",
        )


def test_a_models_own_shift_rules_every_flow_scheduler_and_is_reported(harness):
    plain = harness.model("wan")
    loaded = harness.model("wan", defaults={"flow_shift": 8})
    for name in (None, *FAMILIES["wan"].schedulers):
        made = harness.make(loaded, scheduler=name, num_frames=5)
        config = loaded.pipe.scheduler.config
        assert config["shift" if "shift" in config else "flow_shift"] == 8
        assert made["settings"]["flow_shift"] == 8
    assert "flow_shift" not in harness.make(plain, num_frames=5)["settings"]
    assert digest(harness.make(loaded)) != digest(harness.make(plain))
    ltx = harness.model("ltx", defaults={"flow_shift": 2})
    harness.make(ltx, num_frames=9)
    assert (ltx.pipe.scheduler.config.shift, ltx.pipe.scheduler.config.use_dynamic_shifting) == (
        2,
        False,
    )


@pytest.mark.parametrize(
    ("made_for", "asked", "used"),
    [
        (None, None, "UniPCMultistepScheduler"),
        (None, "EulerDiscreteScheduler", "FlowMatchEulerDiscreteScheduler"),
        (None, "DPMSolverMultistepScheduler", "DPMSolverMultistepScheduler"),
        ("LCMScheduler", None, "FlowMatchLCMScheduler"),
        ("FlowMatchHeunDiscreteScheduler", None, "FlowMatchHeunDiscreteScheduler"),
        ("LCMScheduler", "EulerDiscreteScheduler", "FlowMatchEulerDiscreteScheduler"),
    ],
)
def test_a_scheduler_is_chosen_by_the_request_then_by_what_a_model_was_made_for(
    harness, made_for, asked, used
):
    loaded = harness.model("wan", scheduler=made_for)
    assert use_scheduler(loaded, asked) == used
    first = loaded.pipe.scheduler
    assert type(first).__name__ == used
    # A fresh one each time, and nothing of one is kept for the next.
    assert use_scheduler(loaded, asked) == used
    assert loaded.pipe.scheduler is not first
    assert use_scheduler(harness.model("wan"), None) == "UniPCMultistepScheduler"
