"""Where the bundled model lies, and its arrays."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

BUNDLED_MODEL = Path(__file__).parent.parent / "bundled_model"


@cache
def load_constants() -> dict[str, npt.NDArray[np.float32]]:
    """The constants of the bundled model: rarity of tokens, mean of each language."""
    from safetensors.numpy import load_file

    return load_file(BUNDLED_MODEL / "constants.safetensors")


def constant_alignment() -> dict[str, float]:
    """How near lines of a language lie to what they say in English."""
    alignment: dict[str, float] = _told()["alignment"]
    return alignment


def constant_languages() -> tuple[str, ...]:
    """The languages of the rows of `language_means`."""
    return tuple(_told()["languages"])


@cache
def _told() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((BUNDLED_MODEL / "constants.json").read_text(encoding="utf-8"))
    return told
