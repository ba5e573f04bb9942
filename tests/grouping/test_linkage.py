from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.grouping import limits as limits_module
from clusterer.grouping import linkage
from clusterer.grouping.compared import Compared
from clusterer.grouping.evidence import pair_evidence
from clusterer.grouping.features import Features
from clusterer.grouping.group_evidence import Groups
from clusterer.grouping.limits import Within, limits, lowest_limit
from clusterer.grouping.linkage import join_groups, number_by_first_member
from clusterer.grouping.nearest import nearest_families
from clusterer.grouping.neighbours import Pairs, all_pairs
from tests.grouping.features_of_chance import chance_features

seeds = st.integers(0, 2**32 - 1)
thresholds = st.floats(0.05, 0.7)


def naive(
    features: Features,
    labels: np.ndarray,
    least: float,
    alone: float | None = None,
    nearest: np.ndarray | None = None,
) -> list[int]:
    """Average linkage as it is told: all pairs of groups anew in each round, and of those that may be joined, what is
    the best pair of both.
    """
    labels = number_by_first_member(labels)
    families = all_pairs(len(labels))
    evidence = pair_evidence(features, *families)
    while True:
        pairs = all_pairs(int(labels.max()) + 1)
        mean = Groups.of(features, labels).evidence(pairs)
        one, other = (labels[side] for side in families)
        sizes = np.bincount(labels)
        sums = np.bincount(one[one == other], evidence[one == other], len(sizes))
        within = Within.of(features, labels, np.arange(len(labels)), sums, nearest)
        mean = np.where(mean >= limits(least, within, *pairs, alone=alone), mean, -np.inf)
        table = np.full((len(sizes), len(sizes)), -np.inf)
        table[pairs], table[pairs[::-1]] = mean, mean
        best = np.argmax(table, axis=1)
        joined = [(a, b) for a, b in enumerate(best.tolist()) if table[a, b] > -np.inf and best[b] == a and a < b]
        if not joined:
            return labels.tolist()
        for a, b in joined:
            labels[labels == b] = a
        labels = number_by_first_member(labels)


def compared(features: Features, pairs: Pairs) -> Compared:
    return Compared(pairs, pair_evidence(features, *pairs))


def chance_pairs(seed: int, count: int, share: float) -> Pairs:
    left, right = all_pairs(count)
    kept = np.random.default_rng(seed).random(len(left)) < share
    return left[kept], right[kept]


@settings(deadline=None, max_examples=60)
@given(seeds, st.integers(1, 30), thresholds)
def test_all_pairs_give_what_joining_the_best_pairs_of_both_gives(seed: int, count: int, least: float) -> None:
    features = chance_features(seed, count)
    found = join_groups(features, np.full(count, -1), compared(features, all_pairs(count)), least)
    assert found.tolist() == naive(features, np.arange(count), least)


@settings(deadline=None, max_examples=60)
@given(seeds, st.integers(1, 30), thresholds)
def test_what_is_nearest_to_groups_is_looked_at_in_each_round(seed: int, count: int, least: float) -> None:
    features = chance_features(seed, count)
    candidates = compared(features, all_pairs(count))
    nearest = nearest_families(count, candidates)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits_module, "NOT_SHORT_WORDS", 1)  # as of short texts it is not asked
        patch.setattr(limits_module, "EVEN_MIXING", 1.0)
        found = join_groups(features, np.full(count, -1), candidates, least, nearest=nearest)
        assert found.tolist() == naive(features, np.arange(count), least, nearest=nearest)


@settings(deadline=None, max_examples=60)
@given(seeds, st.integers(1, 30), thresholds, st.floats(0, 0.4))
def test_a_family_that_is_alone_joins_from_what_is_asked_for_it(
    seed: int, count: int, least: float, more: float
) -> None:
    features = chance_features(seed, count)
    labels = np.random.default_rng(seed).integers(-1, 6, count)
    alone = np.where(labels < 0, 100 + np.arange(count), labels)
    found = join_groups(features, labels, compared(features, all_pairs(count)), least, alone=least + more)
    assert found.tolist() == naive(features, alone, least, least + more)


@settings(deadline=None, max_examples=40)
@given(seeds, st.integers(1, 30), thresholds, st.floats(0, 1.1), st.integers(1, 9), st.integers(1, 9))
def test_when_sums_are_moved_or_let_go_changes_nothing(
    seed: int, count: int, least: float, in_use: float, part: int, at_once: int
) -> None:
    features = chance_features(seed, count)
    candidates = compared(features, all_pairs(count))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linkage, "SHARE_IN_USE", in_use)
        patch.setattr(linkage, "GROUPS_OF_A_PART", part)
        patch.setattr(linkage, "PAIRS_AT_ONCE", at_once)
        found = join_groups(features, np.full(count, -1), candidates, least)
    assert found.tolist() == naive(features, np.arange(count), least)


@settings(deadline=None, max_examples=40)
@given(seeds, st.integers(1, 30), thresholds)
def test_groups_that_are_there_are_joined_as_wholes(seed: int, count: int, least: float) -> None:
    features = chance_features(seed, count)
    labels = np.random.default_rng(seed).integers(-1, 6, count)
    alone = np.where(labels < 0, 100 + np.arange(count), labels)
    found = join_groups(features, labels, compared(features, all_pairs(count)), least)
    assert found.tolist() == naive(features, alone, least)


@settings(deadline=None, max_examples=60)
@given(seeds, st.integers(1, 30), st.floats(0, 0.3), thresholds)
def test_pairs_under_the_lowest_limit_need_not_be_candidates(seed: int, count: int, below: float, least: float) -> None:
    features = chance_features(seed, count)
    labels = np.random.default_rng(seed).integers(-1, 8, count)
    before = labels.copy()
    left, right = all_pairs(count)
    near = pair_evidence(features, left, right) >= lowest_limit(least) - below - 2e-6
    found = join_groups(features, labels, compared(features, (left[near], right[near])), least)
    assert np.array_equal(labels, before)
    assert found.tolist() == naive(features, np.where(labels < 0, 100 + np.arange(count), labels), least)


@settings(deadline=None, max_examples=40)
@given(seeds, st.integers(2, 40), st.floats(0, 0.3), thresholds)
def test_groups_that_no_candidate_links_stay_apart(seed: int, count: int, share: float, least: float) -> None:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    candidates = chance_pairs(seed, count, share)
    features = chance_features(seed, count)
    found = join_groups(features, np.full(count, -1), compared(features, candidates), least)
    graph = coo_matrix((np.ones(len(candidates[0])), candidates), shape=(count, count))
    component = connected_components(graph, directed=False)[1]
    for label in np.unique(found):
        assert len(np.unique(component[found == label])) == 1


@settings(deadline=None, max_examples=40)
@given(seeds, st.integers(2, 30), st.floats(0, 1), thresholds)
def test_nothing_is_joined_below_the_lowest_limit(seed: int, count: int, share: float, least: float) -> None:
    """The mean evidence within a joined group is at least the lowest limit."""
    features = chance_features(seed, count)
    found = join_groups(features, np.full(count, -1), compared(features, chance_pairs(seed, count, share)), least)
    pairs = all_pairs(count)
    evidence = Groups.of(features, np.arange(count)).evidence(pairs)
    for label in np.unique(found):
        inside = (found[pairs[0]] == label) & (found[pairs[1]] == label)
        assert not inside.any() or evidence[inside].mean() >= lowest_limit(least) - 2e-6


@settings(deadline=None, max_examples=40)
@given(seeds, st.integers(2, 30), thresholds)
def test_where_the_limit_is_one_the_best_pair_is_joined_first(seed: int, count: int, least: float) -> None:
    features = chance_features(seed, count)
    labels = np.arange(count)
    while True:
        labels = number_by_first_member(labels)
        pairs = all_pairs(int(labels.max()) + 1)
        evidence = Groups.of(features, labels).evidence(pairs)
        if not len(evidence) or evidence.max() < least:
            break
        best = int(np.argmax(evidence))
        labels[labels == pairs[1][best]] = pairs[0][best]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits_module, "WITHIN_SHARE", 0.0)
        patch.setattr(limits_module, "ALONE_BELOW", 0.0)
        patch.setattr(limits_module, "SHARE_BETWEEN", 0.0)
        found = join_groups(features, np.full(count, -1), compared(features, all_pairs(count)), least)
    assert found.tolist() == labels.tolist()


@given(st.lists(st.integers(-3, 5)))
def test_groups_are_numbered_by_their_first_members(labels: list[int]) -> None:
    found = number_by_first_member(np.array(labels, dtype=np.intp)).tolist()
    seen: dict[int, int] = {}
    assert found == [seen.setdefault(label, len(seen)) for label in labels]


def test_no_family_is_no_group() -> None:
    none = np.zeros(0, dtype=np.intp)
    assert join_groups(chance_features(0, 0), none, Compared((none, none), np.zeros(0)), 0.5).shape == (0,)
