from __future__ import annotations

import random
import time

import hdbscan
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist, squareform

from clusterer.grouping import density
from clusterer.grouping.density import density_groups, spanning_forest
from clusterer.grouping.linkage import number_by_first_member
from clusterer.grouping.neighbours import Pairs, all_pairs

LARGEST = 0.7
seeds = st.integers(0, 2**32 - 1)


def pairs_of(*pairs: tuple[int, int]) -> Pairs:
    return np.array([a for a, _ in pairs], dtype=np.intp), np.array([b for _, b in pairs], dtype=np.intp)


def groups_of(count: int, edges: dict[tuple[int, int], float], largest: float = LARGEST) -> list[set[int]]:
    """The groups as sets of points, by their first."""
    edges = dict(sorted(edges.items()))
    labels = density_groups(count, pairs_of(*edges), np.array(list(edges.values()), dtype=np.float64), largest)
    assert labels.shape == (count,)
    return sorted(({*np.flatnonzero(labels == label).tolist()} for label in set(labels.tolist()) - {-1}), key=min)


def chance_component(seed: int, count: int) -> dict[tuple[int, int], float]:
    """A connected graph with distances under the largest."""
    chance = np.random.default_rng(seed)
    edges = {(int(chance.integers(0, point)), point): float(chance.uniform(0.01, 0.69)) for point in range(1, count)}
    for _ in range(count):
        left, right = sorted(chance.choice(count, 2, replace=False).tolist())
        edges[left, right] = float(chance.uniform(0.01, 0.69))
    return edges


@settings(deadline=None, max_examples=60)
@given(seeds, st.integers(5, 60), st.integers(2, 6))
def test_a_full_graph_has_the_groups_that_hdbscan_finds(seed: int, count: int, clouds: int) -> None:
    chance = np.random.default_rng(seed)
    points = chance.normal(size=(clouds, 2))[chance.integers(0, clouds, count)] * 4 + chance.normal(size=(count, 2))
    distances = pdist(points)
    distances *= 0.69 / distances.max()
    labels = density_groups(count, all_pairs(count), distances, LARGEST)
    # hdbscan never selects the root; where the whole is one group, there is nothing to compare.
    assume(len(set(labels.tolist()) - {-1}) > 1)
    theirs = hdbscan.HDBSCAN(metric="precomputed", min_cluster_size=2, min_samples=1).fit(squareform(distances)).labels_
    assert np.array_equal(labels < 0, theirs < 0)
    grouped = labels >= 0
    assert np.array_equal(number_by_first_member(labels[grouped]), number_by_first_member(theirs[grouped]))


@settings(deadline=None, max_examples=40)
@given(seeds, st.integers(2, 40), st.integers(1, 30))
def test_a_forest_is_the_same_however_many_edges_are_looked_at_at_once(seed: int, count: int, at_once: int) -> None:
    edges = dict(sorted(chance_component(seed, count).items()))
    distance = np.round(list(edges.values()), 1)  # many of them equal
    whole = spanning_forest(count, pairs_of(*edges), distance)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(density, "EDGES_AT_ONCE", at_once)
        found = spanning_forest(count, pairs_of(*edges), distance)
    assert [own.tolist() for own in found] == [own.tolist() for own in whole]
    assert len(whole[0]) == count - 1


def test_without_edges_there_are_no_groups() -> None:
    assert groups_of(3, {}) == []
    assert groups_of(0, {}) == []


def test_two_points_alone_are_a_group() -> None:
    assert groups_of(2, {(0, 1): 0.69}) == [{0, 1}]


@pytest.mark.parametrize("pair", [(0, 1), (2, 3), (1, 4), (4, 5)])
def test_a_pair_among_points_without_edges_is_a_group_by_itself(pair: tuple[int, int]) -> None:
    assert groups_of(6, {pair: 0.5}) == [set(pair)]


def test_two_components_are_two_groups() -> None:
    assert groups_of(5, {(0, 3): 0.2, (1, 4): 0.6}) == [{0, 3}, {1, 4}]


def test_a_component_may_be_one_group() -> None:
    assert groups_of(4, {(0, 1): 0.2, (1, 2): 0.21, (2, 3): 0.2}) == [{0, 1, 2, 3}]


def test_a_component_falls_apart_where_its_parts_last_longer() -> None:
    # 5 (1/.5 - 1/.7) = 2.9 for the whole, (1/.12 - 2) + 2 (10 - 2) = 22.3 and 2 (10 - 2) = 16 for the parts.
    assert groups_of(5, {(0, 1): 0.1, (1, 2): 0.12, (3, 4): 0.1, (2, 3): 0.5}) == [{0, 1, 2}, {3, 4}]


def test_copies_in_all_but_name_are_a_group() -> None:
    assert groups_of(4, dict.fromkeys(zip(*map(list, all_pairs(4)), strict=True), 0.0)) == [{0, 1, 2, 3}]
    assert groups_of(4, {(0, 1): -0.2, (2, 3): -0.1}) == [{0, 1}, {2, 3}]


@pytest.mark.parametrize("largest", [0.4, 1e-3, -0.5])
def test_components_stay_apart_where_the_largest_distance_is_no_larger_than_an_edge(largest: float) -> None:
    """Evidence can pass 1, and with it the floor: then no distance is left to be born at."""
    edges = {(0, 1): largest, (2, 3): largest, (4, 5): largest}
    assert groups_of(7, edges, largest) == [{0, 1}, {2, 3}, {4, 5}]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(seeds, st.integers(1, 9)), min_size=1, max_size=6), seeds)
def test_components_have_no_influence_on_each_other(components: list[tuple[int, int]], seed: int) -> None:
    """Points alone, pairs and larger ones, with their points dealt among each other."""
    sizes = [size for _, size in components]
    dealt = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    together: dict[tuple[int, int], float] = {}
    expected: list[set[int]] = []
    for number, (own_seed, size) in enumerate(components):
        place = np.flatnonzero(dealt == number).tolist()
        edges = chance_component(own_seed, size) if size > 1 else {}
        together |= {(place[left], place[right]): distance for (left, right), distance in edges.items()}
        expected += [{place[point] for point in group} for group in groups_of(size, edges)]
    assert groups_of(len(dealt), together) == sorted(expected, key=min)


@settings(deadline=None, max_examples=40)
@given(seeds, st.integers(2, 12), st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_the_pairs_has_no_influence(seed: int, count: int, chance: random.Random, ties: bool) -> None:
    edges = chance_component(seed, count)
    if ties:
        edges = {pair: round(distance, 1) for pair, distance in edges.items()}
    shuffled = list(edges.items())
    chance.shuffle(shuffled)
    assert groups_of(count, edges) == groups_of(count, dict(shuffled))


@settings(deadline=None, max_examples=40)
@given(seeds, st.integers(2, 30), st.sampled_from([0.1, 0.25, 0.69]))
def test_equal_distances_are_one_group(seed: int, count: int, distance: float) -> None:
    assert groups_of(count, dict.fromkeys(chance_component(seed, count), distance)) == [{*range(count)}]


def test_many_components_take_little_time() -> None:
    count = 60_000
    left = np.arange(0, count, 2)
    started = time.perf_counter()
    labels = density_groups(count, (left, left + 1), np.full(count // 2, 0.3), LARGEST)
    assert time.perf_counter() - started < 10
    assert len(np.unique(labels)) == count // 2
