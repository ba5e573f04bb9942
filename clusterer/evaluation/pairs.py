"""How well a score tells pairs of one kind from pairs of the other, or follows a graded judgment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def roc_auc(
    labels: Sequence[bool] | npt.NDArray[np.generic], scores: Sequence[float] | npt.NDArray[np.floating]
) -> float:
    """The probability that a true pair scores higher than a false one, equal scores counting half.

    `labels` [n] tell which pairs are true, `scores` [n] are finite. Raises ValueError where the lengths differ, a score
    is not finite, or all labels are the same.
    """
    true, values = np.asarray(labels, dtype=bool), _finite(scores)
    if len(true) != len(values):
        raise ValueError(f"{len(true)} labels, but {len(values)} scores")
    positives = int(true.sum())
    negatives = len(true) - positives
    if not positives or not negatives:
        raise ValueError("the area under the curve needs true pairs and false ones")
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    # Equal scores share the mean of the ranks, from 1, that they take up together.
    ranks = np.cumsum(counts) - (counts - 1) / 2
    rank_sum = float(ranks[places][true].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def pearson(
    first: Sequence[float] | npt.NDArray[np.floating], second: Sequence[float] | npt.NDArray[np.floating]
) -> float:
    """Pearson's correlation of two lists of finite numbers [n], from -1 to 1.

    Raises ValueError where the lengths differ, a number is not finite, or one of the lists does not vary.
    """
    left, right = _finite(first), _finite(second)
    if len(left) != len(right):
        raise ValueError(f"{len(left)} numbers, but {len(right)} beside them")
    if len(left) < 2 or np.ptp(left) == 0 or np.ptp(right) == 0:
        raise ValueError("a correlation needs numbers that vary")
    left, right = _standard(left), _standard(right)
    return min(1.0, max(-1.0, float(left @ right)))


def _finite(numbers: Sequence[float] | npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    values = np.asarray(numbers, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("a score is not finite")
    return values


def _standard(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The values less their mean, at length 1; scaled first, so that squares of tiny or huge numbers stay in range."""
    values = values / np.abs(values).max()
    centred = values - values.mean()
    centred /= np.abs(centred).max()
    return np.asarray(centred / np.linalg.norm(centred))
