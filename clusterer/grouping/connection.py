"""How two families came to be in one group, or what keeps two groups apart."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.grouping.density import density_groups, spanning_forest
from clusterer.grouping.evidence import DECIMALS, pair_evidence
from clusterer.grouping.features import Features
from clusterer.grouping.limits import Within, limits
from clusterer.grouping.membership import without_misfits
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
        sums, sizes = _sums_of_groups(groups, self.pairs, self.evidence), np.bincount(groups)
        return _joining(sums, sizes, (0, 1), _limits(sums, sizes, least_evidence))

    def joining(self, first: int, second: int, least_evidence: float) -> Joining | None:
        """The join of average linkage that brought two families of a story together; None where they were in one group
        from the density on.
        """
        floor = floor_of(least_evidence)
        edge = self.evidence > floor
        edges = self.pairs[0][edge], self.pairs[1][edge]
        groups = density_groups(len(self.features), edges, 1 - self.evidence[edge], 1 - floor)
        groups = without_misfits(self.features, groups, floor)
        alone = groups < 0
        groups[alone] = groups.max(initial=-1) + 1 + np.arange(np.count_nonzero(alone))
        groups = np.unique(groups, return_inverse=True)[1]
        if groups[first] == groups[second]:
            return None
        sums = _sums_of_groups(groups, self.pairs, self.evidence)
        return _joined_by_linkage(sums, np.bincount(groups), (int(groups[first]), int(groups[second])), least_evidence)


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
    sums: npt.NDArray[np.float64], sizes: npt.NDArray[np.intp], two: tuple[int, int], least_evidence: float
) -> Joining:
    """The join at which the groups `two` became one, when the best pair of groups that may be joined is joined first,
    over and over; the best of all where none may be. Sums and sizes are changed.
    """
    first, second = two
    while True:
        limit = _limits(sums, sizes, least_evidence)
        mean = sums / np.outer(sizes, sizes)
        np.fill_diagonal(mean, -np.inf)
        reached = np.round(mean, DECIMALS) >= limit
        among = np.where(reached, mean, -np.inf) if reached.any() else mean
        one, other = (int(place) for place in np.unravel_index(np.argmax(among), mean.shape))
        if {first, second} == {one, other}:
            return _joining(sums, sizes, (first, second), limit)
        within = sums[one, one] + sums[one, other] + sums[other, other]
        sums[one] += sums[other]
        sums[:, one] += sums[:, other]
        sums[one, one] = within
        sums = np.delete(np.delete(sums, other, axis=0), other, axis=1)
        sizes[one] += sizes[other]
        sizes = np.delete(sizes, other)
        # Of equal pairs argmax finds the first, so `one` comes before `other`, and stays where it is.
        first, second = (one if group == other else group - (group > other) for group in (first, second))


def _joining(
    sums: npt.NDArray[np.float64], sizes: npt.NDArray[np.intp], two: tuple[int, int], limit: npt.NDArray[np.float64]
) -> Joining:
    first, second = two
    evidence = sums[first, second] / (sizes[first] * sizes[second])
    return Joining((int(sizes[first]), int(sizes[second])), float(evidence), float(limit[first, second]))


def _limits(
    sums: npt.NDArray[np.float64], sizes: npt.NDArray[np.intp], least_evidence: float
) -> npt.NDArray[np.float64]:
    """From which mean evidence on each two groups are joined, float64 [g, g]."""
    left, right = np.indices(sums.shape).reshape(2, -1)
    return limits(least_evidence, Within(sizes, np.diagonal(sums)), left, right).reshape(sums.shape)
