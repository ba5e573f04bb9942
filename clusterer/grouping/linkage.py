"""Average linkage of groups: two are joined while the mean evidence over the pairs of their members is high enough.

How much that is depends on what they have within (`limits`). Done in rounds: of all pairs of groups that may be joined,
those that are the best pair of both are joined at once. Average linkage is reducible (Bruynooghe 1977; Murtagh 1983): a
join never brings a group nearer to a third than the nearer of its parts was. So where the limit is the same for all,
that gives what joining the best pair first, one pair at a time, gives; and a group that is near no other is done.

The mean evidence of a joined group and a third follows from that of its parts (Lance & Williams 1967). Where a part was
never compared with the third, the two are compared anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from clusterer.grouping.compared import Compared
from clusterer.grouping.evidence import DECIMALS, pair_evidence
from clusterer.grouping.features import Features
from clusterer.grouping.group_evidence import NO_ROW, Groups
from clusterer.grouping.limits import Within, limits, lowest_limit
from clusterer.grouping.nearest import Nearest
from clusterer.grouping.neighbours import Pairs, pair_keys
from clusterer.memory import give_back
from clusterer.ranges import ranges
from clusterer.sorted_keys import distinct_keys

Labels = npt.NDArray[np.intp]
Evidence = npt.NDArray[np.float64]

PAIRS_AT_ONCE = 1 << 14
GROUPS_OF_A_PART = 1 << 15
# Groups that are part of others by now, or done, are let go once no more than this share of all takes part.
SHARE_IN_USE = 0.9


def join_groups(
    features: Features,
    labels: Labels,
    candidates: Compared,
    least_evidence: float,
    *,
    nearest: Nearest | None = None,
    alone: float | None = None,
    largest: int | None = None,
) -> Labels:
    """The joined groups, int [n], numbered from 0 by their first member.

    `labels` are the groups from 0; a family whose label is -1 is a group of its own. `candidates` are pairs of
    families, all of two groups whose evidence is at least the `lowest_limit` among them: two groups are compared if a
    pair joins them. `nearest` are the `nearest_families` of all; `limits` says what they are for, and `alone`.
    No join makes a group of more than `largest` families, if that is given.
    """
    labels = number_by_first_member(each_in_a_group(labels))
    sizes = np.bincount(labels)
    compared = _of_joined(
        candidates, np.ones_like(labels), labels, sizes, partial(mean_evidence_between, features, labels)
    )
    limit = _Limit(least_evidence, alone, largest)
    del candidates  # many, and not needed any longer
    give_back()
    # Most groups are near no other: the rest is done without them.
    present, compared = _present(limit.near(compared, sizes), len(sizes))
    rows = np.flatnonzero(np.isin(labels, present))
    joined = np.arange(len(sizes))
    if len(rows):
        own = np.searchsorted(present, labels[rows])
        sums = _Sums(features, own, rows)
        within = _within(features, sums, own, rows, nearest)
        joined[present] = present[_joined_in_rounds(sums, compared, limit, within)]
    return number_by_first_member(joined[labels])


@dataclass(frozen=True, slots=True)
class _Limit:
    """Which groups may be joined: those whose mean evidence is high enough, and that are no larger together."""

    least_evidence: float
    alone: float | None
    largest: int | None

    def near(self, compared: Compared, sizes: Labels) -> Compared:
        """Those of the pairs of groups that may be joined, whatever the groups have within."""
        near = np.round(compared.evidence, DECIMALS) >= lowest_limit(self.least_evidence)
        if self.largest is not None:
            near &= sizes[compared.pairs[0]] + sizes[compared.pairs[1]] <= self.largest
        return compared.chosen(near)

    def reached(self, compared: Compared, within: Within) -> npt.NDArray[np.bool_]:
        """Which of the pairs of groups have the evidence that what they have within asks for, bool [m]."""
        limit = limits(self.least_evidence, within, *compared.pairs, alone=self.alone)
        reached: npt.NDArray[np.bool_] = np.round(compared.evidence, DECIMALS) >= limit
        return reached


class _Sums:
    """The sums of groups, in parts: a round copies the few that it needs, and of what is kept no more than a part is
    there twice.
    """

    def __init__(self, features: Features, labels: Labels, rows: Labels) -> None:
        """Of the groups, `labels` int [m] from 0, of the families at `rows`."""
        self._parts = []
        for start in range(0, int(labels.max()) + 1, GROUPS_OF_A_PART):
            own = (labels >= start) & (labels < start + GROUPS_OF_A_PART)
            self._parts.append(Groups.of(features, labels[own] - start, rows[own]))

    def __len__(self) -> int:
        return sum(len(part) for part in self._parts)

    def at(self, rows: Labels) -> Groups:
        """The groups at the `rows`, which are ascending, at least one."""
        return Groups.chained([part.taken(own) for part, own in self._in_parts(rows) if len(own)])

    def join(self, first: Labels, second: Labels) -> Labels:
        """Add groups that are each two of these, and tell their rows."""
        count = len(self)
        for start in range(0, len(first), PAIRS_AT_ONCE):
            block = slice(start, start + PAIRS_AT_ONCE)
            chosen, places = np.unique(np.stack([first[block], second[block]]), return_inverse=True)
            self._parts.append(self.at(chosen).joined(places[0], places[1]))
            self._put_together()
        return count + np.arange(len(first))

    def keep(self, rows: Labels) -> Labels:
        """Let the groups that are not at the `rows` go, once they are many. Tells where those at the rows are then."""
        if len(rows) > SHARE_IN_USE * len(self):
            return rows
        order = np.argsort(rows)
        places = np.empty_like(rows)
        places[order] = np.arange(len(rows))
        for number, (part, own) in enumerate(self._in_parts(rows[order])):
            self._parts[number] = part.taken(own)
        self._put_together()
        return places

    def _in_parts(self, rows: Labels) -> Iterator[tuple[Groups, Labels]]:
        """Each part, with those of the ascending rows that are in it, counted from its first."""
        bounds = np.cumsum([0, *map(len, self._parts)])
        cuts = np.searchsorted(rows, bounds)
        for number, (start, end) in enumerate(pairwise(cuts.tolist())):
            yield self._parts[number], rows[start:end] - bounds[number]

    def _put_together(self) -> None:
        """Make one part of each two neighbours that are none too large for one."""
        parts: list[Groups] = []
        for part in self._parts:
            if parts and len(parts[-1]) + len(part) <= GROUPS_OF_A_PART:
                parts[-1] = Groups.chained([parts[-1], part])
            else:
                parts.append(part)
        self._parts = parts


def _joined_in_rounds(sums: _Sums, compared: Compared, limit: _Limit, within: Within) -> Labels:
    """For each group the first one of those that it is joined with, int [g]. What is in no pair any more is done, and
    takes part in no further round.
    """
    count = len(sums)
    joined = np.arange(count)
    active = np.arange(count)  # of each group that takes part, the first of those that it was joined of
    own = np.arange(count)  # and its row among the sums
    while True:
        best = _best_of_both(compared.chosen(limit.reached(compared, within)), len(active))
        if not len(best.evidence):
            break
        first, second = _after_joining(best.pairs, len(active))
        both = np.flatnonzero(second >= 0)
        joined[active[second[both]]] = active[first[both]]
        new = sums.join(own[first[both]], own[second[both]])
        own = own[first]
        own[both] = new
        target = _targets(first, second, len(active))
        sizes_before, within = within.sizes, within.joined(first, best, target)
        compared = _of_joined(compared, sizes_before, target, within.sizes, partial(_evidence_at, sums.at, own))
        present, compared = _present(limit.near(compared, within.sizes), len(first))
        active, within = active[first[present]], within.taken(present)
        own = sums.keep(own[present])
    while not np.array_equal(joined, joined[joined]):
        joined = joined[joined]
    return joined


def _evidence_at(groups_at: Callable[[Labels], Groups], rows: Labels, pairs: Pairs) -> Evidence:
    """Mean evidence over the pairs of members of each two groups, float64 [m]. `groups_at` gives the sums of groups at
    ascending rows, and is asked for those of some pairs at a time.
    """
    result = np.empty(len(pairs[0]), dtype=np.float64)
    for start in range(0, len(result), PAIRS_AT_ONCE):
        block = slice(start, start + PAIRS_AT_ONCE)
        chosen, places = np.unique(rows[np.stack([pairs[0][block], pairs[1][block]])], return_inverse=True)
        result[block] = groups_at(chosen).evidence((places[0], places[1]))
    return result


def _targets(first: Labels, second: Labels, count: int) -> Labels:
    """What each of `count` groups becomes when each of the `first` is joined with the `second`, if there is one; NO_ROW
    for one that is in neither.
    """
    both = np.flatnonzero(second >= 0)
    targets = np.full(count, NO_ROW, dtype=np.intp)
    targets[first] = np.arange(len(first))
    targets[second[both]] = both
    return targets


def _best_of_both(compared: Compared, count: int) -> Compared:
    """Those of the pairs of groups that are the best of both. Pairs come in the order of their groups; of equal ones
    the first is the best.
    """
    left, right = compared.pairs
    rank = np.empty(len(left), dtype=np.intp)
    rank[np.argsort(-np.round(compared.evidence, DECIMALS), kind="stable")] = np.arange(len(left))
    best = np.full(count, len(left), dtype=np.intp)
    np.minimum.at(best, left, rank)
    np.minimum.at(best, right, rank)
    return compared.chosen((best[left] == rank) & (best[right] == rank))


def _after_joining(best: Pairs, count: int) -> Pairs:
    """The groups after joining these pairs of them: the smaller of the two and the larger, or NO_ROW, ascending by the
    smaller, int [h] both.
    """
    second = np.full(count, NO_ROW, dtype=np.intp)
    second[best[0]] = best[1]
    is_first = np.ones(count, dtype=bool)
    is_first[best[1]] = False
    return np.flatnonzero(is_first), second[is_first]


def _of_joined(
    compared: Compared, sizes_before: Labels, target: Labels, sizes: Labels, compare: Callable[[Pairs], Evidence]
) -> Compared:
    """The pairs of groups after joining, `target` telling what each became, and their evidence: that of their parts,
    each pair of which counts as often as it has pairs of members. Where one is not known, `compare` gives it.
    """
    left, right = target[compared.pairs[0]], target[compared.pairs[1]]
    apart = left != right
    keys = pair_keys(left[apart], right[apart], len(sizes))
    # Of a large dump each of these arrays has millions of numbers: none stays longer than it is needed.
    del left, right
    distinct = distinct_keys(keys)
    place = np.searchsorted(distinct, keys)
    del keys
    pairs = np.divmod(distinct, len(sizes))
    del distinct
    weight = (sizes_before[compared.pairs[0][apart]] * sizes_before[compared.pairs[1][apart]]).astype(np.float64)
    whole = sizes[pairs[0]] * sizes[pairs[1]]
    evidence = np.bincount(place, weight * compared.evidence[apart], len(whole)) / whole
    unknown = np.bincount(place, weight, len(whole)) < whole
    del place, weight
    evidence[unknown] = compare((pairs[0][unknown], pairs[1][unknown]))
    return Compared(pairs, evidence)


def _present(compared: Compared, count: int) -> tuple[Labels, Compared]:
    """Those of the groups that are in a pair, ascending, and the pairs as pairs of these."""
    present = np.zeros(count, dtype=bool)
    present[compared.pairs[0]], present[compared.pairs[1]] = True, True
    number = np.cumsum(present) - 1
    pairs = number[compared.pairs[0]], number[compared.pairs[1]]
    return np.flatnonzero(present), Compared(pairs, compared.evidence)


def mean_evidence_between(features: Features, labels: Labels, pairs: Pairs) -> Evidence:
    """Mean evidence over the pairs of members of each two groups, float64 [m]. `labels` are the groups, int [n]."""
    order = np.argsort(labels, kind="stable")
    sizes = np.bincount(labels)
    starts = np.cumsum(sizes) - sizes

    def groups_at(chosen: Labels) -> Groups:
        members = order[ranges(starts[chosen], sizes[chosen])]
        return Groups.of(features, np.repeat(np.arange(len(chosen)), sizes[chosen]), members)

    return _evidence_at(groups_at, np.arange(len(sizes)), pairs)


def _within(features: Features, sums: _Sums, labels: Labels, rows: Labels, nearest: Nearest | None) -> Within:
    """What the groups of the sums have within: `labels`, int [m] from 0, of the families at `rows`."""
    sizes = np.bincount(labels)
    several = np.flatnonzero(sizes > 1)
    # Of all ordered pairs those of a family with itself do not count, and the others count twice.
    mean = _evidence_at(sums.at, np.arange(len(sizes)), (several, several))
    own = np.bincount(labels, pair_evidence(features, rows, rows), len(sizes))
    evidence = np.zeros(len(sizes))
    evidence[several] = (mean * sizes[several] ** 2 - own[several]) / 2
    return Within.of(features, labels, rows, evidence, nearest)


def each_in_a_group(labels: Labels) -> Labels:
    """The same groups, and each family whose label is -1 in a group of its own."""
    alone = labels < 0
    complete = labels.copy()
    complete[alone] = labels.max(initial=-1) + 1 + np.arange(np.count_nonzero(alone))
    return complete


def number_by_first_member(labels: Labels) -> Labels:
    """The same groups, numbered from 0 in the order of their first members."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    number = np.empty(len(first), dtype=np.intp)
    number[np.argsort(first)] = np.arange(len(first))
    return number[inverse]
