"""Loads a pattern's file as whoever has copied it would: by itself, under any name."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

PATTERNS = Path(__file__).resolve().parents[3] / "patterns"


def load(file: str) -> Any:
    """The module of a file that is named from the folder of all patterns on."""
    path = PATTERNS / file
    name = f"{path.parents[1].name}_{path.stem}".replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
