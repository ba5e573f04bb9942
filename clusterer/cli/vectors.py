"""Vectors of the user's own, from a NumPy file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from clusterer.encoding.encoder import Vectors
from clusterer.errors import InputError


def load_vectors(path: Path, articles: int) -> Vectors:
    """The rows of a .npy file as float32 [articles, d], the first for the first article that was read, and so on.

    Raises InputError where the file is no array of floats, or has another number of rows, or one that is not finite.
    Nothing in the file is ever unpickled.
    """
    where = f"--vectors {path}"
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise InputError("there is no such file", where=where, remedy="Give the path of a .npy file.") from None
    except (ValueError, EOFError, OSError) as error:
        raise InputError(
            f"this is not a NumPy array of numbers ({error})", where=where, remedy="Write it with numpy.save."
        ) from error
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.dtype.kind != "f":
        shape = f"{array.dtype} {list(array.shape)}" if isinstance(array, np.ndarray) else "an archive of arrays"
        raise InputError(
            f"the vectors are {shape}, not floats [articles, dimensions]",
            where=where,
            remedy="Save one row of floats for each article.",
        )
    if len(array) != articles:
        raise InputError(
            f"there are {len(array):,} vectors for {articles:,} articles",
            where=where,
            remedy="Give one row for each article that is read, in order; --split never keeps pages "
            "whole, and --errors FILE tells which records could not be read.",
        )
    vectors = np.asarray(array, dtype=np.float32)
    _check_finite(vectors, where)
    return vectors


def _check_finite(vectors: Vectors, where: str) -> None:
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        raise InputError(
            f"row {int(np.argmin(finite)):,} of the vectors holds a number that is not finite",
            where=where,
            remedy="Compute it again; a text without meaning may have a row of zeros.",
        )
