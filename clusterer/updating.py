"""What changes an index: articles stored where they are new, and the stories made anew of all that it holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clusterer.article import Article, content_hash
from clusterer.article_features import (
    ROW_BLOCK,
    EncodedArticles,
    StoredFamilies,
    dense_vectors,
    encode_articles,
    features_of,
)
from clusterer.encoding.constants import ModelConstants
from clusterer.encoding.encoder import Encoder, Vectors
from clusterer.grouping.duplicates import find_families
from clusterer.grouping.grid import GridVectors
from clusterer.grouping.partition import Edges
from clusterer.grouping.search_index import build_search_index
from clusterer.grown_index import EDGES, edge_rows
from clusterer.identity import identify
from clusterer.index import IndexDirectory
from clusterer.index.search_files import SearchIndexRows
from clusterer.index.sparse_rows import PiecedRows, Table
from clusterer.pipeline import DAYS_APART, Record, in_content_order, make_stories, read_records, with_languages
from clusterer.progress import Progress
from clusterer.reading import BadRecord
from clusterer.settings import Settings
from clusterer.stories.registry import with_known_ids
from clusterer.touched import Before, regroup_touched

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, slots=True)
class Added:
    """What adding came to: articles that are new, that took the place of one with their id, that were there as they
    are; and the records that could not be read.
    """

    added: int
    updated: int
    unchanged: int
    errors: tuple[BadRecord, ...] = ()


def changed_articles(
    directory: IndexDirectory, articles: Iterable[Record], told: Progress
) -> tuple[list[Article], Added]:
    """The articles that are new to an index, or supersede what it has; and what adding them will have come to."""
    records, errors = read_records(articles)
    identified = identify(records).articles
    known = {article.id: article for article in directory.articles([a.id for a in identified])}
    changed = [article for article in with_languages(identified, progress=told) if _supersedes(article, known)]
    updated = sum(article.id in known for article in changed)
    return changed, Added(len(changed) - updated, updated, len(identified) - len(changed), errors)


def store_articles(directory: IndexDirectory, articles: Sequence[Article], encoder: Encoder, told: Progress) -> None:
    """Store articles with their vectors."""
    encoded = encode_articles(articles, encoder, progress=told)
    directory.store(articles, encoded.headlines, encoded.leads)


def _supersedes(article: Article, known: dict[str, Article]) -> bool:
    """Whether an article is new, or takes the place of the one with its id."""
    stored = known.get(article.id)
    if stored is None:
        return True
    if content_hash(article) == content_hash(stored):
        return False
    return identify([article, stored]).articles[0] == article


def bring_up_to_date(
    directory: IndexDirectory, before: Before | None, constants: ModelConstants, settings: Settings, told: Progress
) -> None:
    """Make the stories anew that articles touch which came or left, or all where that is not enough."""
    if before and before.is_enough and regroup_touched(directory, before, constants, settings, told):
        return
    regroup(directory, constants, settings, told, before)


def regroup(
    directory: IndexDirectory,
    constants: ModelConstants,
    settings: Settings,
    told: Progress,
    before: Before | None = None,
) -> None:
    """Make the stories of all articles anew, and the search index of their families. Stories keep their ids by what
    articles they hold. What was known `before` of families is not read anew.
    """
    articles = directory.articles()
    headlines, leads = directory.vectors()
    families = find_families(articles, progress=told)
    row = {article.id: number for number, article in enumerate(articles)}
    originals = in_content_order(families.originals)
    rows = np.array([row[article.id] for article in originals], dtype=np.intp)
    dense = _dense_rows(originals, headlines, leads, rows, constants)
    if before is None:
        features = features_of(originals, dense, constants, progress=told)
    else:
        features = before.features(originals, dense, constants, told)
        del before
    index = build_search_index(features.dense, settings.neighbours, settings.recall, progress=told)
    edges: dict[str, csr_matrix] = {}

    def keep(found: Edges) -> None:
        directory.save_array(DAYS_APART, np.array(found.days_apart))
        if index.probes:  # an exact search is quick enough, and all are grouped anew then
            edges[EDGES] = edge_rows(found.compared, len(originals))

    stories = make_stories(
        families,
        originals,
        features,
        settings,
        index=index,
        edges_told=keep,
        progress=told,
    )
    for name, array in constants.as_arrays().items():
        directory.save_array(name, array)
    directory.replace_stories(with_known_ids(stories, *directory.known_places()), settings=settings)
    if originals:
        keys = [article.id for article in originals]
        kept = StoredFamilies.of(originals, features)
        pieced = {name: PiecedRows.of(matrix) for name, matrix in {**kept.rows, **edges}.items()}
        whole = SearchIndexRows(index.index, Table(pieced, kept.columns))
        with directory.writing_search_index(lambda: whole) as files:
            directory.save_search_index(files, keys, details=index.details)


def _dense_rows(
    articles: Sequence[Article],
    headlines: Vectors,
    leads: Vectors,
    rows: npt.NDArray[np.intp],
    constants: ModelConstants,
) -> GridVectors:
    """The vectors of articles, centred and on the grid, int16 [n, d], of the `rows` of those of headlines and leads,
    some at a time.
    """
    dense = np.empty((len(rows), headlines.shape[1]), dtype=np.int16)
    for start in range(0, len(rows), ROW_BLOCK):
        part = slice(start, start + ROW_BLOCK)
        some = EncodedArticles(tuple(articles[part]), headlines[rows[part]], leads[rows[part]])
        dense[part] = dense_vectors(some, constants)
    return dense
