"""A dump tells itself how long its stories run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.grouping import days_apart as module
from clusterer.grouping.days_apart import SURE_EVIDENCE, TYPICAL_FAMILIES, dump_days_apart
from clusterer.grouping.evidence import pair_evidence
from clusterer.grouping.features import TYPICAL_DAYS_APART, Features
from clusterer.grouping.linkage import number_by_first_member
from clusterer.grouping.neighbours import all_pairs, neighbour_pairs
from clusterer.grouping.partition import partition, partition_with_threads
from tests.grouping.features_of_chance import chance_features

seeds = st.integers(0, 2**32 - 1)
FAMILIES, TOPICS = 200, 8


def near_topics(seed: int, days: np.ndarray) -> Features:
    """Families that are near their topics, on these days."""
    features = chance_features(seed, FAMILIES, topics=TOPICS, languages=1, dimension=64, noise=0.2)
    return replace(features, day=days)


def apart(features: Features) -> float:
    return dump_days_apart(features, *neighbour_pairs(features.dense, 32))


def test_without_dates_or_without_two_of_one_story_it_is_what_is_typical() -> None:
    assert apart(near_topics(0, np.full(FAMILIES, np.nan))) == TYPICAL_DAYS_APART
    features = chance_features(0, 60, topics=30, dimension=512)
    of_one_topic_each = np.unique(np.random.default_rng(0).integers(0, 30, 60), return_index=True)[1]
    assert apart(features.take(of_one_topic_each)) == TYPICAL_DAYS_APART
    none = np.zeros(0, dtype=np.intp)
    assert dump_days_apart(chance_features(0, 0), (none, none)) == TYPICAL_DAYS_APART


@settings(deadline=None, max_examples=20)
@given(seeds, st.floats(0.1, 30))
def test_it_is_the_mean_of_families_with_others_surely_of_their_story_and_of_some_that_are_typical(
    seed: int, span: float
) -> None:
    chance = np.random.default_rng(seed)
    days = np.where(chance.random(FAMILIES) < 0.2, np.nan, chance.uniform(0, span, FAMILIES))
    features = near_topics(seed, days)
    left, right = all_pairs(FAMILIES)
    sure = pair_evidence(replace(features, day=np.full(FAMILIES, np.nan)), left, right) > SURE_EVIDENCE
    means = []
    for family in range(FAMILIES):
        others = np.concatenate([right[sure & (left == family)], left[sure & (right == family)]])
        between = np.log1p(np.abs(days[others] - days[family]))
        if np.isfinite(between).any():
            means.append(np.nanmean(between))
    assert len(means) > FAMILIES / 2
    expected = (sum(means) + TYPICAL_FAMILIES * TYPICAL_DAYS_APART) / (len(means) + TYPICAL_FAMILIES)
    assert dump_days_apart(features, (left, right)) == pytest.approx(expected, abs=2e-6)


@settings(deadline=None, max_examples=20)
@given(seeds)
def test_cosines_that_are_known_and_the_order_of_families_change_nothing(seed: int) -> None:
    features = near_topics(seed, np.random.default_rng(seed).uniform(0, 30, FAMILIES))
    pairs, cosines = neighbour_pairs(features.dense, FAMILIES)
    known = dump_days_apart(features, pairs, cosines)
    assert known == dump_days_apart(features, pairs)
    shuffled = features.take(np.random.default_rng(seed).permutation(FAMILIES))
    assert dump_days_apart(shuffled, all_pairs(FAMILIES)) == pytest.approx(known, abs=2e-6)


def test_some_dates_that_are_wrong_do_not_make_stories_long() -> None:
    topic = np.random.default_rng(3).integers(0, TOPICS, FAMILIES)
    wrong = np.random.default_rng(5).random(FAMILIES) < 0.03
    features = near_topics(3, np.where(wrong, 0.0, 20_000.0 + 9 * topic))
    assert apart(features) < TYPICAL_DAYS_APART
    assert apart(near_topics(3, 20_000.0 + 9 * topic)) < apart(features)


def test_some_of_very_many_families_tell_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    features = near_topics(1, np.random.default_rng(1).integers(0, 20, FAMILIES).astype(np.float64))
    every = apart(features)
    monkeypatch.setattr(module, "FAMILIES_LOOKED_AT", 100)
    assert apart(features) == pytest.approx(every, abs=0.1)
    assert apart(features) != every


def test_stories_that_run_for_weeks_stay_whole() -> None:
    features = near_topics(3, np.random.default_rng(4).uniform(0, 40, FAMILIES))
    topic = number_by_first_member(np.random.default_rng(3).integers(0, TOPICS, FAMILIES))
    assert np.array_equal(partition(features, least_evidence=0.4, neighbours=32), topic)
    found = partition_with_threads(features, least_evidence=0.4, neighbours=32)
    assert np.array_equal(found.stories, topic)
    assert found.days_apart == apart(features) > TYPICAL_DAYS_APART
