from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from clusterer.grouping import membership
from clusterer.grouping.evidence import pair_evidence
from clusterer.grouping.features import Features
from clusterer.grouping.grid import on_grid
from clusterer.grouping.membership import MOST_COMPARED, mean_evidence_within, without_misfits
from clusterer.grouping.neighbours import all_pairs
from tests.grouping.features_of_chance import chance_features

seeds = st.integers(0, 2**32 - 1)


def at_angles(*degrees: float) -> Features:
    """Families without words or dates, of as many languages: their evidence is the cosine of the angle between them."""
    radians = np.deg2rad(degrees)
    dense = on_grid(np.column_stack([np.cos(radians), np.sin(radians)]).astype(np.float32))
    count = len(degrees)
    return Features(
        dense, csr_matrix((count, 1), dtype=np.float32), np.arange(count, dtype=np.int32), np.full(count, np.nan)
    )


@settings(deadline=None, max_examples=40)
@given(seeds, st.integers(0, 40), st.integers(1, 8))
def test_mean_evidence_is_over_the_others_of_the_group(seed: int, count: int, most: int) -> None:
    features = chance_features(seed, count)
    labels = np.random.default_rng(seed).integers(-1, most, count)
    found = mean_evidence_within(features, labels)
    for row, label in enumerate(labels):
        others = [other for other in range(count) if labels[other] == label and other != row]
        if label < 0 or not others:
            assert np.isnan(found[row])
        else:
            mean = pair_evidence(features, np.full(len(others), row), np.array(others)).mean()
            assert found[row] == pytest.approx(mean, abs=2e-6)


@settings(deadline=None, max_examples=20)
@given(seeds, st.integers(2, 2 * MOST_COMPARED))
def test_pairs_and_sums_give_the_same(seed: int, count: int) -> None:
    features = chance_features(seed, 2 * count)
    members, sizes = np.random.default_rng(seed).permutation(2 * count), np.array([count, count])
    by_pairs = membership._by_pairs(features, members, sizes)
    every = np.arange(2 * count)
    by_sums = membership._by_sums(features, members, sizes, every)
    assert by_sums == pytest.approx(by_pairs, abs=2e-6)
    assert np.array_equal(membership._by_sums(features, members, sizes, every[::3]), by_sums[::3])


def test_of_a_very_large_group_all_are_compared() -> None:
    features = chance_features(1, 200)
    found = mean_evidence_within(features, np.zeros(200, dtype=np.intp))
    of_pairs = membership._by_pairs(features, np.arange(200), np.array([200]))
    # Days apart are those with the first of a large group.
    assert found == pytest.approx(of_pairs, abs=0.02)


def test_it_does_not_matter_how_many_groups_are_looked_at_at_once(monkeypatch) -> None:
    features, labels = chance_features(2, 400), np.random.default_rng(2).integers(-1, 25, 400)
    at_once = mean_evidence_within(features, labels)
    monkeypatch.setattr(membership, "PAIRS_AT_ONCE", 7)
    monkeypatch.setattr(membership, "FAMILIES_AT_ONCE", 40)
    assert np.array_equal(mean_evidence_within(features, labels), at_once, equal_nan=True)


def test_the_ends_of_a_chain_are_dropped() -> None:
    # Neighbours have evidence .77, but the last has .5 in the mean with the four that are together.
    features = at_angles(0, 5, 10, 15, 55, 95)
    labels = without_misfits(features, np.array([4, 4, 4, 4, 4, 4]), 0.6)
    assert labels.tolist() == [4, 4, 4, 4, 4, -1]


def test_a_family_that_hangs_on_by_one_pair_is_dropped() -> None:
    features = at_angles(0, 2, 4, 6, 50, -120)
    labels = without_misfits(features, np.array([0, 0, 0, 0, 0, -1]), 0.75)
    assert labels.tolist() == [0, 0, 0, 0, -1, -1]


@given(st.floats(0, 89), st.floats(-0.5, 0.99))
def test_a_pair_whose_evidence_is_over_the_floor_stays(angle: float, floor: float) -> None:
    features = at_angles(0, angle)
    evidence = pair_evidence(features, *all_pairs(2))[0]
    labels = without_misfits(features, np.array([7, 7]), floor)
    assert labels.tolist() == ([7, 7] if evidence >= floor else [-1, -1])


@settings(deadline=None, max_examples=40)
@given(seeds, st.integers(1, 40), st.floats(0, 0.8))
def test_all_that_stay_fit_and_nothing_is_moved(seed: int, count: int, floor: float) -> None:
    features = chance_features(seed, count)
    labels = np.random.default_rng(seed).integers(-1, 5, count)
    before = labels.copy()
    kept = without_misfits(features, labels, floor)
    assert np.array_equal(labels, before)
    assert np.array_equal(kept[kept >= 0], labels[kept >= 0])
    within = mean_evidence_within(features, kept)
    assert (np.isnan(within) | (within >= floor)).all()
