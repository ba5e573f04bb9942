"""Which records are one article: those with the same id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from clusterer.article import UNKNOWN_LANGUAGE, Article, content_hash


@dataclass(frozen=True, slots=True)
class Identified:
    """`articles`: each id once, in the order in which the ids first came. `ids`: the id of each record, in order.
    `rows`: for each article, which record it is. `replaced`: how many records gave way to another with their id and
    other content.
    """

    articles: tuple[Article, ...]
    ids: tuple[str, ...]
    rows: tuple[int, ...]
    replaced: int


def identify(records: Iterable[Article]) -> Identified:
    """One article for each id. Of records with one id and different content the later published stays, else the one
    with the larger content hash, so that the order of the records has no influence.
    """
    known = list(records)
    rows_of: dict[str, list[int]] = {}
    for row, article in enumerate(known):
        rows_of.setdefault(article.id, []).append(row)
    kept: list[int] = []
    replaced = 0
    for rows in rows_of.values():
        if len(rows) == 1:
            kept += rows
            continue
        ranks = [_rank(known[row]) for row in rows]
        best = max(ranks)
        kept.append(rows[ranks.index(best)])
        replaced += len(rows) - ranks.count(best)
    return Identified(tuple(known[row] for row in kept), tuple(article.id for article in known), tuple(kept), replaced)


def _rank(article: Article) -> tuple[float, str, str]:
    """A language may be detected before or after, so it decides only where nothing else does."""
    published = article.published.timestamp() if article.published else float("-inf")
    return published, content_hash(replace(article, language=UNKNOWN_LANGUAGE)), article.language
