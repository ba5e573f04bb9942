"""The evidence that two families, or two groups of them, tell one story. One formula for both.

Two families of one language: half their dense cosine and .65 of their lexical cosine; of two languages: their dense
cosine and .2 of the cosine of their names. Days apart count gently against. For two groups the evidence is the mean
over all pairs of their members; as all but the days are inner products, that mean comes exactly from the sums of the
members' rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clusterer.grouping.features import Features
from clusterer.grouping.grid import cosine

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

DENSE_SHARE = 0.5
LEXICAL_SHARE = 0.65
NAME_SHARE = 0.2
DAYS_FREE = 1.0
DAY_PENALTY = 0.02
LARGEST_PENALTY = 0.3
DECIMALS = 6
PAIR_BLOCK = 1 << 16

Rows = npt.NDArray[np.intp]


def pair_evidence(
    features: Features, left: Rows, right: Rows, cosines: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.float64]:
    """Evidence for each pair (left[i], right[i]), float64 [m], rounded to 1e-6. No pair influences another's.

    `cosines` are those of the pairs' dense vectors, float64 [m], if they are known already.
    """
    evidence = np.empty(len(left), dtype=np.float64)
    for start in range(0, len(left), PAIR_BLOCK):
        a, b = left[start : start + PAIR_BLOCK], right[start : start + PAIR_BLOCK]
        known = None if cosines is None else cosines[start : start + PAIR_BLOCK]
        dense = (cosine(features.dense[a], features.dense[b]) if known is None else known) * features.dense_scale
        same = features.language[a] == features.language[b]
        value = np.where(same, DENSE_SHARE * dense, dense)
        value[same] += LEXICAL_SHARE * row_products(features.lexical, a[same], b[same])
        if features.names is not None:
            value[~same] += NAME_SHARE * row_products(features.names, a[~same], b[~same])
        evidence[start : start + PAIR_BLOCK] = value - day_penalty(features.day[a], features.day[b])
    return np.round(evidence, DECIMALS)


def row_products(rows: csr_matrix, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
    """Inner products of rows of a sparse matrix with sorted indices, float64 [m]."""
    return np.asarray(rows[left].multiply(rows[right]).sum(axis=1, dtype=np.float64)).ravel()


def day_penalty(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What days apart take from the evidence: nothing for the first day, nor where a day is not known."""
    apart = np.abs(left - right)
    return np.nan_to_num(np.minimum(DAY_PENALTY * np.maximum(apart - DAYS_FREE, 0), LARGEST_PENALTY))
