"""Average linkage of groups: two are joined while the mean evidence over the pairs of their members is high enough.

Done in rounds: of all pairs of groups, those that are the best pair of both are joined at once. Average linkage is
reducible (Bruynooghe 1977; Murtagh 1983), so that gives what joining the best pair first, one pair at a time, gives.
It also means that a join never brings a group nearer to a third than the nearer of its parts was: a pair that falls
below the threshold can be forgotten, and few are left after the first round.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.grouping.features import Features
from clusterer.grouping.group_evidence import Groups
from clusterer.grouping.neighbours import Pairs, unique_pairs

Labels = npt.NDArray[np.intp]

PAIRS_AT_ONCE = 1 << 14


def join_groups(
    features: Features, labels: Labels, candidates: Pairs, least_evidence: float, *, largest: int | None = None
) -> Labels:
    """The joined groups, int [n], numbered from 0 by their first member.

    `labels` are the groups from 0; a family whose label is -1 is a group of its own. `candidates` are pairs of
    families, all whose evidence is at least `least_evidence` among them: two groups are compared if a pair joins them.
    No join makes a group of more than `largest` families, if that is given.
    """
    labels = number_by_first_member(_each_in_a_group(labels))
    pairs = unique_pairs(labels[candidates[0]], labels[candidates[1]], len(labels))
    evidence = mean_evidence_between(features, labels, pairs)
    near = (evidence >= least_evidence) & _small_enough(labels, pairs, largest)
    pairs, evidence = (pairs[0][near], pairs[1][near]), evidence[near]
    if len(evidence):
        # Most groups are near no other: the rest is done without them.
        rows = np.flatnonzero(np.isin(labels, np.concatenate(pairs)))
        present, own = np.unique(labels[rows], return_inverse=True)
        own_pairs = np.searchsorted(present, pairs[0]), np.searchsorted(present, pairs[1])
        first = _joined_in_rounds(_Part(features, rows), own, own_pairs, evidence, least_evidence, largest)
        labels[rows] = labels[rows][first]
    return number_by_first_member(labels)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some families: their `rows` in the whole."""

    features: Features
    rows: npt.NDArray[np.intp]


def mean_evidence_between(
    features: Features, labels: Labels, pairs: Pairs, rows: npt.NDArray[np.intp] | None = None
) -> npt.NDArray[np.float64]:
    """Mean evidence over the pairs of members of each two groups, float64 [m]. `labels` are the groups of all families,
    or of those at `rows`, int [n].

    Some pairs at a time: the sums of the groups that they join are made, and forgotten.
    """
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(int(labels.max(initial=-1)) + 2))
    result = np.empty(len(pairs[0]), dtype=np.float64)
    for start in range(0, len(result), PAIRS_AT_ONCE):
        block = slice(start, start + PAIRS_AT_ONCE)
        left, right = pairs[0][block], pairs[1][block]
        groups = np.unique(np.concatenate([left, right]))
        members = np.sort(order[_ranges(starts[groups], starts[groups + 1])])
        part = features.take(members if rows is None else rows[members])
        own = Groups(part, np.searchsorted(groups, labels[members]))
        result[block] = own.evidence((np.searchsorted(groups, left), np.searchsorted(groups, right)))
    return result


def _ranges(starts: Labels, ends: Labels) -> Labels:
    """The whole numbers from each start to before its end, one range after another."""
    lengths = ends - starts
    ranges: Labels = np.arange(int(lengths.sum())) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    return ranges


def _small_enough(labels: Labels, pairs: Pairs, largest: int | None) -> npt.NDArray[np.bool_]:
    """Which pairs of groups have no more than `largest` members together."""
    if largest is None:
        return np.ones(len(pairs[0]), dtype=bool)
    sizes = np.bincount(labels)
    together: npt.NDArray[np.bool_] = sizes[pairs[0]] + sizes[pairs[1]] <= largest
    return together


def _joined_in_rounds(
    part: _Part,
    labels: Labels,
    pairs: Pairs,
    evidence: npt.NDArray[np.float64],
    least_evidence: float,
    largest: int | None,
) -> Labels:
    """The groups of the families of a part, joined: for each family the first one of its group. `labels` and `pairs`
    are numbered within it. What is in no pair any more is done, and takes part in no further round.
    """
    joined = np.arange(len(labels))
    active = np.arange(len(labels))
    while len(evidence):
        target = _joined_to(pairs, evidence, int(labels.max()) + 1)
        labels, pairs, evidence = _after_joining(labels, target, pairs, evidence)
        joined[active] = active[_first_members(labels)[labels]]
        fresh = np.isnan(evidence)
        fresh_pairs = pairs[0][fresh], pairs[1][fresh]
        evidence[fresh] = mean_evidence_between(part.features, labels, fresh_pairs, part.rows[active])
        near = (evidence >= least_evidence) & _small_enough(labels, pairs, largest)
        pairs, evidence = (pairs[0][near], pairs[1][near]), evidence[near]
        present = np.zeros(int(labels.max()) + 1, dtype=bool)
        present[pairs[0]], present[pairs[1]] = True, True
        number = np.cumsum(present) - 1
        kept = present[labels]
        active, labels, pairs = active[kept], number[labels[kept]], (number[pairs[0]], number[pairs[1]])
    return joined


def _first_members(labels: Labels) -> Labels:
    """The place of the first member of each group, int [groups]."""
    first = np.zeros(int(labels.max()) + 1, dtype=np.intp)
    first[labels[::-1]] = np.arange(len(labels))[::-1]
    return first


def _each_in_a_group(labels: Labels) -> Labels:
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


def _joined_to(pairs: Pairs, evidence: npt.NDArray[np.float64], count: int) -> Labels:
    """For each group, the smaller of the two groups that it is joined with, or itself."""
    left, right = pairs
    rank = np.empty(len(evidence), dtype=np.intp)
    rank[np.lexsort((right, left, -evidence))] = np.arange(len(evidence))
    best = np.full(count, len(evidence), dtype=np.intp)
    np.minimum.at(best, left, rank)
    np.minimum.at(best, right, rank)
    mutual = (best[left] == rank) & (best[right] == rank)
    target = np.arange(count)
    target[right[mutual]] = left[mutual]
    return target


def _after_joining(
    labels: Labels, target: Labels, pairs: Pairs, evidence: npt.NDArray[np.float64]
) -> tuple[Labels, Pairs, npt.NDArray[np.float64]]:
    """Labels and pairs of the groups after joining; the evidence of a pair that has to be found anew is NaN."""
    changed = np.zeros(len(target), dtype=bool)
    parts = np.flatnonzero(target != np.arange(len(target)))
    changed[parts] = True
    changed[target[parts]] = True
    is_kept = target == np.arange(len(target))
    number = (np.cumsum(is_kept) - 1)[target]
    new_labels = number[labels]
    known = ~(changed[pairs[0]] | changed[pairs[1]])
    kept = int(np.count_nonzero(is_kept))
    new_pairs = unique_pairs(number[pairs[0]], number[pairs[1]], kept)
    new_evidence = np.full(len(new_pairs[0]), np.nan)
    # Groups keep their order when some are joined, so the pairs that did not change keep theirs.
    keys = new_pairs[0] * kept + new_pairs[1]
    old_keys = number[pairs[0][known]] * kept + number[pairs[1][known]]
    new_evidence[np.searchsorted(keys, old_keys)] = evidence[known]
    return new_labels, new_pairs, new_evidence
