"""How often the nearest text is the right one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_BLOCK_BYTES = 64 * 2**20


def top1_accuracy(queries: npt.NDArray[np.float32], targets: npt.NDArray[np.float32]) -> float:
    """The share of queries whose nearest target, by inner product, is the one in their own row.

    Both are float32 [n, d]. A query counts 1/k where the right target is one of k nearest ones, so that an encoder that
    gives all texts one vector scores chance. Work is done in blocks of about 64 MB. Raises ValueError where the shapes
    differ or there is no row.
    """
    if queries.shape != targets.shape or queries.ndim != 2:
        raise ValueError(f"queries are {queries.shape}, but targets {targets.shape}")
    if not len(queries):
        raise ValueError("there are no queries")
    rows = max(1, _BLOCK_BYTES // (4 * len(targets)))
    return sum(_right_answers(queries[at : at + rows], targets, at) for at in range(0, len(queries), rows)) / len(
        queries
    )


def _right_answers(block: npt.NDArray[np.float32], targets: npt.NDArray[np.float32], start: int) -> float:
    """How many queries of the block, whose first is row `start` of all, find their target."""
    products = block @ targets.T
    own = products[np.arange(len(block)), start + np.arange(len(block))][:, None]
    beaten = (products > own).any(axis=1)
    ties = (products == own).sum(axis=1)
    return float((1 / ties[~beaten]).sum())
