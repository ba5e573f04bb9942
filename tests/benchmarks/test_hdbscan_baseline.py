from __future__ import annotations

import numpy as np

from benchmarks.hdbscan_baseline import hdbscan_labels, noise_apart, run_baseline


def blobs() -> np.ndarray:
    """Two dense groups of 12, and 4 vectors far from all."""
    chance = np.random.default_rng(0)
    groups = [centre + 0.01 * chance.normal(size=(12, 8)) for centre in np.eye(8)[:2]]
    return np.concatenate([*groups, 5 * np.eye(8)[4:]]).astype(np.float32)


def test_groups_are_found_and_noise_stands_alone() -> None:
    labels = hdbscan_labels(blobs())
    assert len(set(labels[:12])) == len(set(labels[12:24])) == 1
    assert len(set(labels)) == 6
    assert labels.dtype == np.int64


def test_it_is_timed_and_the_noise_counted() -> None:
    found = run_baseline(blobs())
    assert found.noise == 4
    assert found.seconds > 0


def test_too_few_vectors_for_a_cluster_are_all_alone() -> None:
    for count in range(7):
        labels = hdbscan_labels(blobs()[:count])
        assert len(labels) == count
        assert count == 6 or len(set(labels)) == count


def test_noise_gets_labels_that_are_not_taken() -> None:
    assert noise_apart(np.array([1, -1, 0, -1, 1])).tolist() == [1, 2, 0, 3, 1]
    assert noise_apart(np.array([], dtype=np.int64)).tolist() == []
    assert noise_apart(np.array([-1, -1])).tolist() == [0, 1]
