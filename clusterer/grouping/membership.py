"""How well each family fits the group that it is in."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from clusterer.grouping.evidence import pair_evidence
from clusterer.grouping.features import Features
from clusterer.grouping.neighbours import Pairs, pair_keys
from clusterer.ranges import blocks_of_cost, ranges
from clusterer.sorted_keys import distinct_keys

FAMILIES_COMPARED = 64
PAIRS_AT_ONCE = 1 << 20

Labels = npt.NDArray[np.intp]


def mean_evidence_within(features: Features, labels: Labels) -> npt.NDArray[np.float64]:
    """The mean evidence of each family with the others of its group, float64 [n]; NaN for one that is alone or whose
    label is -1. In a large group a family is compared with the first FAMILIES_COMPARED of it, itself left out.
    """
    means = np.full(len(labels), np.nan)
    for members, sizes in _whole_groups(labels):
        left, right = _pairs_within(sizes)
        # Most pairs come from both sides.
        keys = pair_keys(left, right, len(members))
        distinct = distinct_keys(keys)
        first, second = np.divmod(distinct, len(members))
        evidence = pair_evidence(features, members[first], members[second])
        sums = np.bincount(left, weights=evidence[np.searchsorted(distinct, keys)], minlength=len(members))
        counts = np.bincount(left, minlength=len(members))
        means[members] = np.divide(sums, counts, out=np.full(len(members), np.nan), where=counts > 0)
    return means


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


def _whole_groups(labels: Labels) -> Iterator[tuple[Labels, Labels]]:
    """The families of some groups, one group after another, and the sizes of these: as many groups at a time as have
    some PAIRS_AT_ONCE to be compared.
    """
    order = np.argsort(labels, kind="stable")
    order = order[labels[order] >= 0]
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    sizes = np.diff(starts, append=len(order))
    for groups in blocks_of_cost(sizes * np.minimum(sizes, FAMILIES_COMPARED), PAIRS_AT_ONCE):
        own, first = sizes[groups], starts[groups.start]
        yield order[first : first + own.sum()], own


def _pairs_within(sizes: Labels) -> Pairs:
    """Each member (left) of groups of these sizes, one after another, with the others of its group (right), or with the
    first of them.
    """
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    compared = np.repeat(np.minimum(sizes, FAMILIES_COMPARED), sizes)
    left = np.repeat(np.arange(len(starts)), compared)
    right = ranges(starts, compared)
    different = left != right
    return left[different], right[different]
