"""How well each family fits the group that it is in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clusterer.grouping.evidence import pair_evidence
from clusterer.grouping.features import Features
from clusterer.grouping.neighbours import Pairs, pair_keys
from clusterer.ranges import ranges
from clusterer.sorted_keys import distinct_keys

FAMILIES_COMPARED = 64

Labels = npt.NDArray[np.intp]


def mean_evidence_within(features: Features, labels: Labels) -> npt.NDArray[np.float64]:
    """The mean evidence of each family with the others of its group, float64 [n]; NaN for one that is alone or whose
    label is -1. In a large group a family is compared with the first FAMILIES_COMPARED of it, itself left out.
    """
    left, right = _pairs_within(labels)
    # Most pairs come from both sides.
    keys = pair_keys(left, right, len(labels))
    distinct = distinct_keys(keys)
    evidence = pair_evidence(features, *np.divmod(distinct, len(labels)))
    sums = np.bincount(left, weights=evidence[np.searchsorted(distinct, keys)], minlength=len(labels))
    counts = np.bincount(left, minlength=len(labels))
    means: npt.NDArray[np.float64] = np.full(len(labels), np.nan)
    return np.divide(sums, counts, out=means, where=counts > 0)


def without_misfits(features: Features, labels: Labels, floor: float) -> Labels:
    """The same groups less the families whose mean evidence with the rest is under `floor`; their label becomes -1.

    Density follows chains: a family may hang on a group by one strong pair and have nothing to do with the others.
    """
    labels = labels.copy()
    looked_at = labels
    while True:
        misfit = mean_evidence_within(features, looked_at) < floor
        if not misfit.any():
            return labels
        changed = np.isin(looked_at, looked_at[misfit])
        labels[misfit] = -1
        # A group that lost none stays as it is.
        looked_at = np.where(changed, labels, -1)


def _pairs_within(labels: Labels) -> Pairs:
    """Each family of a group (left) with the others of its group (right), or with the first of them."""
    order = np.argsort(labels, kind="stable")
    order = order[labels[order] >= 0]
    sorted_labels = labels[order]
    starts = np.searchsorted(sorted_labels, sorted_labels, side="left")
    sizes = np.searchsorted(sorted_labels, sorted_labels, side="right") - starts
    compared = np.minimum(sizes, FAMILIES_COMPARED)
    left = np.repeat(order, compared)
    right = order[ranges(starts, compared)]
    different = left != right
    return left[different], right[different]
