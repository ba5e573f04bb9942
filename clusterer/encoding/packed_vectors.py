"""Vectors in blocks of 4 bits with a float16 scale each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BLOCK = 32
# The names of the arrays in a file of weights.
PACKED, SCALES = "words.packed", "words.scales"
ZERO = 8


def pack(vectors: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float16]]:
    """Vectors, float32 [n, d], as uint8 [n, d / 2], the first half of a block in the low bits, and the scales of the
    blocks, float16 [n, d / BLOCK]. A weight is its 4 bits less ZERO, times the scale; what is made of such weights is
    packed without loss.
    """
    blocks = vectors.reshape(len(vectors), -1, BLOCK)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=2)[..., None], axis=2)[..., 0]
    # The largest weight takes the value -8, which the other sign has not.
    scales = (largest / -ZERO).astype(np.float16)
    divisor = np.where(scales == 0, 1, scales).astype(np.float32)[..., None]
    levels = np.clip(np.rint(blocks / divisor) + ZERO, 0, 15).astype(np.uint8)
    half = BLOCK // 2
    return (levels[..., :half] | levels[..., half:] << 4).reshape(len(vectors), -1), scales
