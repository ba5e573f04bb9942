"""Where the bundled models lie, and the constants that ship with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

BUNDLED_MODEL = Path(__file__).parent.parent / "bundled_model"
DEEP_MODEL = Path(__file__).parent.parent / "bundled_deep_model"


@cache
def load_constants(folder: Path) -> Mapping[str, npt.NDArray[np.float32]]:
    """The arrays of a bundled model's constants: the mean of each language; of the static one rarity of tokens too."""
    from safetensors.numpy import load_file

    return load_file(folder / "constants.safetensors")


def constant_alignment(folder: Path) -> dict[str, float]:
    """How near lines of a language lie to what they say in English."""
    alignment: dict[str, float] = _told(folder)["alignment"]
    return alignment


def constant_languages(folder: Path) -> tuple[str, ...]:
    """The languages of the rows of `language_means`."""
    return tuple(_told(folder)["languages"])


@cache
def _told(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "constants.json").read_text(encoding="utf-8"))
    return told
