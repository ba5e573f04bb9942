"""The evidence that two families, or two groups of them, tell one story. One formula for both.

Two families of one language: half their dense cosine and .65 of their lexical cosine; of two languages: their dense
cosine and .2 of the cosine of their names. Days apart count gently against, the less the longer the stories of a dump
run (`days_apart`); short texts, which have little to share, gain a little, and long ones lose it; across languages,
texts of one that the model knows badly gain. Where a dump is grouped, .3 of the cosine of their neighbours counts too
(`shared_neighbours`). For two groups the evidence is the mean over all pairs of their members; as all but the days are
inner products, or belong to one article, that mean comes exactly from sums over the members.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.grouping.features import TYPICAL_DAYS_APART, Features
from clusterer.grouping.grid import cosine
from clusterer.grouping.row_products import prepare_products, row_products
from clusterer.parallel import in_threads

DENSE_SHARE = 0.5
LEXICAL_SHARE = 0.65
NAME_SHARE = 0.2
NEIGHBOUR_SHARE = 0.3
# The cosine of neighbours that speaks neither for one story nor against it.
EVEN_NEIGHBOURS = 0.1
# The odds of one story fall as a power of the days that lie between two articles: this one, where stories run no longer
# than is usual.
DAY_PENALTY = 0.14
LARGEST_PENALTY = 0.3
# Texts of one story have less evidence the fewer their words are: a family gains so much for each halving of its
# distinct words under the middle, and loses it for each doubling, between the fewest and the most.
BREVITY_GAIN = 0.016
MIDDLE_WORDS = 40
FEWEST_WORDS = 8
MOST_WORDS = 128
DECIMALS = 6
GAIN_STEP = 1e-6
# Across languages a text of a language that the model knows badly lies further from those of its story: it gains this
# share of what its language's alignment is short of that of one that is known well, but no more than of the alignment
# itself: where the model knows nothing, nothing is to be found.
ALIGNED = 0.5
ALIGNMENT_GAIN = 0.15
PAIR_BLOCK = 1 << 11

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class PairTerms:
    """What the evidence of m pairs is made of, float64 [m] each: the dense cosine on the scale of all models, the
    lexical cosine, that of the names, what days apart take, what few words gain, what texts of badly known languages
    do across languages, and what their neighbours add, 0 where these are not known; and whether the two are of
    `one_language`, bool [m].
    """

    dense: npt.NDArray[np.float64]
    lexical: npt.NDArray[np.float64]
    names: npt.NDArray[np.float64]
    penalty: npt.NDArray[np.float64]
    brevity: npt.NDArray[np.float64]
    alignment: npt.NDArray[np.float64]
    neighbours: npt.NDArray[np.float64]
    one_language: npt.NDArray[np.bool_]

    def evidence(self) -> npt.NDArray[np.float64]:
        """The evidence, float64 [m], rounded to 1e-6."""
        value = np.where(self.one_language, DENSE_SHARE * self.dense, self.dense)
        value += np.where(self.one_language, LEXICAL_SHARE * self.lexical, NAME_SHARE * self.names)
        value += self.neighbours
        return np.round(value - self.penalty + (self.brevity + self.alignment), DECIMALS)


def pair_evidence(
    features: Features, left: Rows, right: Rows, cosines: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.float64]:
    """Evidence for each pair (left[i], right[i]), float64 [m], rounded to 1e-6. No pair influences another's.

    `cosines` are those of the pairs' dense vectors, float64 [m], if they are known already.
    """
    evidence = np.empty(len(left), dtype=np.float64)
    prepare_products(features.lexical, left, right)
    if features.neighbours is not None:
        prepare_products(features.neighbours, left, right)

    def fill(block: slice) -> None:
        known = None if cosines is None else cosines[block]
        evidence[block] = pair_terms(features, left[block], right[block], known).evidence()

    in_threads(fill, len(left), PAIR_BLOCK)
    return evidence


def pair_terms(
    features: Features, left: Rows, right: Rows, cosines: npt.NDArray[np.float64] | None = None
) -> PairTerms:
    """The terms of the evidence of pairs, m of them at once. Words count within a language, names across."""
    dense = (cosine(features.dense[left], features.dense[right]) if cosines is None else cosines) * features.dense_scale
    same = features.language[left] == features.language[right]
    lexical, names = np.zeros(len(left)), np.zeros(len(left))
    lexical[same] = row_products(features.lexical, left[same], right[same])
    if features.names is not None:
        names[~same] = row_products(features.names, left[~same], right[~same])
    penalty = day_penalty(features.day[left], features.day[right], features.days_apart)
    steps = brevity_steps(features, left) + brevity_steps(features, right)
    brevity = steps.astype(np.float64) * GAIN_STEP
    alignment = np.zeros(len(left))
    if features.alignment is not None:
        of_language = alignment_steps(features.alignment)
        languages = features.language[left[~same]], features.language[right[~same]]
        alignment[~same] = (of_language[languages[0]] + of_language[languages[1]]) * GAIN_STEP
    neighbours = np.zeros(len(left))
    if features.neighbours is not None:
        neighbours = neighbour_evidence(row_products(features.neighbours, left, right))
    return PairTerms(dense, lexical, names, penalty, brevity, alignment, neighbours, same)


def neighbour_evidence(cosines: npt.NDArray[np.float64], pairs: Rows | int = 1) -> npt.NDArray[np.float64]:
    """What the cosines of the neighbours of two families add to their evidence, or sums of them over so many `pairs` to
    the sums of evidence, float64 [m].
    """
    return NEIGHBOUR_SHARE * (cosines - EVEN_NEIGHBOURS * pairs)


def day_penalty(
    left: npt.NDArray[np.float64], right: npt.NDArray[np.float64], days_apart: float = TYPICAL_DAYS_APART
) -> npt.NDArray[np.float64]:
    """What days apart take from the evidence: .14 ln(1 + days), at most .3; nothing where a day is not known.

    Where articles of one story are further apart than is typical, in the mean of ln(1 + days) `days_apart`, the power
    is less by the root of how many times as far, and counted from what they are further apart on, so that few days are
    a gain: else what a story has within would be less, the longer it runs.
    """
    further = max(days_apart - TYPICAL_DAYS_APART, 0.0)
    power = DAY_PENALTY * math.sqrt(TYPICAL_DAYS_APART / (TYPICAL_DAYS_APART + further))
    penalty: npt.NDArray[np.float64] = np.minimum(power * np.log1p(np.abs(left - right)), LARGEST_PENALTY)
    penalty -= power * further
    penalty[np.isnan(penalty)] = 0.0
    return penalty


def brevity_steps(features: Features, rows: Rows) -> npt.NDArray[np.int64]:
    """What families gain for few words, or lose for many, in GAIN_STEPs, which add up exactly in any order, int64
    [m]. Of one without a word nothing is known.
    """
    steps: npt.NDArray[np.int64] = GAIN_OF_WORDS[np.minimum(features.distinct_words(rows), MOST_WORDS)]
    return steps


def alignment_steps(alignment: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """What a text of each language gains in a pair of two languages, in GAIN_STEPs, int64 [languages]."""
    known = np.nan_to_num(alignment, nan=ALIGNED)
    gain = ALIGNMENT_GAIN * np.maximum(np.minimum(ALIGNED - known, known), 0.0)
    return np.rint(gain / GAIN_STEP).astype(np.int64)


def gain_of_words(gain: float = BREVITY_GAIN, middle: int = MIDDLE_WORDS) -> npt.NDArray[np.int64]:
    """What a family of so many distinct words gains, in GAIN_STEPs, int64 [MOST_WORDS + 1]."""
    words = np.maximum(np.arange(MOST_WORDS + 1), FEWEST_WORDS)
    steps = np.rint(gain * np.log2(middle / words) / GAIN_STEP).astype(np.int64)
    steps[0] = 0
    return steps


GAIN_OF_WORDS = gain_of_words()
