"""From which mean evidence on two groups are joined. What holds a group together says what else belongs to it.

The members of one story have anything from .4 to .9 in the mean among themselves, what lies near them counted: by its
languages, its length, and how much is copied. Two groups that are each of .8 and have .4 with each other are two
stories; two of .5 with the same .4 are one. So two groups are joined from more evidence on the more their looser one
has within, and a family that is alone, of which nothing of the kind is known, from a little less on; but no looser
groups, as threads are, take it in from less than stories do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.grouping.compared import Compared
from clusterer.grouping.evidence import DECIMALS

# The evidence within a group of which nothing is known; what is known of one counts as so many pairs more.
TYPICAL_WITHIN = 0.6
TYPICAL_PAIRS = 5
# How much of what a group has within over the typical is asked for, beside the least, between it and another.
WITHIN_SHARE = 1.1
# How far under the least evidence a family joins a group, and no groups are joined from less.
ALONE_BELOW = 0.02

Rows = npt.NDArray[np.intp]
Evidence = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Within:
    """How many families each group has, int [g], and the sum of the evidence of all its pairs, float64 [g]."""

    sizes: Rows
    evidence: Evidence

    def taken(self, groups: Rows) -> Within:
        """Of some of the groups, int [h], in this order."""
        return Within(self.sizes[groups], self.evidence[groups])

    def joined(self, first: Rows, best: Compared) -> Within:
        """Of the groups at `first`, after those of the pairs are joined, the ones on the left of which are of these."""
        sizes, evidence = self.sizes.copy(), self.evidence.copy()
        left, right = best.pairs
        sizes[left] += self.sizes[right]
        evidence[left] += self.evidence[right] + best.evidence * (self.sizes[left] * self.sizes[right])
        return Within(sizes[first], evidence[first])

    def mean(self) -> Evidence:
        """The mean over the pairs of each group and TYPICAL_PAIRS typical ones, float64 [g]."""
        pairs = self.sizes * (self.sizes - 1) / 2
        mean: Evidence = (self.evidence + TYPICAL_WITHIN * TYPICAL_PAIRS) / (pairs + TYPICAL_PAIRS)
        return mean


def lowest_limit(least_evidence: float) -> float:
    """The evidence under which nothing is joined, where groups are joined from `least_evidence` on."""
    return least_evidence - ALONE_BELOW


def limits(least_evidence: float, within: Within, left: Rows, right: Rows, *, alone: float | None = None) -> Evidence:
    """From which mean evidence on the groups left[i] and right[i] are joined, float64 [m], rounded to 1e-6. A family
    that is alone joins from `alone` on, which is the lowest limit unless it is given.
    """
    mean, lowest = within.mean(), lowest_limit(least_evidence)
    looser = np.minimum(mean[left], mean[right])
    limit: Evidence = np.maximum(least_evidence + WITHIN_SHARE * (looser - TYPICAL_WITHIN), lowest)
    of_one = (within.sizes[left] == 1).astype(int) + (within.sizes[right] == 1)
    alone = lowest if alone is None else alone
    limit[of_one == 1] = alone
    limit[of_one == 2] = np.maximum(limit[of_one == 2], alone)
    return limit.round(DECIMALS)
