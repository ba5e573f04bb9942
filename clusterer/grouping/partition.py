"""From families to groups: neighbours, evidence, density, linkage. Groups are stories, and looser ones threads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.grouping.density import density_groups
from clusterer.grouping.evidence import pair_evidence
from clusterer.grouping.features import Features
from clusterer.grouping.linkage import Labels, join_groups
from clusterer.grouping.membership import without_misfits
from clusterer.grouping.neighbours import Pairs, neighbour_pairs

# How far under the evidence that joins groups a pair may lie and still be an edge.
FLOOR_BELOW = 0.12
# How far under it stories may lie in the mean and still join a thread.
THREADS_BELOW = 0.06
# No thread has more than this share of the families, nor needs to have fewer than the number.
LARGEST_THREAD_SHARE = 0.05
LARGEST_THREAD_OF_FEW = 16


@dataclass(frozen=True, slots=True)
class Partition:
    """The story and the thread of each family, int [n] both, numbered from 0 by their first member. All families of a
    story are in one thread.
    """

    stories: Labels
    threads: Labels


@dataclass(frozen=True, slots=True)
class _Compared:
    """Pairs of families, and their evidence, float64 [m]."""

    pairs: Pairs
    evidence: npt.NDArray[np.float64]

    def at_least(self, evidence: float) -> Pairs:
        chosen = self.evidence >= evidence
        return self.pairs[0][chosen], self.pairs[1][chosen]


def partition(features: Features, *, least_evidence: float, neighbours: int, pairs: Pairs | None = None) -> Labels:
    """The story of each family, int [n], numbered from 0 by their first member.

    Families come in an order that no input order influences. Groups are joined while their mean evidence is at least
    `least_evidence`; a pair whose evidence is well under that, under the floor, is no edge. `pairs` are compared
    instead of the `neighbours` nearest, if given.
    """
    return _stories(features, _compared(features, neighbours, pairs), least_evidence)


def partition_with_threads(
    features: Features, *, least_evidence: float, neighbours: int, pairs: Pairs | None = None
) -> Partition:
    """The stories that `partition` gives, and the threads that they make: stories are joined further, while their mean
    evidence is little under that which joins groups and the thread is no larger than one may be.
    """
    compared = _compared(features, neighbours, pairs)
    stories = _stories(features, compared, least_evidence)
    looser = least_evidence - THREADS_BELOW
    largest = max(LARGEST_THREAD_OF_FEW, int(LARGEST_THREAD_SHARE * len(features)))
    threads = join_groups(features, stories, compared.at_least(looser), looser, largest=largest)
    return Partition(stories, threads)


def _compared(features: Features, neighbours: int, pairs: Pairs | None) -> _Compared:
    if pairs is not None:
        return _Compared(pairs, pair_evidence(features, *pairs))
    found, cosines = neighbour_pairs(features.dense, neighbours)
    return _Compared(found, pair_evidence(features, *found, cosines))


def _stories(features: Features, compared: _Compared, least_evidence: float) -> Labels:
    floor = least_evidence - FLOOR_BELOW
    edge = compared.evidence > floor
    edges = compared.pairs[0][edge], compared.pairs[1][edge]
    groups = density_groups(len(features), edges, 1 - compared.evidence[edge], 1 - floor)
    groups = without_misfits(features, groups, floor)
    # A mean is no higher than the highest of its pairs: groups that no strong pair joins need not be compared.
    return join_groups(features, groups, compared.at_least(least_evidence), least_evidence)
