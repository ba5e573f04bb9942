from __future__ import annotations

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.encoding.constants import unit_rows
from clusterer.grouping.grid import LARGEST_DIMENSION, STEPS, cosine, on_grid

seeds = st.integers(0, 2**32 - 1)
dimensions = st.integers(1, 1024)


def unit_vectors(seed: int, count: int, dimension: int) -> np.ndarray:
    """Rows of all kinds: dense, sparse, of one sign, with one large component."""
    chance = np.random.default_rng(seed)
    rows = chance.normal(size=(count, dimension)) * (chance.random((count, dimension)) < chance.random((count, 1)))
    rows[::3] = np.abs(rows[::3])
    rows[1::4, 0] += 10
    return unit_rows(rows.astype(np.float32))


@settings(deadline=None, max_examples=40)
@given(seeds, dimensions)
def test_inner_products_are_the_same_whole_numbers_however_they_are_summed(seed: int, dimension: int) -> None:
    count = 40
    grid = on_grid(unit_vectors(seed, count, dimension))
    whole = grid.astype(np.int64)
    exact = whole @ whole.T
    assert np.array_equal(grid, whole)
    assert np.abs(exact).max() < 2**24

    order = np.random.default_rng(seed).permutation(dimension)
    values = grid.astype(np.float32)
    shuffled = np.ascontiguousarray(values[:, order])
    assert np.array_equal(values @ values.T, exact)
    assert np.array_equal(shuffled @ shuffled.T, exact)
    assert np.array_equal(np.einsum("id,jd->ij", values, values), exact)
    assert np.array_equal(np.cumsum(values[0] * values[1], dtype=np.float32)[-1], exact[0, 1])
    left, right = np.triu_indices(count)
    assert np.array_equal(np.rint(cosine(grid[left], grid[right]) * STEPS**2), exact[left, right])


@settings(deadline=None, max_examples=20)
@given(seeds, dimensions, st.sampled_from([1, 7, 19, 20, 64]))
def test_faiss_finds_the_same_whole_numbers_in_calls_of_any_size(seed: int, dimension: int, size: int) -> None:
    count = 64
    grid = on_grid(unit_vectors(seed, count, dimension))
    exact = grid.astype(np.int64) @ grid.astype(np.int64).T
    index = faiss.IndexFlatIP(dimension)
    values = grid.astype(np.float32)
    index.add(values)
    for start in range(0, count, size):
        scores, found = index.search(values[start : start + size], count)
        assert np.array_equal(scores, np.take_along_axis(exact[start : start + size], found, axis=1))


@settings(deadline=None)
@given(seeds, dimensions)
def test_rounding_moves_a_cosine_by_little(seed: int, dimension: int) -> None:
    unit = unit_vectors(seed, 20, dimension)
    left, right = np.triu_indices(20)
    grid = on_grid(unit)
    true = np.einsum("id,id->i", unit[left].astype(np.float64), unit[right].astype(np.float64))
    # Each component is wrong by half a step at most, independently of the others.
    assert np.abs(cosine(grid[left], grid[right]) - true).max() < 6 / STEPS


def test_a_row_of_zeros_stays_one() -> None:
    grid = on_grid(np.zeros((2, 8), dtype=np.float32))
    assert not grid.any()
    assert cosine(grid[:1], grid[1:]).tolist() == [0.0]


def test_a_unit_vector_has_itself_as_its_nearest() -> None:
    grid = on_grid(unit_vectors(3, 50, 256)[2::4])
    assert np.allclose(cosine(grid, grid), 1, atol=2e-3)


def test_the_worst_vectors_of_the_largest_dimension_are_exact() -> None:
    """All components half a step over a whole number, rounded up: the longest rows there can be."""
    steps = np.full(LARGEST_DIMENSION, STEPS / np.sqrt(LARGEST_DIMENSION))
    assert steps[0] == 62.5
    grid = np.ceil(steps)[None].astype(np.float32)
    assert float((grid.astype(np.float64) ** 2).sum()) < 2**24
    with pytest.raises(AssertionError, match="longer vectors"):
        on_grid(np.zeros((1, LARGEST_DIMENSION + 1), dtype=np.float32))
