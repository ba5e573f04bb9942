"""Which records are one article: those with the same id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from clusterer.article import Article, content_hash


@dataclass(frozen=True, slots=True)
class Identified:
    """`articles`: each id once, in the order in which the ids first came. `ids`: the id of each record, in order.
    `rows`: for each article, which record it is. `replaced`: how many records gave way to another with their id.
    """

    articles: tuple[Article, ...]
    ids: tuple[str, ...]
    rows: tuple[int, ...]
    replaced: int


def identify(records: Iterable[Article]) -> Identified:
    """One article for each id. Of records with one id and different content the later published stays, else the one
    with the larger content hash, so that the order of the records has no influence.
    """
    ids: list[str] = []
    kept: dict[str, tuple[Article, int]] = {}
    replaced = 0
    for row, article in enumerate(records):
        ids.append(article.id)
        if article.id not in kept:
            kept[article.id] = (article, row)
            continue
        other = kept[article.id][0]
        if _rank(article) != _rank(other):
            replaced += 1
            if _rank(article) > _rank(other):
                kept[article.id] = (article, row)
    articles, rows = zip(*kept.values(), strict=True) if kept else ((), ())
    return Identified(tuple(articles), tuple(ids), tuple(rows), replaced)


def _rank(article: Article) -> tuple[float, str]:
    published = article.published.timestamp() if article.published else float("-inf")
    return published, content_hash(article)
