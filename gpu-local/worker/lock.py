"""Renews the lock files: `uv run --no-project lock.py` (needs uv on the PATH).

torch.lock          torch and what only torch needs, as PyPI has them (CUDA on Linux, MPS on macOS)
requirements.lock   everything else that the worker imports
dev.lock            what the tests and linters need on top
apart.lock          what a test takes from a folder of its own

torch stands apart because some machines take it from PyTorch's own index (ROCm, CUDA on Windows,
CPU only), where the same version has other files and other hashes.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
TORCH_FAMILY = re.compile(r"^(torch|triton|nvidia-|cuda-|lazy-importer)")


def compile_lock(requirements: list[str], constraints: Path | None) -> str:
    uv = shutil.which("uv")
    if uv is None:
        raise SystemExit("uv is not on the PATH: pip install uv")
    command = [uv, "pip", "compile", "-", "--universal", "--python-version", "3.11"]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    if constraints is not None:
        command += ["--constraints", str(constraints)]
    done = subprocess.run(
        command, input="\n".join(requirements), text=True, check=True, capture_output=True, cwd=HERE
    )
    return done.stdout


def split(lock: str) -> list[str]:
    """One string a package: its requirement line and its hash lines."""
    return re.split(r"\n(?=\S)", lock.strip())


def write(name: str, packages: list[str]) -> None:
    text = "\n".join(packages) + "\n"
    (HERE / name).write_text(f"# Written by lock.py\n{text}", encoding="utf-8")


def main() -> None:
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    everything = split(compile_lock(project["project"]["dependencies"], None))
    write("torch.lock", [p for p in everything if TORCH_FAMILY.match(p)])
    write("requirements.lock", [p for p in everything if not TORCH_FAMILY.match(p)])
    known = {p.split("==")[0] for p in everything}
    for group in ("dev", "apart"):
        wanted = project["dependency-groups"][group]
        packages = split(compile_lock(wanted, HERE / "requirements.lock"))
        write(f"{group}.lock", [p for p in packages if p.split("==")[0] not in known])


if __name__ == "__main__":
    main()
