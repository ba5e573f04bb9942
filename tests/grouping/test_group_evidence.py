from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.grouping import group_days, group_evidence, group_sums
from clusterer.grouping.evidence import pair_evidence
from clusterer.grouping.features import Features
from clusterer.grouping.group_days import DAYS_COMPARED
from clusterer.grouping.group_evidence import Groups
from clusterer.grouping.linkage import number_by_first_member
from clusterer.grouping.neighbours import all_pairs
from tests.grouping.features_of_chance import chance_features

seeds = st.integers(0, 2**32 - 1)


def mean_over_members(features: Features, labels: np.ndarray, left: int, right: int) -> float:
    a, b = np.flatnonzero(labels == left), np.flatnonzero(labels == right)
    return float(pair_evidence(features, np.repeat(a, len(b)), np.tile(b, len(a))).mean())


@settings(deadline=None, max_examples=60)
@given(seeds, st.integers(2, 60), st.integers(1, 12), st.floats(0.5, 2), st.floats(0, 3))
def test_evidence_is_the_mean_over_all_pairs_of_members(
    seed: int, count: int, most: int, scale: float, days_apart: float
) -> None:
    features = replace(chance_features(seed, count, scale=scale, neighbours=True), days_apart=days_apart)
    labels = number_by_first_member(np.random.default_rng(seed).integers(0, most, count))
    groups = Groups.of(features, labels)
    pairs = all_pairs(len(groups))
    for value, left, right in zip(groups.evidence(pairs), *pairs, strict=True):
        assert value == pytest.approx(mean_over_members(features, labels, left, right), abs=2e-6)


@settings(deadline=None, max_examples=60)
@given(seeds, st.integers(2, 60), st.integers(2, 12))
def test_joined_groups_are_those_of_all_their_members(seed: int, count: int, most: int) -> None:
    chance = np.random.default_rng(seed)
    features = replace(chance_features(seed, count, neighbours=True), days_apart=chance.uniform(0, 3))
    labels = number_by_first_member(chance.integers(0, most, count))
    groups = Groups.of(features, labels)
    order = chance.permutation(len(groups))
    first, second, others = np.split(order, [len(order) // 3, 2 * (len(order) // 3)])
    target = np.empty(len(groups), dtype=np.intp)
    target[others] = np.arange(len(others))
    target[first] = target[second] = len(others) + np.arange(len(first))
    found = Groups.chained([groups.taken(others), groups.joined(first, second)])
    anew = Groups.of(features, target[labels])
    pairs = all_pairs(len(anew))
    assert found.sizes.tolist() == anew.sizes.tolist()
    assert found.language.tolist() == anew.language.tolist()
    assert np.abs(found.evidence(pairs) - anew.evidence(pairs)).max(initial=0) <= 2e-6


@settings(deadline=None, max_examples=30)
@given(seeds, st.integers(1, 30), st.integers(1, 9), st.integers(1, 20))
def test_groups_of_some_families_are_those_of_these_alone(seed: int, count: int, most: int, at_once: int) -> None:
    features, chance = chance_features(seed, 40, neighbours=True), np.random.default_rng(seed)
    rows = chance.permutation(40)[:count]
    labels = number_by_first_member(chance.integers(0, most, count))
    pairs = all_pairs(int(labels.max()) + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(group_sums, "MEMBERS_AT_ONCE", at_once)
        found = Groups.of(features, labels, rows)
    assert np.array_equal(found.evidence(pairs), Groups.of(features.take(rows), labels).evidence(pairs))


def test_groups_that_grow_past_exact_float32_are_summed_in_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_sums, "LARGEST_EXACT_GROUP", 5)
    groups = Groups.of(chance_features(3, 20), np.arange(20) % 4)
    joined = groups.joined(np.array([0, 2]), np.array([1, 3]))
    assert groups.dense.dtype == np.float32
    assert joined.dense.dtype == np.float64


def test_groups_as_large_as_days_are_compared_for_are_exact() -> None:
    features = chance_features(8, 2 * DAYS_COMPARED, languages=5)
    labels = np.arange(2 * DAYS_COMPARED) % 2
    found = Groups.of(features, labels).evidence((np.array([0]), np.array([1])))
    assert found[0] == pytest.approx(mean_over_members(features, labels, 0, 1), abs=2e-6)


def test_a_larger_group_is_near_the_mean() -> None:
    features = chance_features(9, 600)
    labels = np.arange(600) % 2
    found = Groups.of(features, labels).evidence((np.array([0]), np.array([1])))
    assert found[0] == pytest.approx(mean_over_members(features, labels, 0, 1), abs=0.05)


@settings(deadline=None, max_examples=30)
@given(seeds, st.integers(1, 5), st.integers(1, 40))
def test_blocks_have_no_influence(seed: int, pair_block: int, day_block: int) -> None:
    features = chance_features(seed, 30)
    groups = Groups.of(features, number_by_first_member(np.random.default_rng(seed).integers(0, 8, 30)))
    pairs = all_pairs(len(groups))
    whole = groups.evidence(pairs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(group_evidence, "PAIR_BLOCK", pair_block)
        patch.setattr(group_days, "DAY_BLOCK", day_block)
        assert np.array_equal(groups.evidence(pairs), whole)


@settings(deadline=None, max_examples=30)
@given(seeds)
def test_groups_of_one_have_the_evidence_of_their_pair(seed: int) -> None:
    features = chance_features(seed, 12)
    pairs = all_pairs(12)
    found = Groups.of(features, np.arange(12)).evidence(pairs)
    assert np.abs(found - pair_evidence(features, *pairs)).max() <= 2e-6


def test_without_dates_there_is_no_penalty() -> None:
    dated = chance_features(4, 10)
    features = Features(dated.dense, dated.lexical, dated.language, np.full(10, np.nan))
    labels = np.arange(10) % 3
    found = Groups.of(features, labels).evidence((np.array([0]), np.array([2])))
    assert found[0] == pytest.approx(mean_over_members(features, labels, 0, 2), abs=2e-6)


def test_no_pairs_have_no_evidence() -> None:
    none = np.zeros(0, dtype=np.intp)
    assert Groups.of(chance_features(4, 3), np.arange(3)).evidence((none, none)).shape == (0,)
