"""Duplicate families: texts that are the same, or the same but for light edits.

Exact copies have the same normalised text. Near copies share most of their shingles (runs of three words): candidates
come from banded MinHash (Broder 1997; Leskovec, Rajaraman & Ullman, Mining of Massive Datasets, ch. 3), and each is
judged on its true overlap. A copy belongs to an original that it is near itself, never to the copy of a copy. A bare
headline belongs to the article whose headline it repeats word for word.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clusterer.article import Article, content_hash
from clusterer.grouping.words import split_words
from clusterer.progress import Progress, silent

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FEWEST_BODY_WORDS = 25
SHINGLE_WORDS = 3
FEWEST_SHINGLES = 12
BANDS = 40
ROWS_OF_A_BAND = 3
LEAST_JACCARD = 0.55
LEAST_CONTAINMENT = 0.8
FEWEST_SHINGLES_CONTAINED = 24
LEAST_SHARED_NUMBERS = 0.75
LEAST_SHARED_HEADLINE = 0.5
FEWEST_HEADLINE_WORDS = 4
LARGEST_BUCKET = 16
TEXT_BLOCK = 1 << 12
PAIR_BLOCK = 1 << 16

Codes = npt.NDArray[np.uint32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Families:
    """The duplicate families of a collection. `original_of` maps the id of each article to the id of its family's
    original; an original maps to itself.
    """

    articles: tuple[Article, ...]
    original_of: Mapping[str, str]

    @property
    def originals(self) -> tuple[Article, ...]:
        """The original of each family, in the order of the collection."""
        return tuple(article for article in self.articles if self.original_of[article.id] == article.id)

    @property
    def copies(self) -> dict[str, tuple[str, ...]]:
        """The ids of the copies of each original, in the order of the collection."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for article in self.articles:
            original = self.original_of[article.id]
            if original != article.id:
                found[original].append(article.id)
        return {article.id: tuple(found[article.id]) for article in self.originals}


def find_families(articles: Sequence[Article], *, progress: Progress | None = None) -> Families:
    """The duplicate families of articles with different ids. Their order has no influence on which is a copy of
    which.
    """
    told = progress or silent
    ordered = sorted(articles, key=seniority)
    told("families", 0, len(articles))
    texts = [_coded(article) for article in ordered]
    original = _exact_copies([text.key for text in texts])
    distinct = [row for row, first in enumerate(original) if first == row]
    told("families", len(articles) // 2, len(articles))
    near = _near_copies([ordered[row] for row in distinct], [texts[row].codes for row in distinct])
    for row, senior in near.items():
        original[distinct[row]] = distinct[senior]
    _attach_headlines(ordered, original)
    told("families", len(articles), len(articles))
    ids = [article.id for article in ordered]
    return Families(tuple(articles), {ids[row]: ids[_root(original, row)] for row in range(len(ordered))})


def seniority(article: Article) -> tuple[bool, bool, float, int, str, str]:
    """Sort key by which the original of a family comes first: a full text, the earliest, the longest, then by
    content.
    """
    published = article.published.timestamp() if article.published else 0.0
    length = -len(article.headline) - len(article.body)
    return (article.is_bare, article.published is None, published, length, content_hash(article), article.id)


def _root(original: list[int], row: int) -> int:
    while original[row] != row:
        row = original[row]
    return row


def text_words(article: Article) -> list[str]:
    """The words by which articles are compared: the body's, or the headline's where there is nothing else."""
    return split_words(article.body or article.headline)


@dataclass(frozen=True, slots=True)
class _CodedText:
    """What is kept of every text: a digest of its words (empty without any), and a 32-bit hash of each."""

    key: bytes
    codes: Codes


def _coded(article: Article) -> _CodedText:
    words = text_words(article)
    # A short body may be said of anything ("Only for subscribers."): it is the same with the same headline alone.
    text = "\n".join(split_words(article.text) if len(words) < FEWEST_BODY_WORDS else words)
    key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() if text else b""
    return _CodedText(key, np.array([_word_code(word) for word in words], dtype=np.uint32))


@lru_cache(maxsize=1 << 18)
def _word_code(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def _exact_copies(keys: list[bytes]) -> list[int]:
    first: dict[bytes, int] = {}
    return [first.setdefault(key, row) if key else row for row, key in enumerate(keys)]


def _near_copies(articles: list[Article], texts: list[Codes]) -> dict[int, int]:
    """For each text that is near an earlier original, that original: the one with the largest overlap."""
    shingles = _shingle_matrix(texts)
    rows = np.flatnonzero(np.diff(shingles.indptr) >= FEWEST_SHINGLES)
    senior, junior = _candidates(shingles[rows])
    senior, junior = rows[senior], rows[junior]
    overlap = _overlaps(shingles, senior, junior)
    near = overlap > 0
    senior, junior, overlap = senior[near], junior[near], overlap[near]
    details: dict[int, _Details] = {}
    original: dict[int, int] = {}
    for pair in np.lexsort((senior, -overlap, junior)):
        first, second = int(senior[pair]), int(junior[pair])
        if first in original or second in original:
            continue
        for row in (first, second):
            if row not in details:
                details[row] = _details_of(articles[row])
        if _is_copy(*sorted((details[first], details[second]), key=attrgetter("length"))):
            original[second] = first
    return original


def _shingle_matrix(texts: list[Codes]) -> csr_matrix:
    """The distinct shingles of each text: a row's column indices, ascending, are 31-bit hashes."""
    from scipy.sparse import csr_matrix

    counts = np.maximum(np.array([len(text) for text in texts], dtype=np.int64) - SHINGLE_WORDS + 1, 0)
    bounds = np.concatenate([[0], np.cumsum(counts)])
    hashes = np.empty(bounds[-1], dtype=np.int32)
    for start in range(0, len(texts), TEXT_BLOCK):
        block = slice(start, start + TEXT_BLOCK)
        hashes[bounds[start] : bounds[min(start + TEXT_BLOCK, len(texts))]] = _shingle_hashes(texts[block])
    ones = np.ones(len(hashes), dtype=np.int8)
    matrix = csr_matrix((ones, hashes, bounds), shape=(len(texts), np.iinfo(np.int32).max))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def _shingle_hashes(texts: list[Codes]) -> npt.NDArray[np.int32]:
    """The hashes of the shingles of texts, one text after another."""
    codes = np.concatenate(texts).astype(np.uint64)
    own = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    count = max(len(codes) - SHINGLE_WORDS + 1, 0)
    mixed = np.zeros(count, dtype=np.uint64)
    for position in range(SHINGLE_WORDS):
        mixed = _mix(mixed ^ codes[position : position + count])
    within = own[:count] == own[SHINGLE_WORDS - 1 :]
    hashes: npt.NDArray[np.int32] = (mixed[within] % np.uint64(np.iinfo(np.int32).max)).astype(np.int32)
    return hashes


def _mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """A hash of 64-bit values (the finaliser of splitmix64, Steele, Lea & Flood 2014)."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _candidates(shingles: csr_matrix) -> tuple[Rows, Rows]:
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


def _overlaps(shingles: csr_matrix, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
    """How much the texts of each pair share, from 0 to 1, or 0 where that is too little to be copies: by Jaccard's
    index, or, where a text is a part of another, by the share of the shorter.
    """
    sizes = np.diff(shingles.indptr)
    shared = np.empty(len(left), dtype=np.int64)
    for start in range(0, len(left), PAIR_BLOCK):
        block = slice(start, start + PAIR_BLOCK)
        shared[block] = shingles[left[block]].multiply(shingles[right[block]]).getnnz(axis=1)
    jaccard = shared / (sizes[left] + sizes[right] - shared)
    shorter = np.minimum(sizes[left], sizes[right])
    contained = np.where(shorter >= FEWEST_SHINGLES_CONTAINED, shared / shorter, 0.0)
    return np.where(jaccard >= LEAST_JACCARD, jaccard, np.where(contained >= LEAST_CONTAINMENT, contained, 0.0))


@dataclass(frozen=True, slots=True)
class _Details:
    """What tells a text from another that it shares most shingles with. `length` is in words."""

    length: int
    numbers: frozenset[str]
    headline: frozenset[str]
    words: frozenset[str]


def _details_of(article: Article) -> _Details:
    compared, words = text_words(article), split_words(article.text)
    telling = words if len(compared) < FEWEST_BODY_WORDS else compared
    numbers = frozenset(word for word in telling if word.isdecimal())
    return _Details(len(compared), numbers, frozenset(split_words(article.headline)), frozenset(words))


def _is_copy(shorter: _Details, longer: _Details) -> bool:
    """Whether texts that share most shingles are copies: reports made from one template differ in their numbers, and
    short bodies that may be said of anything in their headlines.
    """
    if _share(shorter.numbers, longer.numbers) < LEAST_SHARED_NUMBERS:
        return False
    if shorter.length >= FEWEST_BODY_WORDS:
        return True
    return max(_share(shorter.headline, longer.words), _share(longer.headline, shorter.words)) >= LEAST_SHARED_HEADLINE


def _share(some: frozenset[str], others: frozenset[str]) -> float:
    """The share of words that are among others; 1 of no words."""
    return len(some & others) / len(some) if some else 1.0


def _attach_headlines(ordered: list[Article], original: list[int]) -> None:
    """Give each bare headline that repeats an article's headline that article's family."""
    alone = [row for row, article in enumerate(ordered) if article.is_bare and original[row] == row]
    words = {row: tuple(split_words(ordered[row].headline)) for row in alone}
    wanted = {headline for headline in words.values() if len(headline) >= FEWEST_HEADLINE_WORDS}
    if not wanted:
        return
    headed: dict[tuple[str, ...], int] = {}
    for row, article in enumerate(ordered):
        if not article.is_bare and not article.headline_derived:
            headline = tuple(split_words(article.headline))
            if headline in wanted:
                headed.setdefault(headline, row)
    for row, headline in words.items():
        original[row] = headed.get(headline, row)
