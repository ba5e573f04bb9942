"""Banded MinHash: how many bands texts agree in, and which pairs that leaves."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from clusterer.grouping.shingles import (
    BANDS,
    MISSED,
    ROWS_OF_A_BAND,
    band_keys,
    candidate_pairs,
    fewest_bands,
    shingles_of,
)


def _share_below(bands: int, jaccard: float) -> float:
    """The share of texts of this Jaccard index that agree in fewer bands, by the binomial law."""
    chance = jaccard**ROWS_OF_A_BAND
    return sum(comb(BANDS, k) * chance**k * (1 - chance) ** (BANDS - k) for k in range(bands))


@pytest.mark.parametrize("jaccard", [0.05, 0.2, 0.4, 0.48, 0.55, 0.67, 0.8, 0.95])
def test_no_more_bands_are_asked_for_than_miss_few(jaccard: float) -> None:
    [asked] = fewest_bands(np.array([jaccard]))
    assert asked == 1 or _share_below(int(asked), jaccard) <= MISSED
    assert _share_below(int(asked) + 1, jaccard) > MISSED


def test_equal_texts_agree_in_all_bands_and_strangers_in_none() -> None:
    rng = np.random.default_rng(3)
    one, other, third = (rng.integers(0, 1 << 20, 300).astype(np.uint32) for _ in range(3))
    keys = band_keys(shingles_of([one, other, one, third], 3))
    earlier, later, agreeing = candidate_pairs(keys, np.arange(4))
    assert (earlier.tolist(), later.tolist(), agreeing.tolist()) == ([0], [2], [BANDS])


def test_texts_agree_in_as_many_bands_as_their_jaccard_index_lets_expect() -> None:
    rng = np.random.default_rng(5)
    texts = []
    for _ in range(200):
        whole = rng.integers(0, 1 << 30, 300).astype(np.uint32)
        texts += [whole[:225], whole[75:]]  # runs of one code: 150 shared of 300
    earlier, later, agreeing = candidate_pairs(band_keys(shingles_of(texts, 1)), np.arange(len(texts)))
    pairs = agreeing[(earlier % 2 == 0) & (later == earlier + 1)]
    assert pairs.sum() / 200 == pytest.approx(BANDS * 0.5**ROWS_OF_A_BAND, rel=0.1)
