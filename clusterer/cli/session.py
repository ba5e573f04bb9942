"""What commands do before their own work: processor threads, the model, the settings."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import clusterer
from clusterer.cli.options import ElementType
from clusterer.errors import IndexMissingError
from clusterer.settings import Settings

if TYPE_CHECKING:
    from clusterer.encoding.encoder import Encoder

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def limit_threads(threads: int | None) -> None:
    """Hold every library to so many threads. They read their variables as they are imported, so this comes first."""
    if threads is not None:
        os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))


def chosen_encoder(
    model: str | None, prompt: str | None, dtype: ElementType | None, threads: int | None
) -> Encoder | None:
    """The model that was asked for; None where none was, for the bundled one or the one that an index remembers."""
    if model is None and prompt is None and dtype in (None, "float32"):
        return None
    return clusterer.load_encoder(model, prompt=prompt, dtype=dtype, threads=threads)


def chosen_settings(threshold: float | None, recall: float | None, index: Path | None = None) -> Settings | None:
    """The settings with what was asked for, and for the rest those of the index, if there is one, or the defaults; None
    where nothing was asked for.
    """
    given: dict[str, Any] = {"threshold": threshold, "recall": recall}
    asked = {name: value for name, value in given.items() if value is not None}
    if not asked:
        return None
    return replace(_settings_of(index), **asked)


def _settings_of(index: Path | None) -> Settings:
    if index is None:
        return Settings()
    try:
        with clusterer.open_index(index) as opened:
            return opened.settings
    except IndexMissingError:
        return Settings()
