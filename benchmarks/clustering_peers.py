"""Peers that cluster vectors, each in its usual way and over a small grid: run by `benchmarks.peers` in an environment
that has them.

    python clustering_peers.py METHOD VECTORS.npy LABELS.npz [usual]

VECTORS.npy holds unit vectors, float32 [n, d]. LABELS.npz takes, for each setting in turn, an array of labels, int [n],
in which -1 is noise, under the setting's name, and the seconds of all under `seconds`. With `usual` there is the usual
setting alone, its seconds less those of the imports. It is a program of its own: it
imports nothing of this project.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

NEIGHBOURS = 32
SEED = 0
FEW = 300
Labels = Iterator[tuple[str, Any]]


def main() -> None:
    """Run one method."""
    method, vectors_file, labels_file, *usual = sys.argv[1:]
    vectors = np.load(vectors_file, allow_pickle=False)
    if usual:  # imports and compilation are not counted
        next(METHODS[method](vectors[:FEW]))
    started = time.perf_counter()
    found = {name: np.asarray(labels) for name, labels in islice(METHODS[method](vectors), 1 if usual else None)}
    seconds = time.perf_counter() - started
    np.savez(Path(labels_file), allow_pickle=False, seconds=np.array(seconds), **found)


def _hdbscan(vectors: Any) -> Labels:
    import hdbscan

    for size in (5, 2, 3, 10):
        for selection in ("eom", "leaf"):
            model = hdbscan.HDBSCAN(min_cluster_size=size, cluster_selection_method=selection)
            yield f"min_cluster_size {size}, {selection}", model.fit_predict(vectors.astype(np.float64))


def _fast_hdbscan(vectors: Any) -> Labels:
    from fast_hdbscan import HDBSCAN

    for size in (5, 2, 3, 10):
        yield f"min_cluster_size {size}", HDBSCAN(min_cluster_size=size).fit_predict(vectors)


def _neighbour_graph(vectors: Any) -> Labels:
    """fast_hdbscan on a graph of nearest neighbours, in place of its kd-tree."""
    from fast_hdbscan import HDBSCAN
    from sklearn.neighbors import kneighbors_graph

    graph = kneighbors_graph(vectors, NEIGHBOURS, mode="distance", n_jobs=-1)
    yield "min_cluster_size 5", HDBSCAN(min_cluster_size=5, metric="precomputed").fit_predict(graph.maximum(graph.T))


def _sklearn(vectors: Any) -> Labels:
    from sklearn.cluster import HDBSCAN

    yield "min_cluster_size 5", HDBSCAN(min_cluster_size=5, copy=False, n_jobs=-1).fit_predict(vectors)


def _plscan(vectors: Any) -> Labels:
    from fast_hdbscan import PLSCAN

    yield "defaults", PLSCAN().fit_predict(vectors)


def _bertopic(vectors: Any) -> Labels:
    """BERTopic's clusters are those of UMAP and HDBSCAN with its settings; its topic words have no part in them."""
    import hdbscan
    import umap

    reducer = umap.UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=SEED)
    reduced = reducer.fit_transform(vectors)
    for size in (10, 2, 3, 5):
        model = hdbscan.HDBSCAN(min_cluster_size=size, metric="euclidean", cluster_selection_method="eom")
        yield f"min_topic_size {size}", model.fit_predict(reduced.astype(np.float64))


def _community_detection(vectors: Any) -> Labels:
    import torch
    from sentence_transformers.util import community_detection

    for threshold in (0.75, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        labels = np.full(len(vectors), -1)
        found = community_detection(torch.from_numpy(vectors), threshold=threshold, min_community_size=2)
        for number, members in enumerate(found):
            labels[members] = number
        yield f"threshold {threshold}", labels


def _evoc(vectors: Any) -> Labels:
    from evoc import EVoC

    model = EVoC(random_state=SEED)
    yield "defaults", model.fit_predict(vectors)
    for number, layer in enumerate(model.cluster_layers_):
        yield f"layer {number}", layer


def _leiden(vectors: Any) -> Labels:
    import igraph
    import leidenalg

    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -1)
    near = np.argpartition(-similarity, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    left = np.repeat(np.arange(len(vectors)), NEIGHBOURS)
    right = near.ravel()
    pairs = np.unique(np.sort(np.stack([left, right], axis=1), axis=1), axis=0)
    weights = np.maximum(similarity[pairs[:, 0], pairs[:, 1]], 0).astype(float)
    graph = igraph.Graph(n=len(vectors), edges=pairs.tolist())
    modularity, potts = leidenalg.RBConfigurationVertexPartition, leidenalg.CPMVertexPartition
    settings = [("modularity", modularity, resolution) for resolution in (1.0, 3.0, 10.0, 30.0, 100.0)]
    settings += [("CPM", potts, resolution) for resolution in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)]
    for name, kind, resolution in settings:
        found = leidenalg.find_partition(
            graph, kind, weights=weights.tolist(), resolution_parameter=resolution, seed=SEED, n_iterations=2
        )
        yield f"{name}, resolution {resolution}", np.array(found.membership)


def _agglomerative(vectors: Any) -> Labels:
    from scipy.cluster.hierarchy import fcluster, linkage

    tree = linkage(vectors.astype(np.float64), method="average", metric="cosine")
    for distance in np.arange(0.15, 0.96, 0.05):
        yield f"distance {distance:.2f}", fcluster(tree, distance, criterion="distance")


METHODS: dict[str, Callable[[Any], Labels]] = {
    "hdbscan": _hdbscan,
    "fast_hdbscan": _fast_hdbscan,
    "fast_hdbscan, neighbour graph": _neighbour_graph,
    "fast_hdbscan PLSCAN": _plscan,
    "scikit-learn HDBSCAN": _sklearn,
    "BERTopic (UMAP + HDBSCAN)": _bertopic,
    "community_detection": _community_detection,
    "EVoC": _evoc,
    "Leiden": _leiden,
    "agglomerative, average linkage": _agglomerative,
}


if __name__ == "__main__":
    main()
