"""Shingles of texts, and which texts share enough of them to be compared: banded MinHash (Broder 1997; Leskovec,
Rajaraman & Ullman, Mining of Massive Datasets, ch. 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.parallel import in_threads
from clusterer.ranges import ranges
from clusterer.sorted_keys import distinct_keys, key_starts

BANDS = 56
ROWS_OF_A_BAND = 3
LARGEST_BUCKET = 16
PAIR_BLOCK = 1 << 16
BANDS_AT_ONCE = 4
# The share of texts alike enough that may be missed for agreeing in too few bands.
MISSED = 0.02

Codes = npt.NDArray[np.uint32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shingles:
    """The distinct shingles of n texts: those of text t are `hashes[bounds[t]:bounds[t + 1]]`, ascending.

    `hashes` is int32, 31 bits of them used, `bounds` int64 [n + 1].
    """

    hashes: npt.NDArray[np.int32]
    bounds: Rows

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def sizes(self) -> Rows:
        """How many each text has, int64 [n]."""
        return np.diff(self.bounds)


def shingles_of(texts: Sequence[Codes], length: int, one_in: int = 1) -> Shingles:
    """The shingles of texts, runs of `length` codes. Of them `one_in` is kept, the same in every text (modulo sampling,
    Broder 1997): what two texts share is then a sample of what they do share.
    """
    own, hashes = _shingle_hashes(texts, length)
    if one_in > 1:
        kept = hashes % np.int32(one_in) == 0
        own, hashes = own[kept], hashes[kept]
    keys = distinct_keys(own << 32 | hashes)
    sizes = np.bincount(keys >> 32, minlength=len(texts))
    return Shingles((keys & 0xFFFFFFFF).astype(np.int32), np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))


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


def band_keys(shingles: Shingles) -> Codes:
    """The bands of the texts' MinHash signatures, uint32 [n, BANDS]; zeros for a text without shingles.

    The signature's hash functions are linear, on hashes that are well mixed already. That two bands which differ have
    one key is rare, and costs no more than a comparison.
    """
    keys = np.zeros((len(shingles), BANDS), dtype=np.uint32)
    filled = np.flatnonzero(shingles.sizes)
    if not len(filled):
        return keys
    values = shingles.hashes.astype(np.uint32)
    starts = shingles.bounds[filled]
    for band in range(BANDS):
        key = np.zeros(len(filled), dtype=np.uint64)
        for row in range(ROWS_OF_A_BAND):
            seed = _mix(np.array([band * ROWS_OF_A_BAND + row + 1], dtype=np.uint64))
            factor, offset = (seed >> np.uint64(32)).astype(np.uint32) | np.uint32(1), seed.astype(np.uint32)
            smallest: Codes = np.minimum.reduceat(values * factor + offset, starts)
            key = _mix(key ^ smallest)
        keys[filled, band] = key >> np.uint64(32)
    return keys


def candidate_pairs(keys: Codes, rows: Rows) -> tuple[Rows, Rows, Rows]:
    """Pairs (earlier, later) of texts that agree in whole bands of their signatures, in ascending order, and in how
    many bands.

    `keys` are uint32 [n, BANDS], `rows` those of the texts that are looked at, ascending, each with a shingle.
    """
    count = len(rows)
    found = [np.zeros(0, dtype=np.int64)] * BANDS

    def fill(bands: slice) -> None:
        for band in range(BANDS)[bands]:
            found[band] = _pairs_of_equal(keys[rows, band])

    if count > 1:
        in_threads(fill, BANDS, BANDS_AT_ONCE)
    pairs = np.sort(np.concatenate(found))
    first = key_starts(pairs)
    agreeing = np.diff(first, append=len(pairs))
    pairs = pairs[first]
    return rows[pairs // max(count, 1)], rows[pairs % max(count, 1)], agreeing


def fewest_bands(jaccard: npt.NDArray[np.float64]) -> Rows:
    """In how many bands, at least one, texts of this Jaccard index agree, but for MISSED of them; int64 of its shape.

    How many agree follows the binomial law of BANDS trials, each of which succeeds if ROWS_OF_A_BAND minima do.
    """
    from scipy.special import bdtri

    least = bdtri(np.arange(BANDS, dtype=np.float64), BANDS, MISSED)
    return np.maximum(np.searchsorted(least, jaccard**ROWS_OF_A_BAND, side="right"), 1)


def _pairs_of_equal(key: Codes) -> Rows:
    """Pairs of rows with one key, as earlier * n + later. In a large bucket each is compared with the first ones
    alone, the most senior.
    """
    count = len(key)
    packed = np.sort(key.astype(np.int64) << 31 | np.arange(count))  # by key, then by row
    order = packed & 0x7FFFFFFF
    is_first = np.concatenate([[True], np.diff(packed >> 31) != 0])
    start = np.maximum.accumulate(np.where(is_first, np.arange(count), 0))
    compared = np.minimum(np.arange(count) - start, LARGEST_BUCKET)
    later = np.repeat(np.arange(count), compared)
    earlier = ranges(start, compared)
    pairs: Rows = order[earlier] * count + order[later]
    return pairs


def shared_counts(shingles: Shingles, left: Rows, right: Rows) -> Rows:
    """How many shingles the texts of each pair share, int64 [m]."""
    from scipy.sparse import csr_matrix

    ones = np.ones(len(shingles.hashes), dtype=np.int8)
    rows = csr_matrix((ones, shingles.hashes, shingles.bounds), shape=(len(shingles), np.iinfo(np.int32).max))
    shared = np.empty(len(left), dtype=np.int64)
    for start in range(0, len(left), PAIR_BLOCK):
        block = slice(start, start + PAIR_BLOCK)
        shared[block] = rows[left[block]].multiply(rows[right[block]]).getnnz(axis=1)
    return shared
