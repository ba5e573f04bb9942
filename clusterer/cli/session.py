"""What commands do before their own work: processor threads, the model, the settings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import clusterer
from clusterer.cli.options import ElementType
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


def chosen_encoder(model: str | None, prompt: str | None, dtype: ElementType, threads: int | None) -> Encoder | None:
    """The model that was asked for; None where none was, for the bundled one or the one that an index remembers."""
    if model is None and prompt is None and dtype == "float32":
        return None
    return clusterer.load_encoder(model, prompt=prompt, dtype=dtype, threads=threads)


def chosen_settings(threshold: float | None) -> Settings | None:
    """The settings with what was asked for; None where nothing was, for the defaults or those of an index."""
    return None if threshold is None else Settings(threshold=threshold)
