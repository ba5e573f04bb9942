from __future__ import annotations

import numpy as np
import pytest

from clusterer.evaluation import retrieval
from clusterer.evaluation.retrieval import nearest_targets, top1_accuracy


def unit(rows: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, 16)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_noise_costs_the_queries_that_it_leads_astray() -> None:
    targets = unit(200, seed=1)
    queries = targets + 1.2 * unit(200, seed=2)
    expected = np.mean([np.argmax(targets @ query) == row for row, query in enumerate(queries)])
    assert 0.5 < expected < 1
    assert top1_accuracy(queries, targets) == pytest.approx(expected)
    assert top1_accuracy(targets, targets) == 1.0


def test_blocks_do_not_change_the_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = unit(101, seed=1)
    queries = targets + 0.6 * unit(101, seed=2)
    whole = top1_accuracy(queries, targets)
    monkeypatch.setattr(retrieval, "_BLOCK_BYTES", 4 * 101 * 7)
    assert top1_accuracy(queries, targets) == pytest.approx(whole)


def test_one_vector_for_all_scores_chance() -> None:
    same = np.ones((8, 4), dtype=np.float32)
    assert top1_accuracy(same, same) == pytest.approx(1 / 8)
    assert top1_accuracy(np.zeros_like(same), same) == pytest.approx(1 / 8)


@pytest.mark.parametrize(("queries", "targets"), [((0, 4), (0, 4)), ((2, 4), (3, 4)), ((4,), (4,))])
def test_shapes_that_do_not_fit_are_refused(queries: tuple[int, ...], targets: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="queries"):
        top1_accuracy(np.zeros(queries, dtype=np.float32), np.zeros(targets, dtype=np.float32))


def test_the_right_target_need_not_be_in_the_same_row() -> None:
    targets = unit(60, seed=1)
    order = np.random.default_rng(3).permutation(60)[:40]
    queries = targets[order] + 0.3 * unit(40, seed=2)
    assert top1_accuracy(queries, targets, order) == pytest.approx(np.mean(nearest_targets(queries, targets) == order))
    assert top1_accuracy(targets[order], targets, order) == 1.0
    assert top1_accuracy(targets[:1], targets, np.array([1])) == 0.0


def test_the_nearest_target_is_found_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    queries, targets = unit(50, seed=4), unit(30, seed=5)
    whole = nearest_targets(queries, targets)
    assert whole.tolist() == [int(np.argmax(targets @ query)) for query in queries]
    monkeypatch.setattr(retrieval, "_BLOCK_BYTES", 4 * 30 * 7)
    assert np.array_equal(nearest_targets(queries, targets), whole)
    assert len(nearest_targets(queries[:0], targets)) == 0
