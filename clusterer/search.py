"""Which articles of an index resemble a query: FAISS proposes, the evidence decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterer.article import Article
from clusterer.article_features import EncodedArticles, dense_vectors, features_beside, stored_families
from clusterer.encoding.constants import ModelConstants
from clusterer.errors import IndexFormatError
from clusterer.grouping.calibration import probability
from clusterer.grouping.evidence import pair_evidence
from clusterer.grouping.faiss_library import faiss_library
from clusterer.grouping.grid import GridVectors
from clusterer.grouping.search_index import Found, best_of
from clusterer.index import IndexDirectory
from clusterer.index.search_index import LoadedSearchIndex
from clusterer.pipeline import stored_days_apart
from clusterer.story import SimilarArticle, StoryArticle

# Of the ten best of twice as many candidates these give 99.6 %, and always the first (300 queries, 20,000 articles).
CANDIDATES_OF_A_ROW = 6
FEWEST_CANDIDATES = 64
# One query can look at more lists of an approximate index than each of many.
PROBES_OF_A_QUERY = 64
# So many codes propose a candidate; a query takes more candidates than it shows.
CODES_OF_A_CANDIDATE = 3
SCORE_DECIMALS = 4
# So many families are looked at to see whether the search index is that of the articles.
SAMPLE = 4096


@dataclass(frozen=True, slots=True)
class Filters:
    """What an article has to be: of this language, and published in this span, both ends included."""

    language: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def any(self) -> bool:
        """Whether there is any."""
        return self != Filters()

    def pass_(self, article: Article) -> bool:
        """Whether an article passes."""
        if self.language and article.language != self.language:
            return False
        if self.since and (article.published is None or article.published < self.since):
            return False
        return not (self.until and (article.published is None or article.published > self.until))


def nearest_articles(
    directory: IndexDirectory,
    query: EncodedArticles,
    constants: ModelConstants,
    *,
    filters: Filters,
    top: int,
    min_score: float = 0.0,
    duplicates: bool = False,
) -> list[SimilarArticle]:
    """The articles nearest to the one article of `query`, best first; the article itself is left out, and where
    copies are folded its family too. Raises `IndexFormatError` where a file of the search index is missing or damaged.
    """
    loaded = directory.load_search_index()
    if loaded is None:
        if directory.stories(limit=1):
            raise IndexFormatError(
                "the search index is missing or damaged",
                where=str(directory.path),
                remedy="Run `clusterer doctor --repair` to make it anew from the articles.",
            )
        return []
    wanted = max(top * CANDIDATES_OF_A_ROW, FEWEST_CANDIDATES)
    dense = dense_vectors(query, constants)
    places = _candidates(loaded, dense, _rows_allowed(directory, loaded.keys, filters), wanted)
    places = np.array([place for place in places if loaded.keys[place]], dtype=np.int64)
    ranked = _ranked(loaded, query.articles[0], dense, places, constants, stored_days_apart(directory))
    found: list[SimilarArticle] = []
    # Most families have one article that is shown, and one may be the query's own.
    for start in range(0, len(ranked), top + 1):
        some = [(family, score) for family, score in ranked[start : start + top + 1] if score >= min_score]
        members = directory.family_members(family for family, _ in some)
        story_of = {assignment.id: assignment.story for assignment in directory.assignments(members)}
        for family, score in some:
            for member in _shown(members[family], query.articles[0].id, filters, duplicates):
                found.append(SimilarArticle(len(found) + 1, score, member.article, story_of[family], family))
        if len(found) >= top or len(some) <= top:
            break
    return found[:top]


def differing_vectors(directory: IndexDirectory, constants: ModelConstants) -> list[str]:
    """In words, the families of a sample whose vector in the search index is not that of their original."""
    loaded = directory.load_search_index()
    if loaded is None:
        return []
    rows = np.unique(np.linspace(0, max(len(loaded.keys) - 1, 0), min(len(loaded.keys), SAMPLE)).astype(np.int64))
    row_of = {loaded.keys[row]: row for row in rows.tolist() if loaded.keys[row]}
    articles = directory.articles(row_of)
    dense = dense_vectors(EncodedArticles(tuple(articles), *directory.vectors(row_of)), constants)
    stored = loaded.vectors(np.array([row_of[article.id] for article in articles], dtype=np.int64))
    same = (stored == dense).all(axis=1)
    return [
        f"the search index has another vector of article {article.id!r}"
        for article, is_same in zip(articles, same.tolist(), strict=True)
        if not is_same
    ]


def _ranked(
    loaded: LoadedSearchIndex,
    query: Article,
    dense: GridVectors,
    places: npt.NDArray[np.int64],
    constants: ModelConstants,
    days_apart: float,
) -> list[tuple[str, float]]:
    """The families at these places of the search index and how sure it is that they tell what the query tells, the
    surest first.
    """
    if not len(places):
        return []
    families = [loaded.keys[place] for place in places]
    stored = stored_families(loaded, places)
    others = np.arange(1, len(families) + 1)
    features = replace(features_beside(query, dense, stored, constants), days_apart=days_apart)
    evidence = pair_evidence(features, np.zeros_like(others), others)
    scores = np.round(probability(evidence), SCORE_DECIMALS).tolist()
    return sorted(zip(families, scores, strict=True), key=lambda one: (-one[1], one[0]))


def _rows_allowed(directory: IndexDirectory, keys: Sequence[str], filters: Filters) -> npt.NDArray[np.int64] | None:
    """The rows of families with an article that passes; None where there is no filter."""
    if not filters.any:
        return None
    passing = directory.matching_families(language=filters.language, since=filters.since, until=filters.until)
    return np.array([row for row, family in enumerate(keys) if family in passing], dtype=np.int64)


def _candidates(
    loaded: LoadedSearchIndex, dense: GridVectors, allowed: npt.NDArray[np.int64] | None, wanted: int
) -> npt.NDArray[np.int64]:
    """So many rows that are nearest to a vector, int16 [1, d]; only such as are allowed, where not all are."""
    known, query = loaded.index.ntotal, dense.astype(np.float32)
    if allowed is None:
        found, more = _nearest_of_base(loaded.index, query, wanted), _nearest(loaded.beside, query, wanted)
    else:
        found = _nearest(_exact(loaded.index), query, wanted, allowed[allowed < known])
        more = _nearest(loaded.beside, query, wanted, allowed[allowed >= known] - known)
    rows = np.hstack([found[1], np.where(more[1] < 0, -1, more[1] + known)])
    best = best_of(np.hstack([found[0], more[0]]), rows, wanted)[1].ravel()
    return np.asarray(best[best >= 0], dtype=np.int64)


def _exact(index: Any) -> Any:
    """A FAISS index that is searched exactly: all vectors of an approximate one lie in such."""
    faiss = faiss_library()
    return faiss.downcast_index(index.refine_index) if isinstance(index, faiss.IndexRefine) else index


def _nearest_of_base(index: Any, query: npt.NDArray[np.float32], wanted: int) -> Found:
    faiss = faiss_library()
    if not isinstance(index, faiss.IndexRefine):
        return _nearest(index, query, wanted)
    probes = max(PROBES_OF_A_QUERY, faiss.downcast_index(index.base_index).nprobe)
    lists = faiss.SearchParametersIVF(nprobe=probes)
    chosen = faiss.IndexRefineSearchParameters(k_factor=CODES_OF_A_CANDIDATE, base_index_params=lists)
    found: Found = index.search(query, min(wanted, index.ntotal), params=chosen)
    return found


def _nearest(
    index: Any, query: npt.NDArray[np.float32], wanted: int, allowed: npt.NDArray[np.int64] | None = None
) -> Found:
    """The products of a vector, float32 [1, d], with so many that are nearest, and their rows, -1 where there are no
    more.
    """
    faiss = faiss_library()
    chosen = None if allowed is None else faiss.SearchParameters(sel=faiss.IDSelectorBatch(allowed))
    count = min(wanted, index.ntotal if allowed is None else len(allowed))
    found: Found = index.search(query, max(count, 1), params=chosen)
    return found


def _shown(members: list[StoryArticle], query: str, filters: Filters, duplicates: bool) -> list[StoryArticle]:
    """Of a family the articles that pass: all, or where copies are folded the original, or else the next."""
    if not duplicates and any(member.article.id == query for member in members):
        return []
    passing = [member for member in members if member.article.id != query and filters.pass_(member.article)]
    passing.sort(key=lambda member: (member.article.id != member.family, member.article.id))
    return passing if duplicates else passing[:1]
