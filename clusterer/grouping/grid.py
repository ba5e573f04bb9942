"""Vectors on a grid, so that arithmetic on them is exact.

Each component is rounded to a whole number of steps of 1/4000. An inner product of two such vectors, and every partial
sum of it, is then a whole number below 2**24 (by Cauchy and Schwarz), which float32 holds exactly. So a similarity is
the same to the last bit whatever the batch, the number of threads or the order of summation, in FAISS, BLAS or numpy.
Rounding moves a cosine by about 1e-4.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

STEPS = 4000
LARGEST_DIMENSION = 4096


GridVectors = npt.NDArray[np.int16]


def on_grid(unit: npt.NDArray[np.float32]) -> GridVectors:
    """Rows of at most unit length, float32 [n, d], as whole numbers of steps, int16 [n, d].

    Above 2048 steps they are even, so that float16 holds all of them exactly.
    """
    assert unit.shape[1] <= LARGEST_DIMENSION, "the partial sums of longer vectors may pass 2**24"
    steps: GridVectors = np.rint(unit * np.float32(STEPS)).astype(np.float16).astype(np.int16)
    return steps


def cosine(left: GridVectors, right: GridVectors) -> npt.NDArray[np.float64]:
    """Inner products of rows of grid vectors [m, d] with rows [m, d], float64 [m], in units of 1 and not of steps."""
    products: npt.NDArray[np.float32] = np.einsum("ij,ij->i", left.astype(np.float32), right.astype(np.float32))
    return products.astype(np.float64) / (STEPS * STEPS)
