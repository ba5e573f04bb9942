"""How two families came to be in one group, or what keeps two groups apart."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.grouping.compared import Compared
from clusterer.grouping.density import density_groups, spanning_forest
from clusterer.grouping.evidence import DECIMALS, pair_evidence
from clusterer.grouping.features import Features
from clusterer.grouping.limits import Within, limits
from clusterer.grouping.membership import without_misfits
from clusterer.grouping.nearest import Nearest, nearest_families
from clusterer.grouping.neighbours import Pairs, all_pairs
from clusterer.grouping.partition import floor_of


@dataclass(frozen=True, slots=True)
class Joining:
    """Two groups that were joined, or were not: how many families each had, the mean evidence over their pairs, and the
    limit from which it joins these two.
    """

    sizes: tuple[int, int]
    evidence: float
    limit: float


@dataclass(frozen=True)
class Network:
    """All pairs of n families with their evidence: `pairs` (smaller, larger), `evidence` float64 [m]."""

    features: Features
    pairs: Pairs
    evidence: npt.NDArray[np.float64]

    @staticmethod
    def of(features: Features) -> Network:
        """Every pair compared: for a story or two, not for a dump."""
        pairs = all_pairs(len(features))
        return Network(features, pairs, pair_evidence(features, *pairs))

    def path(self, first: int, second: int) -> list[int]:
        """The families on the way from `first` to `second` whose weakest link is the strongest, both ends included: the
        path in the minimum spanning tree. Empty for families that are one.
        """
        if first == second:
            return []
        left, right, _ = spanning_forest(len(self.features), self.pairs, 1 - self.evidence)
        return _walk(left, right, first, second)

    def strongest(self, members: npt.NDArray[np.bool_]) -> tuple[int, int, float]:
        """The strongest pair of a family that is among the `members` [n] with one that is not, and its evidence."""
        across = np.flatnonzero(members[self.pairs[0]] != members[self.pairs[1]])
        best = across[np.argmax(self.evidence[across])]
        one, other = int(self.pairs[0][best]), int(self.pairs[1][best])
        return (one, other, float(self.evidence[best])) if members[one] else (other, one, float(self.evidence[best]))

    def between(self, members: npt.NDArray[np.bool_], least_evidence: float) -> Joining:
        """The `members` [n] as one group, and the others as another."""
        groups = np.where(members, 0, 1)
        sums = _sums_of_groups(groups, self.pairs, self.evidence)
        within = _within(self.features, groups, sums, self._nearest(floor_of(least_evidence)))
        return _joining(sums, within, (0, 1), _limits(within, least_evidence))

    def joining(self, first: int, second: int, least_evidence: float) -> Joining | None:
        """The join of average linkage that brought two families of a story together; None where they were in one group
        from the density on.
        """
        floor = floor_of(least_evidence)
        edges = self._edges(floor)
        groups = density_groups(len(self.features), edges.pairs, 1 - edges.evidence, 1 - floor)
        groups = without_misfits(self.features, groups, floor)
        alone = groups < 0
        groups[alone] = groups.max(initial=-1) + 1 + np.arange(np.count_nonzero(alone))
        groups = np.unique(groups, return_inverse=True)[1]
        if groups[first] == groups[second]:
            return None
        sums = _sums_of_groups(groups, self.pairs, self.evidence)
        nearest = self._nearest(floor)
        return _joined_by_linkage(self.features, groups, sums, nearest, (first, second), least_evidence)

    def _edges(self, floor: float) -> Compared:
        return Compared(self.pairs, self.evidence).chosen(self.evidence > floor)

    def _nearest(self, floor: float) -> Nearest:
        return nearest_families(len(self.features), self._edges(floor))


def _walk(left: npt.NDArray[np.intp], right: npt.NDArray[np.intp], start: int, goal: int) -> list[int]:
    """The one way from `start` to `goal` in a forest; empty where there is none."""
    beside: dict[int, list[int]] = {}
    for one, other in zip(left.tolist(), right.tolist(), strict=True):
        beside.setdefault(one, []).append(other)
        beside.setdefault(other, []).append(one)
    came_from = {start: start}
    waiting = deque([start])
    while waiting and goal not in came_from:
        here = waiting.popleft()
        for there in beside.get(here, []):
            if there not in came_from:
                came_from[there] = here
                waiting.append(there)
    if goal not in came_from:
        return []
    way = [goal]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]


def _sums_of_groups(
    groups: npt.NDArray[np.intp], pairs: Pairs, evidence: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The sum of the evidence of all pairs of a member of one group and one of another, float64 [g, g]; of all pairs of
    a group's own, in the diagonal.
    """
    count = int(groups.max()) + 1
    sums = np.zeros((count, count))
    np.add.at(sums, (groups[pairs[0]], groups[pairs[1]]), evidence)
    return sums + np.tril(sums, -1).T + np.triu(sums, 1).T


def _joined_by_linkage(
    features: Features,
    groups: npt.NDArray[np.intp],
    sums: npt.NDArray[np.float64],
    nearest: Nearest,
    two: tuple[int, int],
    least_evidence: float,
) -> Joining:
    """The join at which the groups of `two` families became one, when in each round the pairs of groups are joined that
    are the best of both among those that may be; the best of all where none may be. The sums are changed.
    """
    while True:
        within = _within(features, groups, sums, nearest)
        limit = _limits(within, least_evidence)
        mean = np.round(sums / np.outer(within.sizes, within.sizes), DECIMALS)
        np.fill_diagonal(mean, -np.inf)
        reached = np.where(mean >= limit, mean, -np.inf)
        best = np.argmax(reached, axis=1)
        joined = [
            (one, other)
            for one, other in enumerate(best.tolist())
            if one < other and best[other] == one and reached[one, other] > -np.inf
        ]
        if not joined:
            one, other = (int(place) for place in np.unravel_index(np.argmax(mean), mean.shape))
            joined = [(one, other)]
        first, second = sorted(int(groups[family]) for family in two)
        if (first, second) in joined:
            return _joining(sums, within, (first, second), limit)
        for one, other in joined:
            evidence_within = sums[one, one] + sums[one, other] + sums[other, other]
            sums[one] += sums[other]
            sums[:, one] += sums[:, other]
            sums[one, one] = evidence_within
            groups = np.where(groups == other, one, groups)
        left = np.unique(groups)
        sums = sums[np.ix_(left, left)]
        groups = np.searchsorted(left, groups)


def _joining(
    sums: npt.NDArray[np.float64], within: Within, two: tuple[int, int], limit: npt.NDArray[np.float64]
) -> Joining:
    sizes = int(within.sizes[two[0]]), int(within.sizes[two[1]])
    return Joining(sizes, float(sums[two] / (sizes[0] * sizes[1])), float(limit[two]))


def _within(
    features: Features,
    groups: npt.NDArray[np.intp],
    sums: npt.NDArray[np.float64],
    nearest: Nearest,
) -> Within:
    return Within.of(features, groups, np.arange(len(groups)), np.diagonal(sums), nearest)


def _limits(within: Within, least_evidence: float) -> npt.NDArray[np.float64]:
    """From which mean evidence on each two groups are joined, float64 [g, g]."""
    count = len(within.sizes)
    left, right = np.indices((count, count)).reshape(2, -1)
    return limits(least_evidence, within, left, right).reshape(count, count)
