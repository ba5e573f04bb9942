"""Shingles of texts, and which texts share enough of them to be compared: banded MinHash (Broder 1997; Leskovec,
Rajaraman & Ullman, Mining of Massive Datasets, ch. 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BANDS = 56
ROWS_OF_A_BAND = 3
LARGEST_BUCKET = 16
TEXT_BLOCK = 1 << 12

Codes = npt.NDArray[np.uint32]
Rows = npt.NDArray[np.int64]


def shingle_matrix(blocks: Iterable[Sequence[Codes]], length: int, one_in: int = 1) -> csr_matrix:
    """The distinct shingles of each text, runs of `length` codes: a row's column indices, ascending, are 31-bit hashes.

    The texts come in blocks, so that what they are made of need not be there at once. Of the shingles `one_in` is kept,
    the same in every text (modulo sampling, Broder 1997): what two texts share is then a sample of what they do share.
    """
    from scipy.sparse import csr_matrix

    hashes = [np.zeros(0, dtype=np.int32)]
    counts = [np.zeros(0, dtype=np.int64)]
    for texts in blocks:
        own, found = _shingle_hashes(texts, length)
        kept = found % one_in == 0
        hashes.append(found[kept])
        counts.append(np.bincount(own[kept], minlength=len(texts)))
    bounds = np.concatenate([[0], np.cumsum(np.concatenate(counts))])
    indices = np.concatenate(hashes)
    ones = np.ones(len(indices), dtype=np.int8)
    matrix = csr_matrix((ones, indices, bounds), shape=(len(bounds) - 1, np.iinfo(np.int32).max))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def _shingle_hashes(texts: Sequence[Codes], length: int) -> tuple[Rows, npt.NDArray[np.int32]]:
    """The text of each shingle, and its hash, one text after another."""
    codes = np.concatenate([*texts, np.zeros(0, dtype=np.uint32)]).astype(np.uint64)
    own = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    count = max(len(codes) - length + 1, 0)
    mixed = np.zeros(count, dtype=np.uint64)
    for position in range(length):
        mixed = _mix(mixed ^ codes[position : position + count])
    within = own[:count] == own[length - 1 :] if count else np.zeros(0, dtype=bool)
    hashes: npt.NDArray[np.int32] = (mixed[within] % np.uint64(np.iinfo(np.int32).max)).astype(np.int32)
    return own[:count][within], hashes


def _mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """A hash of 64-bit values (the finaliser of splitmix64, Steele, Lea & Flood 2014)."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def candidate_pairs(shingles: csr_matrix) -> tuple[Rows, Rows]:
    """Pairs (earlier, later) of texts that agree in a whole band of their MinHash signatures, in ascending order.

    Every text has a shingle. The signature's hash functions are linear, on hashes that are well mixed already.
    """
    count = shingles.shape[0]
    if count < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    values = shingles.indices.astype(np.uint32)
    pairs = np.zeros(0, dtype=np.int64)
    for band in range(BANDS):
        key = np.zeros(count, dtype=np.uint64)
        for row in range(ROWS_OF_A_BAND):
            seed = _mix(np.array([band * ROWS_OF_A_BAND + row + 1], dtype=np.uint64))
            factor, offset = (seed >> np.uint64(32)).astype(np.uint32) | np.uint32(1), seed.astype(np.uint32)
            smallest: Codes = np.minimum.reduceat(values * factor + offset, shingles.indptr[:-1])
            key = _mix(key ^ smallest)
        pairs = np.union1d(pairs, _pairs_of_equal(key))
    return pairs // count, pairs % count


def _pairs_of_equal(key: npt.NDArray[np.uint64]) -> Rows:
    """Pairs of rows with one key, as earlier * n + later. In a large bucket each is compared with the first ones
    alone, the most senior.
    """
    order = np.argsort(key, kind="stable")
    is_first = np.concatenate([[True], np.diff(key[order]) != 0])
    start = np.maximum.accumulate(np.where(is_first, np.arange(len(key)), 0))
    compared = np.minimum(np.arange(len(key)) - start, LARGEST_BUCKET)
    later = np.repeat(np.arange(len(key)), compared)
    earlier = start[later] + np.arange(len(later)) - np.repeat(np.cumsum(compared) - compared, compared)
    pairs: Rows = order[earlier] * len(key) + order[later]
    return pairs
