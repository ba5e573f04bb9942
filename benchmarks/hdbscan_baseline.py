"""The peer to beat: `hdbscan` as it comes, on the same vectors."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Baseline:
    """Labels, int64 [n], an article of the noise alone in its story; how many were noise; and the seconds it took."""

    labels: Labels
    noise: int
    seconds: float


def hdbscan_labels(vectors: Vectors, min_cluster_size: int = 5) -> Labels:
    """The clusters of `hdbscan.HDBSCAN(min_cluster_size)` with all else at its defaults, int64 [n].

    Noise becomes clusters of one, as an article alone is a story of one. Vectors are [n, d], compared by Euclidean
    distance, which orders unit vectors as their cosine does.
    """
    return run_baseline(vectors, min_cluster_size).labels


def run_baseline(vectors: Vectors, min_cluster_size: int = 5) -> Baseline:
    """Clusters the vectors and times it; the import is not counted."""
    import hdbscan

    # HDBSCAN asks for min_samples, which defaults to min_cluster_size, neighbours beside each point.
    if len(vectors) <= min_cluster_size:
        return Baseline(np.arange(len(vectors), dtype=np.int64), noise=len(vectors), seconds=0.0)
    start = time.perf_counter()
    found = hdbscan.HDBSCAN(min_cluster_size=min_cluster_size).fit(vectors).labels_
    seconds = time.perf_counter() - start
    return Baseline(noise_apart(found), noise=int((found < 0).sum()), seconds=seconds)


def noise_apart(labels: npt.NDArray[np.integer]) -> Labels:
    """Labels [n] in which each item labelled -1 has a label of its own, after those that are taken."""
    apart = labels.astype(np.int64)
    noise = np.flatnonzero(apart < 0)
    apart[noise] = apart.max(initial=-1) + 1 + np.arange(len(noise))
    return apart
