"""What turns texts into vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from clusterer.progress import Progress

Vectors = npt.NDArray[np.float32]


class Encoder(Protocol):
    """A model that turns texts into vectors.

    `name` is what a user gives to `--model`. `fingerprint` is the SHA-256 in hex of everything that decides the vectors
    (weights, prompt, dtype, length, pooling): two encoders with one fingerprint give one text the same vector.
    `prompt` is the user's own, None where there is none; `dtype` is the arithmetic, "float32" or "bfloat16".
    """

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def prompt(self) -> str | None: ...

    @property
    def dtype(self) -> str: ...

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Vectors of the texts, float32 [n, dimension], rows of unit length; a text with no token gets a row of
        zeros.
        """
        ...
