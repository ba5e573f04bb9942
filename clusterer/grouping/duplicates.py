"""Duplicate families: texts that are the same, or the same but for light edits.

Exact copies have the same normalised text; near copies share most of it. A copy belongs to an original that it is near
itself, never to the copy of a copy. A bare headline belongs to the article whose headline it repeats word for word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from clusterer.article import Article, content_hash
from clusterer.checkpoint import Checkpoint, stage_of
from clusterer.grouping.near_copies import near_copies
from clusterer.grouping.signatures import Signatures, compared_text, signatures_of
from clusterer.grouping.words import split_words
from clusterer.parallel import in_blocks
from clusterer.progress import Progress

FEWEST_HEADLINE_WORDS = 4
TEXT_BLOCK = 1 << 12


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


def find_families(
    articles: Sequence[Article], *, progress: Progress | None = None, checkpoint: Checkpoint | None = None
) -> Families:
    """The duplicate families of articles with different ids. Their order has no influence on which is a copy of
    which. Finished blocks of texts are kept in `checkpoint`, if there is one.
    """
    ordered = sorted(articles, key=seniority)
    kept = stage_of(checkpoint, "families", Signatures)
    # What is done to texts block by block remembers words, and those of one language come again sooner.
    rows = sorted(range(len(ordered)), key=lambda row: ordered[row].language)
    blocks = in_blocks(
        signatures_of,
        [ordered[row] for row in rows],
        TEXT_BLOCK,
        given=compared_text,
        stage="families",
        progress=progress,
        kept=kept,
    )
    signed = Signatures.joined(blocks, rows)
    original = _exact_copies(signed.digests)
    distinct = np.array(original, dtype=np.int64) == np.arange(len(original))
    near = near_copies(ordered, signed, distinct, progress=progress)
    overlap = {}
    for row, copy in near.items():
        original[row] = copy.original
        overlap[row] = copy.overlap
    # An exact copy of a near copy shares as much with the original.
    near_copy = [_near_copy(original, row) for row in range(len(ordered))]
    _attach_headlines(ordered, original)
    ids = [article.id for article in ordered]
    shared = {ids[row]: overlap[place] for row, place in enumerate(near_copy) if place in overlap}
    return Families(tuple(articles), {ids[row]: ids[_root(original, row)] for row in range(len(ordered))}, shared)


def seniority(article: Article) -> tuple[bool, bool, float, int, _ByContent, str]:
    """Sort key by which the original of a family comes first: a full text, the earliest, the longest, then by
    content.
    """
    published = article.published.timestamp() if article.published else 0.0
    length = -len(article.headline) - len(article.body)
    return (article.is_bare, article.published is None, published, length, _ByContent(article), article.id)


class _ByContent:
    """Orders articles by their content hash, which is seldom asked for."""

    __slots__ = ("_article",)

    def __init__(self, article: Article) -> None:
        self._article = article

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByContent) and content_hash(self._article) == content_hash(other._article)

    def __lt__(self, other: _ByContent) -> bool:
        return content_hash(self._article) < content_hash(other._article)

    __hash__ = None  # type: ignore[assignment]  # what is ordered only is not looked up


def _near_copy(original: list[int], row: int) -> int:
    """The text itself, or the one that it is an exact copy of."""
    return row if original[original[row]] == original[row] else original[row]


def _root(original: list[int], row: int) -> int:
    while original[row] != row:
        row = original[row]
    return row


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
