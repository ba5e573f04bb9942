"""How often the nearest text is the right one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

_BLOCK_BYTES = 64 * 2**20

Vectors = npt.NDArray[np.float32]


def top1_accuracy(queries: Vectors, targets: Vectors, right: npt.NDArray[np.intp] | None = None) -> float:
    """The share of queries whose nearest target, by inner product, is the right one: of query i target `right[i]`,
    without `right` target i.

    Queries are float32 [n, d], targets float32 [m, d]. A query counts 1/k where the right target is one of k nearest
    ones, so that an encoder that gives all texts one vector scores chance. Work is done in blocks of about 64 MB.
    Raises ValueError where the shapes do not fit or there is no query.
    """
    if queries.ndim != 2 or targets.ndim != 2 or queries.shape[1] != targets.shape[1]:
        raise ValueError(f"queries are {queries.shape}, but targets {targets.shape}")
    if right is None and len(queries) != len(targets):
        raise ValueError(f"{len(queries)} queries, but {len(targets)} targets")
    if not len(queries):
        raise ValueError("there are no queries")
    wanted = np.arange(len(queries)) if right is None else right
    return sum(_right_answers(products, wanted[rows]) for rows, products in _blocks(queries, targets)) / len(queries)


def nearest_targets(queries: Vectors, targets: Vectors) -> npt.NDArray[np.intp]:
    """The nearest target of each query by inner product, int [n], the first of equals; in blocks of about 64 MB."""
    found = [np.argmax(products, axis=1) for _, products in _blocks(queries, targets)]
    return np.concatenate([np.zeros(0, dtype=np.intp), *found])


def _blocks(queries: Vectors, targets: Vectors) -> Iterator[tuple[slice, Vectors]]:
    rows = max(1, _BLOCK_BYTES // (4 * max(1, len(targets))))
    for start in range(0, len(queries), rows):
        block = slice(start, start + rows)
        yield block, queries[block] @ targets.T


def _right_answers(products: Vectors, right: npt.NDArray[np.intp]) -> float:
    """How many queries of a block find their target."""
    own = products[np.arange(len(products)), right][:, None]
    beaten = (products > own).any(axis=1)
    ties = (products == own).sum(axis=1)
    return float((1 / ties[~beaten]).sum())
