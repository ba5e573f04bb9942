"""How well each family fits the group that it is in."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from clusterer.grouping.evidence import pair_evidence
from clusterer.grouping.features import Features
from clusterer.grouping.group_evidence import Groups
from clusterer.grouping.neighbours import Pairs
from clusterer.ranges import blocks_of_cost, ranges

# The pairs of groups of so many families are compared, and of larger ones each family with the sum of all.
MOST_COMPARED = 16
PAIRS_AT_ONCE = 1 << 20
FAMILIES_AT_ONCE = 1 << 14

Labels = npt.NDArray[np.intp]


def mean_evidence_within(
    features: Features, labels: Labels, wanted: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.float64]:
    """The mean evidence of each family with the others of its group, float64 [n]; NaN for one that is alone or whose
    label is -1. In a group of more than MOST_COMPARED it is what `Groups` gives, to 1e-6, and is told of those alone
    that are `wanted`, bool [n], if that is given.
    """
    means = np.full(len(labels), np.nan)
    wanted = np.ones(len(labels), dtype=bool) if wanted is None else wanted
    order = np.argsort(labels, kind="stable")
    order = order[labels[order] >= 0]
    sizes = np.diff(np.flatnonzero(np.diff(labels[order], prepend=-1)), append=len(order))
    is_large = sizes > MOST_COMPARED
    of_large = np.repeat(is_large, sizes)
    several = ~of_large & np.repeat(sizes > 1, sizes)
    small, large = sizes[~is_large & (sizes > 1)], sizes[is_large]
    for members, own in _whole_groups(order[several], small, small * small, PAIRS_AT_ONCE):
        means[members] = _by_pairs(features, members, own)
    for members, own in _whole_groups(order[of_large], large, large, FAMILIES_AT_ONCE):
        chosen = np.flatnonzero(wanted[members])
        means[members[chosen]] = _by_sums(features, members, own, chosen)
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


def _whole_groups(members: Labels, sizes: Labels, costs: Labels, most: int) -> Iterator[tuple[Labels, Labels]]:
    """The families of some groups, one group after another, and the sizes of these: as many groups at a time as cost
    some `most`.
    """
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    for groups in blocks_of_cost(costs, most):
        yield members[bounds[groups.start] : bounds[groups.stop]], sizes[groups]


def _by_pairs(features: Features, members: Labels, sizes: Labels) -> npt.NDArray[np.float64]:
    """The mean evidence of the members of groups, one group after another, with the others, float64 [n]."""
    left, right = _pairs_within(sizes)
    evidence = pair_evidence(features, members[left], members[right])
    sums = sum(np.bincount(side, evidence, len(members)) for side in (left, right))
    return sums / (np.repeat(sizes, sizes) - 1)


def _pairs_within(sizes: Labels) -> Pairs:
    """Each two members (smaller, larger) of groups of these sizes, one after another."""
    members = np.arange(sizes.sum())
    after = np.repeat(np.cumsum(sizes), sizes) - members - 1
    return np.repeat(members, after), ranges(members + 1, after)


def _by_sums(features: Features, members: Labels, sizes: Labels, chosen: Labels) -> npt.NDArray[np.float64]:
    """The same of the `chosen` ones of the members, int [m], without comparing pairs: from the mean evidence of each
    with all of its group, itself too.
    """
    group, some = np.repeat(np.arange(len(sizes)), sizes), members[chosen]
    own, alone = group[chosen], len(sizes) + np.arange(len(chosen))
    groups = Groups.of(features, np.concatenate([group, alone]), np.concatenate([members, some]))
    with_all = groups.evidence((own, alone)) * sizes[own]
    return (with_all - pair_evidence(features, some, some)) / (sizes[own] - 1)
