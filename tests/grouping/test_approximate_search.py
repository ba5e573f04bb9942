"""An approximate index: its products are exact, its recall is measured, and the same comes out in every run."""

from __future__ import annotations

import numpy as np
import pytest

from clusterer.grouping import search_index
from clusterer.grouping.grid import STEPS, GridVectors, cosine, on_grid
from clusterer.grouping.neighbours import neighbour_pairs
from clusterer.grouping.search_index import SearchIndex, build_search_index

ROWS, DIMENSION, NEIGHBOURS = 6000, 32, 16


@pytest.fixture(scope="module")
def grid() -> GridVectors:
    """Rows around four hundred centres."""
    chance = np.random.default_rng(3)
    centres = chance.normal(size=(400, DIMENSION))
    rows = centres[chance.integers(400, size=ROWS)] + 0.6 * chance.normal(size=(ROWS, DIMENSION))
    return on_grid((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))


@pytest.fixture(scope="module")
def approximate(grid: GridVectors) -> SearchIndex:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_index, "EXACT_UP_TO", 1000)
        return build_search_index(grid, NEIGHBOURS, 0.8)


def test_it_finds_the_share_that_was_asked_for_and_says_so(grid: GridVectors, approximate: SearchIndex) -> None:
    assert approximate.details["kind"].startswith("IVF")
    assert 0.8 <= approximate.recall < 1
    (exact, _), (found, _) = neighbour_pairs(grid, NEIGHBOURS), neighbour_pairs(grid, NEIGHBOURS, approximate)
    shared = len(set(zip(*exact, strict=True)) & set(zip(*found, strict=True)))
    assert shared / len(exact[0]) > 0.75


def test_its_cosines_are_exact(grid: GridVectors, approximate: SearchIndex) -> None:
    (left, right), cosines = neighbour_pairs(grid, NEIGHBOURS, approximate)
    assert np.array_equal(cosines, cosine(grid[left], grid[right]))


def test_it_is_the_same_in_every_run(grid: GridVectors, approximate: SearchIndex, monkeypatch) -> None:
    monkeypatch.setattr(search_index, "EXACT_UP_TO", 1000)
    again = build_search_index(grid, NEIGHBOURS, 0.8)
    assert again.details == approximate.details
    for one, other in zip(approximate.nearest(grid, 5), again.nearest(grid, 5), strict=True):
        assert np.array_equal(one[1], other[1])


def test_what_it_finds_hardly_changes_when_rows_come(grid: GridVectors, monkeypatch) -> None:
    """Its lists are trained once, on nearly the same rows, and its codes on none. With lists trained longer and codes
    trained on rows .87 of what is found would stay, with training on other rows two thirds.
    """
    monkeypatch.setattr(search_index, "EXACT_UP_TO", 1000)
    monkeypatch.setattr(search_index, "FEWEST_PROBES", 1)
    old = np.flatnonzero(np.random.default_rng(5).random(ROWS) < 0.99)
    before, after = build_search_index(grid[old], NEIGHBOURS, 0.3), build_search_index(grid, NEIGHBOURS, 0.3)
    queries = grid[old[::5]].astype(np.float32)
    was, now = old[before.index.search(queries, NEIGHBOURS)[1]], after.index.search(queries, NEIGHBOURS)[1]
    shares = [len(np.intersect1d(*rows)) / np.isin(rows[1], old).sum() for rows in zip(was, now, strict=True)]
    assert np.mean(shares) > 0.9


def test_vectors_of_an_odd_dimension_are_found_too(grid: GridVectors, monkeypatch) -> None:
    monkeypatch.setattr(search_index, "EXACT_UP_TO", 1000)
    odd = np.ascontiguousarray(grid[:, :-1])
    index = build_search_index(odd, NEIGHBOURS, 0.8)
    assert 0.8 <= index.recall < 1
    (exact, _), (found, _) = neighbour_pairs(odd, NEIGHBOURS), neighbour_pairs(odd, NEIGHBOURS, index)
    assert len(set(zip(*exact, strict=True)) & set(zip(*found, strict=True))) / len(exact[0]) > 0.75


def test_a_dimension_in_which_all_are_the_same_does_no_harm(grid: GridVectors, monkeypatch) -> None:
    monkeypatch.setattr(search_index, "EXACT_UP_TO", 1000)
    flat = grid.copy()
    flat[:, :3] = 7
    assert build_search_index(flat, NEIGHBOURS, 0.8).recall >= 0.8


def test_what_it_looks_at_is_no_more_than_is_needed(grid: GridVectors, monkeypatch) -> None:
    monkeypatch.setattr(search_index, "EXACT_UP_TO", 1000)
    probes, candidates = [], []
    for recall in (0.3, 0.9, 0.97):
        index = build_search_index(grid, NEIGHBOURS, recall)
        assert index.recall >= recall
        probes.append(index.probes)
        candidates.append(index.index.k_factor)
    assert probes[0] == search_index.FEWEST_PROBES
    assert probes == sorted(probes)
    assert candidates == sorted(candidates)
    assert (probes[-1], candidates[-1]) > (probes[0], candidates[0])


def test_a_recall_that_cannot_be_kept_is_told(grid: GridVectors, monkeypatch) -> None:
    """What the codes do not propose cannot be found."""
    monkeypatch.setattr(search_index, "EXACT_UP_TO", 1000)
    monkeypatch.setattr(search_index, "MOST_CANDIDATES_OF_A_NEIGHBOUR", 3)
    short = build_search_index(grid, NEIGHBOURS, 0.9999)
    assert short.recall < 0.9999
    assert short.probes == int(short.kind.removeprefix("IVF").split(",")[0])


@pytest.mark.parametrize("recall", [0.5, 1.0])
def test_few_rows_and_a_recall_of_one_are_searched_exactly(grid: GridVectors, recall: float, monkeypatch) -> None:
    monkeypatch.setattr(search_index, "EXACT_UP_TO", ROWS if recall < 1 else 10)
    exact = build_search_index(grid, NEIGHBOURS, recall)
    assert (exact.kind, exact.recall, exact.probes) == ("Flat", 1.0, None)


def test_float16_holds_every_grid_vector() -> None:
    rows = np.linspace(-1, 1, 8 * STEPS, dtype=np.float32)[:, None]
    grid = on_grid(rows)
    assert np.array_equal(grid.astype(np.float16).astype(np.int16), grid)
    assert np.abs(grid / STEPS - rows).max() <= 1.5 / STEPS
