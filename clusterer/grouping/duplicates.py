"""Duplicate families: texts that are the same, or the same but for light edits.

Exact copies have the same normalised text; near copies share most of it. A copy belongs to an original that it is near
itself, never to the copy of a copy. A bare headline belongs to the article whose headline it repeats word for word.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from clusterer.article import Article, content_hash
from clusterer.grouping.near_copies import FEWEST_BODY_WORDS, near_copies, text_words
from clusterer.grouping.shingles import Codes
from clusterer.grouping.words import split_words
from clusterer.progress import Progress, silent

FEWEST_HEADLINE_WORDS = 4


@dataclass(frozen=True, slots=True)
class Families:
    """The duplicate families of a collection. `original_of` maps the id of each article to the id of its family's
    original; an original maps to itself. `overlap_of` maps the id of each near copy to how much it shares with its
    original, from 0 to 1; what is not in it is the same text.
    """

    articles: tuple[Article, ...]
    original_of: Mapping[str, str]
    overlap_of: Mapping[str, float] = field(default_factory=dict)

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
    near = near_copies([ordered[row] for row in distinct], [texts[row].codes for row in distinct])
    overlap = {}
    for row, copy in near.items():
        original[distinct[row]] = distinct[copy.original]
        overlap[distinct[row]] = copy.overlap
    # An exact copy of a near copy shares as much with the original.
    near_copy = [_near_copy(original, row) for row in range(len(ordered))]
    _attach_headlines(ordered, original)
    told("families", len(articles), len(articles))
    ids = [article.id for article in ordered]
    shared = {ids[row]: overlap[place] for row, place in enumerate(near_copy) if place in overlap}
    return Families(tuple(articles), {ids[row]: ids[_root(original, row)] for row in range(len(ordered))}, shared)


def seniority(article: Article) -> tuple[bool, bool, float, int, str, str]:
    """Sort key by which the original of a family comes first: a full text, the earliest, the longest, then by
    content.
    """
    published = article.published.timestamp() if article.published else 0.0
    length = -len(article.headline) - len(article.body)
    return (article.is_bare, article.published is None, published, length, content_hash(article), article.id)


def _near_copy(original: list[int], row: int) -> int:
    """The text itself, or the one that it is an exact copy of."""
    return row if original[original[row]] == original[row] else original[row]


def _root(original: list[int], row: int) -> int:
    while original[row] != row:
        row = original[row]
    return row


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
