from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with every tiny model; built once, with random weights."""
    from . import tiny as builder

    folder = tmp_path_factory.mktemp("tiny")
    builder.write_all(folder)
    return folder
