"""From which mean evidence on two groups are joined. What holds a group together says what else belongs to it.

The members of one story have anything from .4 to .9 in the mean among themselves, what lies near them counted: by its
languages, its length, and how much is copied. Two groups that are each of .8 and have .4 with each other are two
stories; two of .5 with the same .4 are one. So two groups are joined from more evidence on the more their looser one
has within, and a family that is alone, of which nothing of the kind is known, from a little less on; but no looser
groups, as threads are, take it in from less than stories do.

And two events of a kind, an earthquake and the next, may have much with each other, but each has more within. What they
have with each other has to be most of what they have within, if their texts are long enough to tell what happened:
headlines tell little more than what it is about, and those of them that are worded alike look as if they were an event
of their own; and of large groups less is asked. More is asked where what is nearest to the families of each is its own
(`clusterer.grouping.nearest`). It does not count where two groups have no language in common, nor for threads, which
are of many events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.grouping.compared import Compared
from clusterer.grouping.evidence import DECIMALS, FEWEST_WORDS, MOST_WORDS
from clusterer.grouping.features import Features
from clusterer.grouping.nearest import NONE, Nearest, NearestInGroups

# The evidence within a group of which nothing is known; what is known of one counts as so many pairs more.
TYPICAL_WITHIN = 0.6
TYPICAL_PAIRS = 5
# How much of what a group has within over the typical is asked for, beside the least, between it and another: of
# threads more, which are not asked for most of it.
WITHIN_SHARE = 0.7
WITHIN_SHARE_OF_THREADS = 1.1
# How much of what two groups have within is asked for between them where their texts are not short, and how much less
# for each halving of the distinct words under so many.
SHARE_BETWEEN = 0.7
LESS_OF_SHORT = 0.16
NOT_SHORT_WORDS = 30
HALVING_STEPS = 1000
# Of two groups that have less mixing than this, of large ones than a part of it, so much more for what they have less;
# nothing more from one halving of the words on.
EVEN_MIXING = 0.3
MORE_OF_UNMIXED = 0.6
# The nearest neighbours that a family is compared with are but a part of a larger group, and what is near two parts of
# it is not the same: of groups of more families it is less, by the fourth root of how many times as large they are.
NOT_LARGE = 16
# How far under the least evidence a family joins a group, and no groups are joined from less.
ALONE_BELOW = 0.02

Rows = npt.NDArray[np.intp]
Evidence = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Within:
    """Of g groups: how many families each has, int [g], and the sum of the evidence of all its pairs, float64 [g]; the
    sum of how short its families' texts are, in steps, int64 [g]; which languages it has, a bit each, uint8 [g, bytes];
    and how many of what is nearest to its families are in which.
    """

    sizes: Rows
    evidence: Evidence
    shortness: npt.NDArray[np.int64]
    languages: npt.NDArray[np.uint8]
    nearest: NearestInGroups

    @staticmethod
    def of(features: Features, labels: Rows, rows: Rows, evidence: Evidence, nearest: Nearest | None = None) -> Within:
        """Of the groups, `labels` int [m] from 0, of the families at `rows`, and the sum of the evidence of each;
        `nearest` are the `nearest_families` of all, if they are known.
        """
        count = len(evidence)
        has = np.zeros((count, int(features.language.max(initial=-1)) + 1), dtype=bool)
        has[labels, features.language[rows]] = True
        shortness = np.bincount(labels, _shortness(features, rows), count).astype(np.int64)
        near = NearestInGroups.of(nearest, labels, rows, count)
        return Within(np.bincount(labels, minlength=count), evidence, shortness, np.packbits(has, axis=1), near)

    def taken(self, groups: Rows) -> Within:
        """Of some of the groups, int [h], each once, in this order."""
        target = np.full(len(self.sizes), NONE, dtype=np.intp)
        target[groups] = np.arange(len(groups))
        nearest = self.nearest.mapped(target, len(groups))
        return Within(
            self.sizes[groups], self.evidence[groups], self.shortness[groups], self.languages[groups], nearest
        )

    def joined(self, first: Rows, best: Compared, target: Rows) -> Within:
        """Of the groups at `first`, after those of the pairs are joined, the ones on the left of which are of these.
        `target`, int [g], says which of `first` each group is then; NONE for one that is in none of them.
        """
        sizes, evidence = self.sizes.copy(), self.evidence.copy()
        shortness, languages = self.shortness.copy(), self.languages.copy()
        left, right = best.pairs
        sizes[left] += self.sizes[right]
        evidence[left] += self.evidence[right] + best.evidence * (self.sizes[left] * self.sizes[right])
        shortness[left] += self.shortness[right]
        languages[left] |= self.languages[right]
        nearest = self.nearest.mapped(target, len(first))
        return Within(sizes[first], evidence[first], shortness[first], languages[first], nearest)

    def mean(self) -> Evidence:
        """The mean over the pairs of each group and TYPICAL_PAIRS typical ones, float64 [g]."""
        pairs = self.sizes * (self.sizes - 1) / 2
        mean: Evidence = (self.evidence + TYPICAL_WITHIN * TYPICAL_PAIRS) / (pairs + TYPICAL_PAIRS)
        return mean

    def between(self, left: Rows, right: Rows, mean: Evidence) -> Evidence:
        """What the groups left[i] and right[i] have to have with each other for what they have within, the `mean` of
        each group, float64 [m].
        """
        sizes = self.sizes[left], self.sizes[right]
        of_both = (sizes[0] * mean[left] + sizes[1] * mean[right]) / (sizes[0] + sizes[1])
        halvings = np.maximum((self.shortness / self.sizes)[np.stack([left, right])].mean(axis=0) / HALVING_STEPS, 0.0)
        as_large = NOT_LARGE / np.maximum(np.maximum(*sizes), NOT_LARGE)
        unmixed = np.maximum(EVEN_MIXING * as_large - self.nearest.mixing(self.sizes, left, right), 0.0)
        share = SHARE_BETWEEN - LESS_OF_SHORT * halvings
        share += MORE_OF_UNMIXED * unmixed * np.maximum(1 - halvings, 0.0)
        share *= as_large**0.25
        share[~(self.languages[left] & self.languages[right]).any(axis=1)] = 0.0
        between: Evidence = share * of_both
        return between


def _shortness(features: Features, rows: Rows) -> npt.NDArray[np.int64]:
    """How often NOT_SHORT_WORDS is to be halved for the distinct words of families, in steps, which add up exactly in
    any order, int64 [m]; less than 0 for more words. Of a family without a word nothing is known.
    """
    words = features.distinct_words(rows)
    known = np.clip(np.where(words, words, NOT_SHORT_WORDS), FEWEST_WORDS, MOST_WORDS)
    steps: npt.NDArray[np.int64] = np.rint(HALVING_STEPS * np.log2(NOT_SHORT_WORDS / known)).astype(np.int64)
    return steps


def lowest_limit(least_evidence: float) -> float:
    """The evidence under which nothing is joined, where groups are joined from `least_evidence` on."""
    return least_evidence - ALONE_BELOW


def limits(least_evidence: float, within: Within, left: Rows, right: Rows, *, alone: float | None = None) -> Evidence:
    """From which mean evidence on the groups left[i] and right[i] are joined, float64 [m], rounded to 1e-6. A family
    that is alone joins a group from the lowest limit on.

    Groups that may be of many events have `alone`, from which on a family that is alone joins them instead; what they
    have with each other need not be most of what they have within, of which the looser one's counts more.
    """
    mean, lowest = within.mean(), lowest_limit(least_evidence)
    looser = np.minimum(mean[left], mean[right])
    share = WITHIN_SHARE if alone is None else WITHIN_SHARE_OF_THREADS
    limit: Evidence = np.maximum(least_evidence + share * (looser - TYPICAL_WITHIN), lowest)
    of_one = (within.sizes[left] == 1).astype(int) + (within.sizes[right] == 1)
    if alone is None:
        # Of the pairs of a large dump the most are of a family that is alone.
        several = np.flatnonzero(of_one == 0)
        limit[several] = np.maximum(limit[several], within.between(left[several], right[several], mean))
        alone = lowest
    limit[of_one == 1] = alone
    limit[of_one == 2] = np.maximum(least_evidence, alone)
    return limit.round(DECIMALS)
