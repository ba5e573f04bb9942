"""From families to groups: neighbours, evidence, density, linkage. Groups are stories, and looser ones threads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.checkpoint import Arrays
from clusterer.grouping.compared import Compared
from clusterer.grouping.density import density_groups
from clusterer.grouping.evidence import pair_evidence
from clusterer.grouping.features import Features
from clusterer.grouping.linkage import Labels, join_groups
from clusterer.grouping.membership import without_misfits
from clusterer.grouping.neighbours import Pairs, neighbour_pairs
from clusterer.memory import give_back
from clusterer.progress import Progress, silent

# How far under the evidence that joins groups a pair may lie and still be an edge.
FLOOR_BELOW = 0.12
# How far under it stories may lie in the mean and still join a thread.
THREADS_BELOW = 0.06
# No thread has more than this share of the families, nor needs to have fewer than the number.
LARGEST_THREAD_SHARE = 0.05
LARGEST_THREAD_OF_FEW = 16
# Density, misfits, stories, threads: the steps that progress tells.
STEPS = 4
PAIRS_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Partition:
    """The story and the thread of each family, int [n] both, numbered from 0 by their first member. All families of a
    story are in one thread.
    """

    stories: Labels
    threads: Labels

    def as_arrays(self) -> Arrays:
        """The same as arrays, to be stored."""
        return {"stories": self.stories, "threads": self.threads}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Partition:
        """What `as_arrays` gave."""
        return Partition(arrays["stories"], arrays["threads"])


def partition(features: Features, *, least_evidence: float, neighbours: int, pairs: Pairs | None = None) -> Labels:
    """The story of each family, int [n], numbered from 0 by their first member.

    Families come in an order that no input order influences. Groups are joined while their mean evidence is at least
    `least_evidence`; a pair whose evidence is well under that, under the floor, is no edge. `pairs` are compared
    instead of the `neighbours` nearest, if given.
    """
    if pairs is not None:
        compared = Compared(pairs, pair_evidence(features, *pairs))
    else:
        compared = _compared_exactly(features, neighbours)
    groups = _density_groups(len(features), compared, least_evidence - FLOOR_BELOW)
    return _stories(features, groups, compared, least_evidence, silent)


def partition_with_threads(
    features: Features,
    *,
    least_evidence: float,
    neighbours: int,
    compared: Compared | None = None,
    progress: Progress | None = None,
) -> Partition:
    """The stories that `partition` gives, and the threads that they make: stories are joined further, while their mean
    evidence is little under that which joins groups and the thread is no larger than one may be.

    `compared` is what `compare_pairs` gives for the pairs of an index, of an exact one unless it is given; it is let go
    when the most of it is not needed any longer, if nobody else has it.
    """
    told = progress or silent
    if compared is None:
        compared = _compared_exactly(features, neighbours)
    floor, looser = least_evidence - FLOOR_BELOW, least_evidence - THREADS_BELOW
    groups = _density_groups(len(features), compared, floor)
    told("group", 1, STEPS)
    compared = compared.at_least(looser)  # the others, most of them, are not needed any longer
    give_back()
    stories = _stories(features, groups, compared, least_evidence, told)
    largest = max(LARGEST_THREAD_OF_FEW, int(LARGEST_THREAD_SHARE * len(features)))
    threads = join_groups(features, stories, compared, looser, largest=largest)
    told("group", STEPS, STEPS)
    return Partition(stories, threads)


def _compared_exactly(features: Features, neighbours: int) -> Compared:
    return compare_pairs(features, *neighbour_pairs(features.dense, neighbours))


def compare_pairs(
    features: Features, pairs: Pairs, cosines: npt.NDArray[np.float64], *, progress: Progress | None = None
) -> Compared:
    """The evidence of pairs whose dense cosines are known, float64 [m]; it takes their place in the array."""
    told = progress or silent
    told("evidence", 0, len(cosines))
    for start in range(0, len(cosines), PAIRS_AT_ONCE):
        rows = slice(start, start + PAIRS_AT_ONCE)
        cosines[rows] = pair_evidence(features, pairs[0][rows], pairs[1][rows], cosines[rows])
        told("evidence", min(start + PAIRS_AT_ONCE, len(cosines)), len(cosines))
    return Compared(pairs, cosines)


def _density_groups(count: int, compared: Compared, floor: float) -> Labels:
    left, right = compared.pairs
    edge = compared.evidence > floor
    # Not named here, so that they can be let go.
    return density_groups(count, (left[edge], right[edge]), 1 - compared.evidence[edge], 1 - floor)


def _stories(features: Features, groups: Labels, compared: Compared, least_evidence: float, told: Progress) -> Labels:
    groups = without_misfits(features, groups, least_evidence - FLOOR_BELOW)
    told("group", 2, STEPS)
    # A mean is no higher than the highest of its pairs: groups that no strong pair joins need not be compared.
    labels = join_groups(features, groups, compared.at_least(least_evidence), least_evidence)
    told("group", 3, STEPS)
    return labels
