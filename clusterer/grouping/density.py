"""HDBSCAN's groups on a graph: single linkage over its minimum spanning forest, condensed, chosen by excess of mass.

(Campello, Moulavi & Sander 2013, with min_cluster_size 2 and min_samples 1, where mutual reachability is the distance
itself.) The tree code is the hdbscan package's own; its functions are private, so this is the one module that names
them, and tests hold them to what they did.

All components are joined at one distance above every edge, together with a pair of points that are not there. So the
root, which hdbscan never selects, is never a component: one component, two or many, and one that is itself a single
cluster, all go through the same code.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clusterer.grouping.neighbours import Pairs

LEAST_DISTANCE = 1e-3
MIN_CLUSTER_SIZE = 2


def density_groups(
    count: int, pairs: Pairs, distance: npt.NDArray[np.float64], largest_distance: float
) -> npt.NDArray[np.intp]:
    """The group of each of `count` points, from 0; a point in no group is -1.

    `distance` of each pair is below `largest_distance`, at which components are born. Pairs come in ascending order,
    which settles ties; points are numbered in an order that no input order influences.
    """
    from hdbscan._hdbscan_linkage import label
    from hdbscan._hdbscan_tree import compute_stability, condense_tree, get_clusters

    if not len(distance):
        return np.full(count, -1, dtype=np.intp)
    left, right, weights = _spanning_forest(count, pairs, np.maximum(distance, LEAST_DISTANCE))
    joins = _joins(count, left, right)
    edges = np.vstack(
        [
            np.column_stack([left, right, weights]),
            [[count, count + 1, LEAST_DISTANCE]],
            np.column_stack([*joins, np.full(len(joins[0]), largest_distance)]),
        ]
    )
    order = np.argsort(edges[:, 2], kind="stable")
    condensed = condense_tree(label(np.ascontiguousarray(edges[order])), MIN_CLUSTER_SIZE)
    labels = get_clusters(condensed, compute_stability(condensed), "eom", False, False, 0.0, 0)[0]
    return np.asarray(labels[:count], dtype=np.intp)


def _spanning_forest(
    count: int, pairs: Pairs, distance: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Edges of the minimum spanning forest, by distance, then by their points."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import minimum_spanning_tree

    left, right = pairs
    # Ranks instead of distances: no two edges tie, so there is one forest, and it is the same in every run.
    rank = np.empty(len(distance), dtype=np.float64)
    order = np.lexsort((right, left, distance))
    rank[order] = np.arange(1, len(distance) + 1)
    tree = minimum_spanning_tree(coo_matrix((rank, (left, right)), shape=(count, count)).tocsr())
    kept = order[np.sort(tree.data.astype(np.int64)) - 1]
    return left[kept], right[kept], distance[kept]


def _joins(count: int, left: npt.NDArray[np.intp], right: npt.NDArray[np.intp]) -> Pairs:
    """Pairs of points that join each component to the next, the pair that is not there being the last."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    component = connected_components(graph, directed=False)[1]
    first = np.unique(component, return_index=True)[1]
    firsts = np.append(np.sort(first), count)
    # Each to the next: joining all to one makes hdbscan's union-find walk an ever longer path.
    return firsts[:-1], firsts[1:]
