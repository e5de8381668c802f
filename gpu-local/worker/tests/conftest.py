from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .harness import Harness


# Packages that processes which the tests start are not to find.
sys.path.append(str(Path(sys.prefix) / "apart"))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with every tiny model; built once, with random weights."""
    from . import files

    folder = tmp_path_factory.mktemp("tiny")
    files.write_all(folder)
    return folder


@pytest.fixture(scope="session")
def harness(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Harness:
    """Loaded tiny models, which tests share."""
    from .harness import Harness

    return Harness(tiny, tmp_path_factory.mktemp("out"))
