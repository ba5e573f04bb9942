"""Duplicate families: texts that are the same, or the same but for light edits.

Exact copies have the same normalised text. Near copies share most of their shingles (runs of three words): candidates
come from banded MinHash (Broder 1997; Leskovec, Rajaraman & Ullman, Mining of Massive Datasets, ch. 3), and each is
judged on its true overlap. A copy belongs to an original that it is near itself, never to the copy of a copy. A bare
headline belongs to the article whose headline it repeats word for word.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.article import Article, content_hash
from clusterer.progress import Progress, silent

SHINGLE_WORDS = 3
FEWEST_SHINGLES = 12
BANDS = 20
ROWS_OF_A_BAND = 3
LEAST_JACCARD = 0.55
LEAST_CONTAINMENT = 0.8
FEWEST_SHINGLES_CONTAINED = 24
LEAST_SHARED_NUMBERS = 0.75
FEWEST_HEADLINE_WORDS = 4
LARGEST_BUCKET = 64

# Scripts written without spaces count each character as a word.
_WORD = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    "|[^\\W_\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)
_NUMBER = re.compile(r"\d+")


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
    words = [text_words(article) for article in ordered]
    original = _exact_copies(words)
    distinct = [row for row, first in enumerate(original) if first == row]
    told("families", len(articles) // 2, len(articles))
    for row, senior in _near_copies([words[row] for row in distinct]).items():
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


def split_words(text: str) -> list[str]:
    """The words of a text, case and compatibility forms folded."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def text_words(article: Article) -> list[str]:
    """The words by which articles are compared: the body's, or the headline's where there is nothing else."""
    return split_words(article.body or article.headline)


def _exact_copies(words: list[list[str]]) -> list[int]:
    first: dict[tuple[str, ...], int] = {}
    return [first.setdefault(tuple(some), row) if some else row for row, some in enumerate(words)]


def _near_copies(words: list[list[str]]) -> dict[int, int]:
    """For each text that is near an earlier original, that original: the one with the largest overlap."""
    shingles = _shingle_sets(words)
    rows = [row for row, some in enumerate(shingles) if len(some) >= FEWEST_SHINGLES]
    senior_candidates: defaultdict[int, set[int]] = defaultdict(set)
    for senior, junior in _candidates([shingles[row] for row in rows]):
        senior_candidates[rows[junior]].add(rows[senior])
    numbers: dict[int, frozenset[str]] = {}
    original: dict[int, int] = {}
    for junior in sorted(senior_candidates):
        best = (0.0, 0)
        for senior in sorted(senior_candidates[junior]):
            if senior in original:
                continue
            overlap = _overlap(shingles[senior], shingles[junior])
            if overlap > best[0] and _same_numbers(words, numbers, senior, junior):
                best = (overlap, senior)
        if best[0]:
            original[junior] = best[1]
    return original


def _shingle_sets(words: list[list[str]]) -> list[npt.NDArray[np.uint64]]:
    """The distinct shingles of each text as sorted 64-bit hashes."""
    hashed: dict[str, int] = {}
    sets: list[npt.NDArray[np.uint64]] = []
    for some in words:
        for word in some:
            if word not in hashed:
                hashed[word] = zlib.crc32(word.encode("utf-8", "surrogatepass"))
        codes = np.fromiter((hashed[word] for word in some), dtype=np.uint64, count=len(some))
        count = max(len(codes) - SHINGLE_WORDS + 1, 0)
        mixed = np.zeros(count, dtype=np.uint64)
        for position in range(SHINGLE_WORDS):
            mixed = _mix(mixed ^ codes[position : position + count])
        sets.append(np.unique(mixed))
    return sets


def _mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """A hash of 64-bit values (the finaliser of splitmix64, Steele, Lea & Flood 2014)."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _candidates(sets: list[npt.NDArray[np.uint64]]) -> list[tuple[int, int]]:
    """Pairs (earlier, later) of sets that agree in a whole band of their MinHash signatures."""
    if len(sets) < 2:
        return []
    values = np.concatenate(sets)
    starts = np.concatenate([[0], np.cumsum([len(some) for some in sets])[:-1]])
    pairs: set[tuple[int, int]] = set()
    for band in range(BANDS):
        key = np.zeros(len(sets), dtype=np.uint64)
        for row in range(ROWS_OF_A_BAND):
            seed = _mix(np.array([band * ROWS_OF_A_BAND + row + 1], dtype=np.uint64))
            smallest = np.minimum.reduceat(_mix(values ^ seed), starts)
            key = _mix(key ^ smallest)
        pairs.update(_pairs_of_equal(key))
    return sorted(pairs)


def _pairs_of_equal(key: npt.NDArray[np.uint64]) -> list[tuple[int, int]]:
    """Pairs of rows with one key. In a large bucket each is compared with the first ones alone, the most senior."""
    order = np.argsort(key, kind="stable")
    bounds = np.flatnonzero(np.diff(key[order])) + 1
    pairs = []
    for bucket in np.split(order, bounds) if len(bounds) < len(order) else []:
        if len(bucket) > 1:
            members = bucket.tolist()
            for position, junior in enumerate(members):
                pairs += [(senior, junior) for senior in members[: min(position, LARGEST_BUCKET)]]
    return pairs


def _overlap(senior: npt.NDArray[np.uint64], junior: npt.NDArray[np.uint64]) -> float:
    """How much two texts share, from 0 to 1, or 0 where that is too little to be copies: by Jaccard's index, or, where
    a text is a part of another, by the share of the shorter.
    """
    shared = len(np.intersect1d(senior, junior, assume_unique=True))
    jaccard = shared / (len(senior) + len(junior) - shared)
    shorter = min(len(senior), len(junior))
    if jaccard >= LEAST_JACCARD:
        return jaccard
    if shorter >= FEWEST_SHINGLES_CONTAINED and shared / shorter >= LEAST_CONTAINMENT:
        return shared / shorter
    return 0.0


def _same_numbers(words: list[list[str]], known: dict[int, frozenset[str]], senior: int, junior: int) -> bool:
    """Whether the shorter text's numbers are the longer's: reports made from one template differ in them."""
    for row in (senior, junior):
        if row not in known:
            known[row] = frozenset(_NUMBER.findall(" ".join(words[row])))
    shorter, longer = sorted((senior, junior), key=lambda row: len(words[row]))
    some = known[shorter]
    return not some or len(some & known[longer]) / len(some) >= LEAST_SHARED_NUMBERS


def _attach_headlines(ordered: list[Article], original: list[int]) -> None:
    """Give each bare headline that repeats an article's headline that article's family."""
    headed: dict[tuple[str, ...], int] = {}
    for row, article in enumerate(ordered):
        if article.is_bare or article.headline_derived:
            continue
        headline = tuple(split_words(article.headline))
        if len(headline) >= FEWEST_HEADLINE_WORDS:
            headed.setdefault(headline, row)
    for row, article in enumerate(ordered):
        if article.is_bare and original[row] == row:
            original[row] = headed.get(tuple(split_words(article.headline)), row)
