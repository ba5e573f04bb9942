"""HDBSCAN's groups on a graph: single linkage over its minimum spanning forest, condensed, chosen by excess of mass.

(Campello, Moulavi & Sander 2013, with min_cluster_size 2 and min_samples 1, where mutual reachability is the distance
itself.) The tree code is the hdbscan package's own (`hdbscan_tree`).

All components are joined at one distance above every edge, together with a pair of points that are not there. So the
root, which hdbscan never selects, is never a component: one component, two or many, and one that is itself a single
cluster, all go through the same code.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clusterer.grouping.hdbscan_tree import hdbscan_tree
from clusterer.grouping.neighbours import Pairs

LEAST_DISTANCE = 1e-3
# Components that are born at their largest edge would have no excess of mass.
JUST_ABOVE = 1 + 1e-6
MIN_CLUSTER_SIZE = 2
EDGES_AT_ONCE = 1 << 21


def density_groups(
    count: int, pairs: Pairs, distance: npt.NDArray[np.float64], largest_distance: float
) -> npt.NDArray[np.intp]:
    """The group of each of `count` points, any number from 0; a point in no group is -1.

    Each of the `pairs` is there once, as (smaller, larger), in ascending order, its `distance` below
    `largest_distance`, at which components are born. Equal distances are ordered by their points, so points are
    numbered in an order that no input order influences.
    """
    groups = np.full(count, -1, dtype=np.intp)
    left, right, weights = spanning_forest(count, pairs, distance)
    if len(weights):
        # A point without an edge is in no group; among the joins it would fall into the group of another component.
        is_linked = np.zeros(count, dtype=bool)
        is_linked[left] = is_linked[right] = True
        number = np.cumsum(is_linked) - 1
        linked = np.flatnonzero(is_linked)
        groups[linked] = _groups_of_linked(len(linked), (number[left], number[right]), weights, largest_distance)
    return groups


def _groups_of_linked(
    count: int, forest: Pairs, weights: npt.NDArray[np.float64], largest_distance: float
) -> npt.NDArray[np.intp]:
    """The groups of `count` points that have an edge each, of the forest that spans them, its edges by weight."""
    left, right = forest
    joins = _joins(count, left, right)
    birth = max(largest_distance, weights[-1] * JUST_ABOVE)
    edges = np.vstack(
        [
            np.column_stack([left, right, weights]),
            [[count, count + 1, LEAST_DISTANCE]],
            np.column_stack([*joins, np.full(len(joins[0]), birth)]),
        ]
    )
    order = np.argsort(edges[:, 2], kind="stable")
    tree = hdbscan_tree()
    condensed = tree.condense_tree(_single_linkage(edges[order]), MIN_CLUSTER_SIZE)
    labels = tree.get_clusters(condensed, tree.compute_stability(condensed), "eom", False, False, 0.0, 0)[0]
    return np.asarray(labels[:count], dtype=np.intp)


def _single_linkage(edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The single linkage tree of a spanning tree whose edges (point, point, distance) come by distance, in the form of
    scipy's linkage matrix, float64 [n - 1, 4].

    It is what hdbscan's own function for it gives. That one never shortens the paths of its union-find, and takes
    minutes for a million edges; this one halves them (Tarjan & van Leeuwen 1984).
    """
    count = len(edges) + 1
    parent = list(range(2 * count - 1))
    size = [1] * count + [0] * (count - 1)
    tree = edges[:, [0, 1, 2, 2]].copy()
    ends = edges[:, :2].astype(np.intp).tolist()
    for number, two in enumerate(ends):
        joined = count + number
        for side, node in enumerate(two):
            while parent[node] != node:
                parent[node] = node = parent[parent[node]]
            two[side] = node
            parent[node] = joined
            size[joined] += size[node]
    tree[:, :2] = ends
    tree[:, 3] = size[count:]
    return tree


def spanning_forest(
    count: int, pairs: Pairs, distance: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Edges of the minimum spanning forest, by distance, then by their points. The pairs come in ascending order.

    Distances are LEAST_DISTANCE at least. The forest of all edges is that of some and of the forest of the others, so
    that a part of them at a time is enough, and takes a part of the memory.
    """
    forest = np.zeros(0, dtype=np.intp)
    for start in range(0, len(distance), EDGES_AT_ONCE):
        some = np.concatenate([forest, np.arange(start, min(start + EDGES_AT_ONCE, len(distance)))])
        two = pairs[0][some].astype(np.int32), pairs[1][some].astype(np.int32)
        forest = some[_forest(count, two, np.maximum(distance[some], LEAST_DISTANCE))]
    weights = np.maximum(distance[forest], LEAST_DISTANCE)
    order = np.argsort(weights, kind="stable")
    return pairs[0][forest[order]], pairs[1][forest[order]], weights[order]


def _forest(
    count: int, pairs: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]], distance: npt.NDArray[np.float64]
) -> npt.NDArray[np.intp]:
    """Which of the edges are in the minimum spanning forest, ascending."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import minimum_spanning_tree

    # Ranks instead of distances: no two edges tie, so there is one forest, and it is the same in every run.
    rank = np.empty(len(distance), dtype=np.float64)
    order = np.argsort(distance, kind="stable")
    rank[order] = np.arange(1, len(distance) + 1)
    graph = coo_matrix((rank, pairs), shape=(count, count)).tocsr()
    tree = minimum_spanning_tree(graph, overwrite=True)
    chosen: npt.NDArray[np.intp] = np.sort(order[tree.data.astype(np.int64) - 1])
    return chosen


def _joins(count: int, left: npt.NDArray[np.intp], right: npt.NDArray[np.intp]) -> Pairs:
    """Pairs of points that join each component to the next, the pair that is not there being the last."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    component = connected_components(graph, directed=False)[1]
    first = np.unique(component, return_index=True)[1]
    firsts = np.append(np.sort(first), count)
    return firsts[:-1], firsts[1:]
