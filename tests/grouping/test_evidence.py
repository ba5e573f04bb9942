from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.grouping import evidence as module
from clusterer.grouping.evidence import GAIN_STEP, day_penalty, gain_of_words, pair_evidence
from clusterer.grouping.features import TYPICAL_DAYS_APART
from clusterer.grouping.grid import STEPS
from clusterer.grouping.neighbours import all_pairs, neighbour_pairs
from tests.grouping.features_of_chance import chance_features

seeds = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=40)
@given(seeds, st.floats(0.5, 2))
def test_evidence_is_the_formula(seed: int, scale: float) -> None:
    features = chance_features(seed, 12, scale=scale)
    left, right = all_pairs(12)
    found = pair_evidence(features, left, right)
    words = features.lexical.toarray().astype(np.float64)
    assert features.names is not None and features.alignment is not None
    names = features.names.toarray().astype(np.float64)
    for value, a, b in zip(found, left, right, strict=True):
        dense = float(features.dense[a].astype(np.float64) @ features.dense[b]) / STEPS**2 * scale
        expected = dense + 0.2 * float(names[a] @ names[b])
        if features.language[a] == features.language[b]:
            expected = 0.5 * dense + 0.65 * float(words[a] @ words[b])
        days = abs(features.day[a] - features.day[b])
        if not np.isnan(days):
            expected -= min(0.14 * np.log(1 + days), 0.3)
        for some in (a, b):
            count = np.count_nonzero(words[some])
            expected += 0.016 * np.log2(40 / min(max(count, 8), 128)) if count else 0
            known = features.alignment[features.language[some]]
            if features.language[a] != features.language[b] and not np.isnan(known):
                expected += 0.15 * max(min(0.5 - known, known), 0)
        assert value == pytest.approx(expected, abs=2e-6)
        assert value == round(value, 6)


@settings(deadline=None, max_examples=40)
@given(seeds, st.integers(1, 9), st.data())
def test_no_pair_influences_another(seed: int, block: int, data: st.DataObject) -> None:
    features = chance_features(seed, 14)
    left, right = all_pairs(14)
    whole = pair_evidence(features, left, right)
    chosen = np.array(data.draw(st.lists(st.integers(0, len(left) - 1), min_size=1, max_size=40)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PAIR_BLOCK", block)
        assert np.array_equal(pair_evidence(features, left[chosen], right[chosen]), whole[chosen])
    taken = features.take(np.unique(np.concatenate([left[chosen], right[chosen]])))
    rows = np.unique(np.concatenate([left[chosen], right[chosen]]))
    own = np.searchsorted(rows, left[chosen]), np.searchsorted(rows, right[chosen])
    assert np.array_equal(pair_evidence(taken, *own), whole[chosen])


@settings(deadline=None, max_examples=40)
@given(seeds)
def test_evidence_is_symmetric(seed: int) -> None:
    features = chance_features(seed, 14)
    left, right = all_pairs(14)
    assert np.array_equal(pair_evidence(features, left, right), pair_evidence(features, right, left))


@settings(deadline=None, max_examples=20)
@given(seeds)
def test_words_tell_nothing_across_languages(seed: int) -> None:
    features = chance_features(seed, 14)
    left, right = all_pairs(14)
    across = features.language[left] != features.language[right]
    wordless = dataclasses.replace(features, lexical=features.lexical * 0)
    with_words, without = pair_evidence(features, left, right), pair_evidence(wordless, left, right)
    assert np.array_equal(with_words[across], without[across])
    assert (with_words[~across] >= without[~across]).all()


def test_few_words_gain_and_many_lose() -> None:
    gain = gain_of_words()
    assert gain[40] == gain[0] == 0, "nothing is known of the words of a family that has none"
    assert (np.diff(gain[8:]) < 0).all()
    assert (gain[1:8] == gain[8]).all()
    assert gain[20] - gain[40] == gain[40] - gain[80] == round(0.016 / GAIN_STEP)


days = st.one_of(st.just(float("nan")), st.floats(0, 40_000))


@given(days, days)
def test_days_apart_count_gently(left: float, right: float) -> None:
    penalty = day_penalty(np.array([left]), np.array([right]))[0]
    assert 0 <= penalty <= 0.3
    if np.isnan(left) or np.isnan(right) or left == right:
        assert penalty == 0
    if abs(left - right) >= 12:
        assert penalty == pytest.approx(0.3)


@given(st.floats(0, 40), st.floats(0, 40), st.floats(0, 4))
def test_more_days_never_count_less(fewer: float, more: float, days_apart: float) -> None:
    fewer, more = sorted((fewer, more))
    penalty = day_penalty(np.zeros(2), np.array([fewer, more]), days_apart)
    assert penalty[0] <= penalty[1]


@given(days, days, st.floats(0, 4), st.floats(0, 2))
def test_days_count_no_more_where_stories_run_longer(left: float, right: float, days_apart: float, more: float) -> None:
    one, other = np.array([left]), np.array([right])
    penalty = day_penalty(one, other, days_apart)
    assert day_penalty(one, other, days_apart + more) <= penalty + 1e-12
    if days_apart <= TYPICAL_DAYS_APART:
        assert penalty == day_penalty(one, other)
    if np.isnan(left) or np.isnan(right):
        assert penalty == 0


@given(st.floats(TYPICAL_DAYS_APART, 2))
def test_what_is_as_far_apart_as_stories_are_counts_as_in_typical_ones(days_apart: float) -> None:
    usual = day_penalty(np.zeros(1), np.expm1([TYPICAL_DAYS_APART]))[0]
    assert day_penalty(np.zeros(1), np.expm1([days_apart]), days_apart)[0] <= usual


@settings(deadline=None, max_examples=20)
@given(seeds)
def test_cosines_that_a_search_found_give_the_same_evidence(seed: int) -> None:
    features = chance_features(seed, 30, scale=1.3)
    pairs, cosines = neighbour_pairs(features.dense, 5)
    assert np.array_equal(pair_evidence(features, *pairs, cosines), pair_evidence(features, *pairs))


def test_no_pairs_have_no_evidence() -> None:
    none = np.zeros(0, dtype=np.intp)
    assert pair_evidence(chance_features(0, 3), none, none).shape == (0,)
