from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.grouping.grid import cosine, on_grid
from clusterer.grouping.neighbours import all_pairs, distinct_pairs, neighbour_pairs
from tests.grouping.features_of_chance import chance_features


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(1, 8))
def test_pairs_are_those_of_the_nearest(seed: int, count: int, neighbours: int) -> None:
    grid = chance_features(seed, count).dense
    scores = grid.astype(np.int64) @ grid.astype(np.int64).T
    np.fill_diagonal(scores, np.iinfo(np.int64).max)
    wanted = min(neighbours, count - 1)
    if any(len(np.unique(row)) < count for row in scores):
        return  # a tie may be settled either way
    expected = {tuple(sorted((i, int(j)))) for i in range(count) for j in np.argsort(-scores[i])[1 : wanted + 1]}
    (left, right), cosines = neighbour_pairs(grid, neighbours)
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == sorted(expected)
    assert np.array_equal(cosines, cosine(grid[left], grid[right]))


@pytest.mark.parametrize("count", [0, 1])
def test_who_is_alone_has_no_neighbour(count: int) -> None:
    (left, right), cosines = neighbour_pairs(np.zeros((count, 8), dtype=np.float32), 32)
    assert len(left) == len(right) == len(cosines) == 0


def test_all_are_neighbours_where_more_are_wanted_than_there_are() -> None:
    grid = chance_features(5, 9).dense
    (found, _), every = neighbour_pairs(grid, 32), all_pairs(9)
    assert np.array_equal(found[0], every[0])
    assert np.array_equal(found[1], every[1])


def test_more_equal_rows_than_neighbours_are_wanted() -> None:
    grid = on_grid(np.tile(np.array([[0.6, 0.8]], dtype=np.float32), (50, 1)))
    (left, right), cosines = neighbour_pairs(grid, 4)
    assert (left < right).all()
    assert np.array_equal(cosines, cosine(grid[left], grid[right]))
    assert set(np.concatenate([left, right])) == set(range(50))


pairs_of_numbers = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)))


@given(pairs_of_numbers)
def test_each_pair_of_different_rows_is_there_once_and_in_order(pairs: list[tuple[int, int]]) -> None:
    different = [pair for pair in pairs if pair[0] != pair[1]]
    left, right = (np.array([pair[side] for pair in different], dtype=np.intp) for side in (0, 1))
    found = distinct_pairs((left, right), 10)
    expected = sorted({(min(pair), max(pair)) for pair in different})
    assert list(zip(found[0].tolist(), found[1].tolist(), strict=True)) == expected
