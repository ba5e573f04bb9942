from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.grouping import limits as limits_module
from clusterer.grouping import partition as partition_module
from clusterer.grouping.evidence import pair_evidence
from clusterer.grouping.features import Features
from clusterer.grouping.limits import lowest_limit
from clusterer.grouping.linkage import number_by_first_member
from clusterer.grouping.membership import mean_evidence_within
from clusterer.grouping.neighbours import all_pairs
from clusterer.grouping.partition import (
    UNSETTLED,
    edges_exactly,
    floor_of,
    found_edges,
    partition,
    partition_with_threads,
)
from clusterer.grouping.shared_neighbours import with_neighbours
from tests.grouping.features_of_chance import chance_features

seeds = st.integers(0, 2**32 - 1)
counts = st.integers(0, 60)


def in_content_order(features: Features) -> tuple[Features, np.ndarray]:
    """The same families in an order that is made of what they are."""
    words = features.lexical.toarray()
    keys = [
        (features.dense[row].tobytes(), words[row].tobytes(), features.day[row].tobytes()) for row in range(len(words))
    ]
    order = np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.intp)
    return features.take(order), order


@settings(deadline=None, max_examples=40)
@given(seeds, counts, st.integers(1, 40))
def test_the_order_of_the_input_has_no_influence(seed: int, count: int, neighbours: int) -> None:
    features = chance_features(seed, count)
    shuffle = np.random.default_rng(seed).permutation(count)
    found = []
    for some in (features, features.take(shuffle)):
        ordered, order = in_content_order(some)
        labels = np.empty(count, dtype=np.intp)
        labels[order] = partition(ordered, least_evidence=0.4, neighbours=neighbours)
        found.append(labels)
    assert np.array_equal(number_by_first_member(found[0][shuffle]), number_by_first_member(found[1]))


@settings(deadline=None, max_examples=40)
@given(seeds, counts, st.floats(0.1, 0.7))
def test_all_neighbours_are_all_pairs(seed: int, count: int, least: float) -> None:
    features = chance_features(seed, count)
    by_search = partition(features, least_evidence=least, neighbours=1000)
    edges = found_edges(features, all_pairs(count), floor=floor_of(least))
    by_pairs = partition(features, least_evidence=least, neighbours=1, edges=edges)
    assert np.array_equal(by_search, by_pairs)


@settings(deadline=None, max_examples=40)
@given(seeds, counts, st.floats(0.1, 0.7))
def test_every_family_is_in_one_story_numbered_by_its_first(seed: int, count: int, least: float) -> None:
    labels = partition(chance_features(seed, count), least_evidence=least, neighbours=8)
    assert labels.shape == (count,)
    assert np.array_equal(labels, number_by_first_member(labels))


@settings(deadline=None, max_examples=40)
@given(seeds, counts, st.floats(0.2, 0.7))
def test_every_family_has_the_floor_in_the_mean_with_the_others_of_its_story(
    seed: int, count: int, least: float
) -> None:
    features = chance_features(seed, count, noise=1.2)
    floor = floor_of(least)
    found = partition_with_threads(features, least_evidence=least, neighbours=16)
    features = replace(features, days_apart=found.days_apart)
    features, _ = with_neighbours(features, edges_exactly(features, 16, floor), floor)
    means = mean_evidence_within(features, found.stories)
    assert not (means < floor - 2e-6).any()


def test_topics_are_found() -> None:
    features = chance_features(3, 200, topics=8, languages=2, dimension=64, noise=0.4)
    labels = partition(features, least_evidence=0.4, neighbours=32)
    # chance_features draws each family's topic first of all.
    chance = np.random.default_rng(3)
    topic = chance.integers(0, 8, 200)
    assert np.array_equal(labels, number_by_first_member(topic))


@pytest.mark.parametrize(("seed", "noise"), [(25, 0.9), (3, 1.1)])
def test_groups_that_are_not_mixed_stay_apart(seed: int, noise: float) -> None:
    features = chance_features(seed, 120, topics=10, languages=1, noise=noise)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits_module, "NOT_SHORT_WORDS", 1)  # of short texts nothing more is asked
        stories = partition(features, least_evidence=0.4, neighbours=32).max()
        patch.setattr(limits_module, "MORE_OF_UNMIXED", 0.0)
        assert partition(features, least_evidence=0.4, neighbours=32).max() < stories


def test_families_without_a_relation_stay_alone() -> None:
    features = chance_features(3, 300, topics=40, dimension=512)
    topic = np.random.default_rng(3).integers(0, 40, 300)
    of_one_topic_each = features.take(np.unique(topic, return_index=True)[1])
    alone = Features(
        of_one_topic_each.dense, of_one_topic_each.lexical, np.arange(40, dtype=np.int32), np.full(40, np.nan)
    )
    assert partition(alone, least_evidence=0.4, neighbours=32).tolist() == list(range(40))


@settings(deadline=None, max_examples=30)
@given(seeds, st.integers(2, 40), st.sampled_from([2.0, 5.0]), st.floats(0.9, 3.0))
def test_evidence_beyond_one_still_makes_stories_of_related_families(
    seed: int, count: int, scale: float, least: float
) -> None:
    """The cosines of a model may be scaled up, so that evidence, threshold and floor pass 1."""
    features = chance_features(seed, count, languages=1, scale=scale)
    found = partition_with_threads(features, least_evidence=least, neighbours=40)
    labels, pairs = found.stories, all_pairs(count)
    evidence = pair_evidence(replace(features, days_apart=found.days_apart), *pairs)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        inside = np.isin(pairs[0], members) & np.isin(pairs[1], members)
        assert not inside.any() or evidence[inside].mean() >= floor_of(least) - 1e-6


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_families_are_an_ordinary_input(count: int) -> None:
    features = chance_features(1, count, topics=1, languages=1, noise=0.1)
    assert partition(features, least_evidence=0.3, neighbours=32).tolist() == [0] * count


@settings(deadline=None, max_examples=40)
@given(seeds, counts, st.floats(0.2, 0.7), st.integers(1, 12))
def test_threads_hold_whole_stories_and_grow_no_larger_than_they_may(
    seed: int, count: int, least: float, largest: int
) -> None:
    features = chance_features(seed, count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partition_module, "LARGEST_THREAD_OF_FEW", largest)
        found = partition_with_threads(features, least_evidence=least, neighbours=16)
    assert np.array_equal(found.stories, partition(features, least_evidence=least, neighbours=16))
    assert np.array_equal(found.threads, number_by_first_member(found.threads))
    for story in np.unique(found.stories):
        assert len(np.unique(found.threads[found.stories == story])) == 1
    for thread in np.unique(found.threads):
        own = found.threads == thread
        assert own.sum() <= max(largest, count // 20) or len(np.unique(found.stories[own])) == 1


@settings(deadline=None, max_examples=40)
@given(seeds, counts, st.floats(0.2, 0.7))
def test_what_is_settled_stays_together(seed: int, count: int, least: float) -> None:
    features = chance_features(seed, count)
    number = np.random.default_rng(seed).integers(UNSETTLED, 3, count)
    found = partition_with_threads(features, least_evidence=least, neighbours=16, settled=number)
    for group in range(3):
        assert len(np.unique(found.stories[number == group])) <= 1
    none = np.full(count, UNSETTLED)
    unsettled = partition_with_threads(features, least_evidence=least, neighbours=16, settled=none)
    whole = partition_with_threads(features, least_evidence=least, neighbours=16)
    assert np.array_equal(unsettled.stories, whole.stories)
    assert np.array_equal(unsettled.threads, whole.threads)
    again = partition_with_threads(features, least_evidence=least, neighbours=16, settled=whole.stories)
    assert all(len(np.unique(again.stories[whole.stories == story])) == 1 for story in np.unique(whole.stories))


@settings(deadline=None, max_examples=40)
@given(seeds, counts, st.floats(0.2, 0.7))
def test_a_family_that_is_a_story_alone_has_in_its_thread_what_joins_stories(
    seed: int, count: int, least: float
) -> None:
    features = chance_features(seed, count, topics=20, noise=1.2)
    floor = floor_of(least)
    found = partition_with_threads(features, least_evidence=least, neighbours=16)
    features = replace(features, days_apart=found.days_apart)
    features, _ = with_neighbours(features, edges_exactly(features, 16, floor), floor)
    alone = np.bincount(found.stories)[found.stories] == 1
    for family in np.flatnonzero(alone):
        others = np.flatnonzero((found.threads == found.threads[family]) & (np.arange(count) != family))
        if len(others):
            evidence = pair_evidence(features, np.full(len(others), family), others)
            assert evidence.max() >= lowest_limit(least) - 2e-6


def test_stories_of_one_topic_are_one_thread() -> None:
    features = chance_features(3, 200, topics=8, languages=2, dimension=64, noise=0.9)
    found = partition_with_threads(features, least_evidence=0.6, neighbours=40)
    topic = np.random.default_rng(3).integers(0, 8, 200)
    assert len(np.unique(found.stories)) > len(np.unique(found.threads))
    for thread in np.unique(found.threads):
        assert len(np.unique(topic[found.threads == thread])) == 1
