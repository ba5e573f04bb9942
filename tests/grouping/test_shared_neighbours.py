from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.grouping.compared import Compared
from clusterer.grouping.evidence import DECIMALS, neighbour_evidence, pair_evidence
from clusterer.grouping.neighbours import all_pairs
from clusterer.grouping.partition import edges_among
from clusterer.grouping.row_products import row_products
from clusterer.grouping.shared_neighbours import OWN, POWER, neighbour_rows, with_neighbours
from tests.grouping.features_of_chance import chance_features

FLOOR = 0.24
seeds = st.integers(0, 2**32 - 1)
counts = st.integers(0, 40)


def edges_of_chance(seed: int, count: int) -> Compared:
    """Some of all pairs, with evidence over the floor."""
    chance = np.random.default_rng(seed)
    left, right = all_pairs(count)
    some = chance.random(len(left)) < 0.3
    return Compared((left[some], right[some]), FLOOR + 0.01 + 0.7 * chance.random(int(some.sum())))


def cosine(edges: Compared, count: int, one: int, other: int) -> float:
    rows = neighbour_rows(count, edges, FLOOR)
    return float(row_products(rows, np.array([one]), np.array([other]))[0])


def event(members: list[int], evidence: float) -> dict[tuple[int, int], float]:
    """Each two of these with the same evidence."""
    return dict.fromkeys(combinations(members, 2), evidence)


def edges_of(pairs: dict[tuple[int, int], float]) -> Compared:
    left, right = np.array(sorted(pairs), dtype=np.intp).T
    return Compared((left, right), np.array([pairs[pair] for pair in sorted(pairs)]))


@settings(deadline=None, max_examples=40)
@given(seeds, counts)
def test_a_row_is_how_near_a_family_is_to_which(seed: int, count: int) -> None:
    edges = edges_of_chance(seed, count)
    near = np.eye(count) * OWN**POWER
    near[edges.pairs] = (edges.evidence - FLOOR) ** POWER
    near[edges.pairs[::-1]] = near[edges.pairs]
    near /= np.maximum(np.linalg.norm(near, axis=1, keepdims=True), 1e-12)
    found = neighbour_rows(count, edges, FLOOR)
    assert found.dtype == np.float32
    assert found.has_sorted_indices
    assert np.abs(found.toarray() - near).max(initial=0) < 1e-6


@settings(deadline=None, max_examples=40)
@given(seeds, counts)
def test_edges_have_the_evidence_that_the_families_have_then(seed: int, count: int) -> None:
    features = chance_features(seed, count)
    edges = edges_among(features, all_pairs(count), floor=FLOOR)
    known, found = with_neighbours(features, edges, FLOOR)
    evidence = pair_evidence(known, *edges.pairs)
    assert np.abs(pair_evidence(known, *found.pairs) - found.evidence).max(initial=0) <= 2 * 10.0**-DECIMALS
    assert (found.evidence > FLOOR).all()
    assert len(found.evidence) >= np.count_nonzero(evidence > FLOOR + 2 * 10.0**-DECIMALS)
    assert features.neighbours is None


@settings(deadline=None, max_examples=40)
@given(seeds, st.integers(1, 40))
def test_the_order_of_families_has_no_influence(seed: int, count: int) -> None:
    edges, place = edges_of_chance(seed, count), np.random.default_rng(seed).permutation(count)
    left, right = (place[side] for side in edges.pairs)
    moved = Compared((np.minimum(left, right), np.maximum(left, right)), edges.evidence)
    pairs = all_pairs(count)
    found = row_products(neighbour_rows(count, edges, FLOOR), *pairs)
    again = row_products(neighbour_rows(count, moved, FLOOR), place[pairs[0]], place[pairs[1]])
    assert np.abs(found - again).max(initial=0) < 1e-6


def test_two_events_that_one_strong_pair_joins_have_few_neighbours_in_common() -> None:
    edges = edges_of(event([0, 1, 2, 3], 0.6) | event([4, 5, 6, 7], 0.6) | {(3, 4): 0.6})
    within, between = cosine(edges, 8, 0, 1), cosine(edges, 8, 3, 4)
    assert within > 0.9
    assert between < 0.5
    assert cosine(edges, 8, 0, 5) < 0.1


def test_who_hangs_on_a_group_by_a_weak_pair_gains_less_than_who_is_near_all_of_it() -> None:
    group = event([0, 1, 2, 3], 0.6)
    by_one = cosine(edges_of(group | {(3, 4): 0.4}), 5, 3, 4)
    by_all = cosine(edges_of(group | {(member, 4): 0.4 for member in range(4)}), 5, 3, 4)
    assert by_one < by_all


def test_a_family_without_an_edge_has_itself_alone() -> None:
    rows = neighbour_rows(3, edges_of({(0, 1): 0.5}), FLOOR)
    assert rows[2].toarray().tolist() == [[0, 0, 1]]
    assert neighbour_evidence(row_products(rows, np.array([0]), np.array([2])))[0] < 0
