"""How long the stories of a dump run, as it tells itself: how many days lie between articles surely of one story.

What days apart say depends on that. Where a story is told within a day or two, an article of the week after is of
another; where events run for weeks it says little. A dump has pairs that their texts alone make sure of, whatever their
days: how far these are apart is what `day_penalty` goes by, an empirical Bayes estimate (Robbins 1956).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from clusterer.grouping.evidence import DECIMALS, pair_evidence
from clusterer.grouping.features import TYPICAL_DAYS_APART, Features
from clusterer.grouping.neighbours import Pairs

# From which evidence without their days on two are taken to be of one story.
SURE_EVIDENCE = 0.7
# What is further apart counts as so many days: it is another event of the kind, or a date is wrong.
MOST_DAYS = 60
# Of very many families about so many are looked at.
FAMILIES_LOOKED_AT = 1 << 13
# What is typical counts as so many families beside those of the dump.
TYPICAL_FAMILIES = 20


def dump_days_apart(features: Features, pairs: Pairs, cosines: npt.NDArray[np.float64] | None = None) -> float:
    """The mean of ln(1 + days) between a family and those that are surely of its story, over families that have such,
    rounded to 1e-6. `pairs` are of neighbours, each once, and `cosines` those of their dense vectors, if known.

    Every family counts the same: one of a large story has many such pairs.
    """
    count = len(features)
    looked_at = np.zeros(count, dtype=bool)
    looked_at[:: max(1, -(-count // FAMILIES_LOOKED_AT))] = True
    known = np.isfinite(features.day)
    dated = known[pairs[0]] & known[pairs[1]]
    places = np.flatnonzero(dated & (looked_at[pairs[0]] | looked_at[pairs[1]]))
    left, right = pairs[0][places], pairs[1][places]
    without_days = replace(features, day=np.full(count, np.nan))
    evidence = pair_evidence(without_days, left, right, None if cosines is None else cosines[places])
    left, right = left[evidence > SURE_EVIDENCE], right[evidence > SURE_EVIDENCE]
    apart = np.log1p(np.minimum(np.abs(features.day[left] - features.day[right]), MOST_DAYS))
    total = np.bincount(left, apart, count) + np.bincount(right, apart, count)
    pairs_of = np.bincount(left, minlength=count) + np.bincount(right, minlength=count)
    own = np.flatnonzero(looked_at & (pairs_of > 0))
    mean = (np.sum(total[own] / pairs_of[own]) + TYPICAL_FAMILIES * TYPICAL_DAYS_APART) / (len(own) + TYPICAL_FAMILIES)
    return round(float(mean), DECIMALS)
