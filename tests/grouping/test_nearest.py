from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.grouping import nearest as nearest_module
from clusterer.grouping.compared import Compared
from clusterer.grouping.nearest import (
    FEWEST_NEAREST,
    MOST_NEAREST,
    NONE,
    NearestInGroups,
    nearest_families,
)
from clusterer.grouping.neighbours import all_pairs

seeds = st.integers(0, 2**32 - 1)
counts = st.integers(1, 25)


def chance_edges(seed: int, count: int, steps: int = 6) -> Compared:
    """Some of all pairs, many of which are equally near."""
    generator = np.random.default_rng(seed)
    left, right = all_pairs(count)
    edges = Compared((left, right), generator.integers(0, steps, len(left)) / steps)
    return edges.chosen(generator.random(len(left)) < 0.6)


def of_groups(count: int, edges: Compared, labels: np.ndarray, groups: int) -> NearestInGroups:
    return NearestInGroups.of(nearest_families(count, edges), labels, np.arange(count), groups)


@given(seeds, counts, st.integers(1, 40))
def test_the_nearest_come_first_and_of_equally_near_ones_the_first(seed: int, count: int, at_once: int) -> None:
    edges = chance_edges(seed, count)
    near: list[list[tuple[float, int]]] = [[] for _ in range(count)]
    for one, other, evidence in zip(*(side.tolist() for side in edges.pairs), edges.evidence.tolist(), strict=True):
        near[one].append((-evidence, other))
        near[other].append((-evidence, one))
    wanted = [([family for _, family in sorted(row)] + [NONE] * MOST_NEAREST)[:MOST_NEAREST] for row in near]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest_module, "EDGES_AT_ONCE", at_once)
        assert nearest_families(count, edges).tolist() == wanted


@given(seeds, counts)
def test_no_order_of_the_edges_changes_what_is_nearest(seed: int, count: int) -> None:
    edges = chance_edges(seed, count)
    order = np.random.default_rng(seed).permutation(len(edges.evidence))
    shuffled = Compared((edges.pairs[0][order], edges.pairs[1][order]), edges.evidence[order])
    assert np.array_equal(nearest_families(count, edges), nearest_families(count, shuffled))


@given(seeds, counts, st.integers(1, 5))
def test_mixing_is_what_is_across_for_what_chance_would_give(seed: int, count: int, groups: int) -> None:
    labels = np.random.default_rng(seed).integers(0, groups, count)
    edges = chance_edges(seed, count)
    nearest = nearest_families(count, edges)
    sizes = np.bincount(labels, minlength=groups)
    left, right = all_pairs(groups)
    several = (sizes[left] > 0) & (sizes[right] > 0)
    left, right = left[several], right[several]
    found = of_groups(count, edges, labels, groups).mixing(sizes, left, right)
    for place, (one, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        most = min(max(max(sizes[one], sizes[other]) - 1, FEWEST_NEAREST), MOST_NEAREST)
        members = np.flatnonzero((labels == one) | (labels == other))
        inside = [
            (labels[family], labels[near])
            for family in members
            for near in nearest[family, :most]
            if near != NONE and labels[near] in (one, other)
        ]
        pairs = all_pairs(len(members))
        by_chance = np.mean(labels[members[pairs[0]]] != labels[members[pairs[1]]])
        wanted = np.mean([a != b for a, b in inside]) / by_chance if inside else 1
        assert np.isclose(found[place], wanted)
    assert np.array_equal(found, of_groups(count, edges, labels, groups).mixing(sizes, right, left))


@given(seeds, counts, st.integers(1, 6))
def test_groups_that_are_put_together_or_let_go_are_as_if_they_had_been_so(seed: int, count: int, groups: int) -> None:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, groups, count)
    edges = chance_edges(seed, count)
    nearest = nearest_families(count, edges)
    target = generator.integers(-1, groups, groups)
    found = of_groups(count, edges, labels, groups).mapped(target, groups)
    kept = np.flatnonzero(target[labels] != NONE)
    wanted = NearestInGroups.of(nearest, target[labels[kept]], kept, groups)
    assert found.groups == wanted.groups
    assert np.array_equal(found.keys, wanted.keys)
    assert np.array_equal(found.counts, wanted.counts)


def two_events(mixed: bool) -> tuple[NearestInGroups, np.ndarray]:
    """Two groups of eight of which each family is nearest to those beside it: of its own, or of either in turn."""
    count = 16
    left, right = all_pairs(count)
    edges = Compared((left, right), 1 / (right - left))
    labels = np.arange(count) % 2 if mixed else np.arange(count) // 8
    return of_groups(count, edges, labels, 2), np.bincount(labels)


def test_two_events_are_hardly_mixed_and_the_parts_of_one_as_much_as_by_chance() -> None:
    one, other = np.array([0]), np.array([1])
    apart, together = (groups.mixing(sizes, one, other)[0] for groups, sizes in (two_events(False), two_events(True)))
    assert apart < 0.3
    assert together > 0.9


@settings(deadline=None, max_examples=20)
@given(seeds)
def test_groups_by_chance_are_mixed_evenly(seed: int) -> None:
    count = 400
    labels = np.random.default_rng(seed).integers(0, 2, count)
    groups = of_groups(count, chance_edges(seed, count, steps=1 << 40), labels, 2)
    assert 0.85 < groups.mixing(np.bincount(labels), np.array([0]), np.array([1]))[0] < 1.15


def test_where_nothing_is_known_to_be_near_groups_are_mixed_evenly() -> None:
    none = np.zeros(0, dtype=np.intp)
    labels = np.array([0, 0, 1, 1])
    one, other = np.array([0]), np.array([1])
    unknown = NearestInGroups.of(None, labels, np.arange(4), 2)
    for groups in (unknown, of_groups(4, Compared((none, none), np.zeros(0)), labels, 2)):
        assert groups.mixing(np.bincount(labels), one, other).tolist() == [1]
        assert groups.mapped(np.array([0, 0]), 1).keys.tolist() == []
