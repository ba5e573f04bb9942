from __future__ import annotations

import numpy as np
import pytest

from clusterer.evaluation import retrieval
from clusterer.evaluation.retrieval import top1_accuracy


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
