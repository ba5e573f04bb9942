"""From families to groups: neighbours, evidence, density, linkage. Groups are stories, and looser ones threads."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from clusterer.checkpoint import Arrays
from clusterer.grouping.compared import Compared
from clusterer.grouping.days_apart import dump_days_apart
from clusterer.grouping.density import density_groups
from clusterer.grouping.evidence import pair_evidence
from clusterer.grouping.features import Features
from clusterer.grouping.limits import lowest_limit
from clusterer.grouping.linkage import Labels, each_in_a_group, join_groups, number_by_first_member
from clusterer.grouping.membership import without_misfits
from clusterer.grouping.nearest import Nearest, nearest_families
from clusterer.grouping.neighbours import Pairs, neighbour_pairs
from clusterer.grouping.shared_neighbours import with_neighbours
from clusterer.memory import give_back
from clusterer.progress import Progress, silent

# How far under the evidence that joins stories a pair may lie and still be an edge, and what joins threads lies.
FLOOR_BELOW = 0.12
# No thread has more than this share of the families, nor needs to have fewer than the number.
LARGEST_THREAD_SHARE = 0.05
LARGEST_THREAD_OF_FEW = 16
# Density, misfits, stories, threads: the steps that progress tells.
STEPS = 4
PAIRS_AT_ONCE = 1 << 20
UNSETTLED = -1


@dataclass(frozen=True, slots=True)
class Partition:
    """The story and the thread of each family, int [n] both, numbered from 0 by their first member. All families of a
    story are in one thread. `days_apart`: that of the features, as the edges told it.
    """

    stories: Labels
    threads: Labels
    days_apart: float

    def as_arrays(self) -> Arrays:
        """The same as arrays, to be stored."""
        return {"stories": self.stories, "threads": self.threads, "days_apart": np.array(self.days_apart)}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Partition:
        """What `as_arrays` gave."""
        return Partition(arrays["stories"], arrays["threads"], float(arrays["days_apart"]))


@dataclass(frozen=True, slots=True)
class Edges:
    """The pairs of families that have more evidence than the floor, and how long the stories of their dump run, which
    their evidence goes by (`days_apart`).
    """

    compared: Compared
    days_apart: float

    def as_arrays(self) -> Arrays:
        """The same as arrays, to be stored."""
        return {**self.compared.as_arrays(), "days_apart": np.array(self.days_apart)}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Edges:
        """What `as_arrays` gave."""
        return Edges(Compared.from_arrays(arrays), float(arrays["days_apart"]))


def floor_of(least_evidence: float) -> float:
    """The evidence over which a pair is an edge, where groups are joined from `least_evidence` on."""
    return least_evidence - FLOOR_BELOW


def partition(features: Features, *, least_evidence: float, neighbours: int, edges: Edges | None = None) -> Labels:
    """The story of each family, int [n], numbered from 0 by their first member.

    Families come in an order that no input order influences. Groups are joined while their mean evidence is at least
    `least_evidence`, or what `limits` makes of that; a pair whose evidence is well under it, under the floor, is no
    edge. What the edges tell of what lies near two families counts as evidence, too. `edges` are what `found_edges`
    gives for pairs of families, of the `neighbours` nearest unless they are given.
    """
    floor = floor_of(least_evidence)
    features, compared = _with_edges(features, edges, neighbours, floor)
    groups = density_groups(len(features), compared.pairs, 1 - compared.evidence, 1 - floor)
    groups = without_misfits(features, groups, floor)
    joined = _joined(features, groups, compared, least_evidence, nearest_families(len(features), compared))
    return _stories(features, joined, floor)


def partition_with_threads(
    features: Features,
    *,
    least_evidence: float,
    neighbours: int,
    edges: Edges | None = None,
    of_all: int | None = None,
    settled: Labels | None = None,
    progress: Progress | None = None,
) -> Partition:
    """The stories that `partition` gives, and the threads that they make: stories are joined further by the same rule,
    from the floor on, while the thread is no larger than one may be: of these families, or of `of_all` where these are
    a part of more. A family that is a story alone is in a thread with others from no less than joins stories; one that
    does not fit its story is in the thread of this.

    `edges` are let go when the most of them are not needed any longer, if nobody else has them. Those that are
    `settled`, int [n], are one group with those of their number from the beginning; UNSETTLED are the others.
    """
    told = progress or silent
    floor = floor_of(least_evidence)
    features, compared = _with_edges(features, edges, neighbours, floor)
    del edges
    give_back()
    nearest = nearest_families(len(features), compared)
    free = compared if settled is None else _unsettled(compared, settled)
    groups = density_groups(len(features), free.pairs, 1 - free.evidence, 1 - floor)
    del free
    told("group", 1, STEPS)
    groups = without_misfits(features, groups, floor)
    if settled is not None:
        groups = np.where(settled == UNSETTLED, groups, groups.max(initial=-1) + 1 + settled)
    told("group", 2, STEPS)
    compared = _between_groups(compared, groups, floor)  # the others, most of them, are not needed any longer
    give_back()
    joined = _joined(features, groups, compared, least_evidence, nearest)
    del nearest
    stories = _stories(features, joined, floor, settled)
    told("group", 3, STEPS)
    alone = lowest_limit(least_evidence)
    compared = _without_weak_of_one(_between_groups(compared, joined, floor), joined, alone)
    largest = max(LARGEST_THREAD_OF_FEW, int(LARGEST_THREAD_SHARE * (of_all or len(features))))
    threads = join_groups(features, joined, compared, floor, alone=alone, largest=largest)
    told("group", STEPS, STEPS)
    return Partition(stories, threads, features.days_apart)


def found_edges(
    features: Features,
    pairs: Pairs,
    cosines: npt.NDArray[np.float64] | None = None,
    *,
    floor: float,
    progress: Progress | None = None,
) -> Edges:
    """What `edges_among` gives for neighbours, once it is known of these how long the stories of the dump run."""
    apart = dump_days_apart(features, pairs, cosines)
    features = replace(features, days_apart=apart)
    return Edges(edges_among(features, pairs, cosines, floor=floor, progress=progress), apart)


def edges_exactly(features: Features, neighbours: int, floor: float) -> Compared:
    """The pairs with more evidence than the floor in which one family is among the other's `neighbours` nearest."""
    return edges_among(features, *neighbour_pairs(features.dense, neighbours), floor=floor)


def edges_among(
    features: Features,
    pairs: Pairs,
    cosines: npt.NDArray[np.float64] | None = None,
    *,
    floor: float,
    progress: Progress | None = None,
) -> Compared:
    """Those of the pairs that have more evidence than the floor: a third of the neighbours of a large dump, and the
    others are not kept. `cosines` are those of the pairs' dense vectors, float64 [m], if they are known already.
    """
    told = progress or silent
    count = len(pairs[0])
    told("evidence", 0, count)
    found = []
    for start in range(0, count, PAIRS_AT_ONCE):
        rows = slice(start, start + PAIRS_AT_ONCE)
        some = pairs[0][rows], pairs[1][rows]
        evidence = pair_evidence(features, *some, None if cosines is None else cosines[rows])
        found.append(Compared(some, evidence).chosen(evidence > floor))
        told("evidence", min(start + PAIRS_AT_ONCE, count), count)
    return Compared.joined(found)


def _with_edges(features: Features, edges: Edges | None, neighbours: int, floor: float) -> tuple[Features, Compared]:
    """The features with all that the edges tell, and these with their evidence then."""
    if edges is None:
        edges = found_edges(features, *neighbour_pairs(features.dense, neighbours), floor=floor)
    return with_neighbours(replace(features, days_apart=edges.days_apart), edges.compared, floor)


def _joined(features: Features, groups: Labels, edges: Compared, least_evidence: float, nearest: Nearest) -> Labels:
    # A mean is no higher than the highest of its pairs: groups that no strong pair joins need not be compared.
    # A name here would hold the candidates, which are let go there.
    return join_groups(
        features, groups, _between_groups(edges, groups, least_evidence), least_evidence, nearest=nearest
    )


def _stories(features: Features, joined: Labels, floor: float, settled: Labels | None = None) -> Labels:
    """The joined groups less the families that do not fit them: what fitted a group need not fit all that it was joined
    with.
    """
    stories = without_misfits(features, joined, floor)
    if settled is not None:
        stories = np.where(settled == UNSETTLED, stories, joined)
    return number_by_first_member(each_in_a_group(stories))


def _unsettled(edges: Compared, settled: Labels) -> Compared:
    return edges.chosen((settled[edges.pairs[0]] == UNSETTLED) & (settled[edges.pairs[1]] == UNSETTLED))


def _without_weak_of_one(edges: Compared, groups: Labels, alone: float) -> Compared:
    """Without the edges of families that are alone and have less evidence than joins these, most edges of a large dump:
    what such an edge cannot join is not brought into a thread by it later, either.
    """
    of_one = (np.bincount(groups) == 1)[groups]
    return edges.chosen((edges.evidence >= alone) | ~(of_one[edges.pairs[0]] | of_one[edges.pairs[1]]))


def _between_groups(edges: Compared, groups: Labels, least_evidence: float) -> Compared:
    """The edges that may join groups, from this evidence on, whose families are not in one group; a family whose label
    is -1 is in none.
    """
    left, right = groups[edges.pairs[0]], groups[edges.pairs[1]]
    return edges.chosen((edges.evidence >= lowest_limit(least_evidence)) & ((left != right) | (left < 0)))
