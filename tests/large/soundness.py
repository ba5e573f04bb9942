"""What is to hold of every large index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from clusterer.article import Article
from clusterer.article_features import stored_families
from clusterer.grouping.calibration import evidence_at
from clusterer.grouping.evidence import DECIMALS, pair_evidence
from clusterer.grouping.partition import floor_of
from clusterer.grown_index import EDGES
from clusterer.index.search_index import LoadedSearchIndex
from clusterer.news_index import NewsIndex
from clusterer.progress import silent


def assert_sound(index: NewsIndex, expected: set[str]) -> None:
    """That the index is sound, holds these articles, and that each of their families and no other can be searched."""
    assert index.check() == []
    assert index.info()["stories_current"]
    assignments = index.assignments()
    assert {assignment.id for assignment in assignments} == expected
    loaded = index._directory.load_search_index()
    assert loaded is not None
    assert sorted(key for key in loaded.keys if key) == sorted({assignment.family for assignment in assignments})
    gone = rows_of_nothing(loaded)
    kept = loaded.table.sparse[EDGES].at(np.arange(len(loaded.keys))).tocoo()
    features = stored_families(loaded, np.arange(len(loaded.keys))).features(index._constants(silent))
    there = ~np.isin(kept.col, gone) & ~np.isin(kept.row, gone)
    evidence = pair_evidence(features, *(of[there].astype(np.intp) for of in (kept.row, kept.col)))
    assert np.array_equal(kept.data[there].astype(np.float64).round(DECIMALS), evidence)
    assert evidence.min() > floor_of(evidence_at(index.settings.threshold))


def rows_of_nothing(search: LoadedSearchIndex) -> npt.NDArray[np.intp]:
    return np.array([row for row, key in enumerate(search.keys) if not key], dtype=np.intp)


def assert_nothing_is_kept_of_what_left(index: NewsIndex) -> None:
    loaded = index._directory.load_search_index()
    assert loaded is not None
    gone = rows_of_nothing(loaded)
    assert all(rows.at(gone).nnz == 0 for rows in loaded.table.sparse.values())
    assert not len(loaded.added)


def ids(articles: Sequence[Article]) -> set[str]:
    return {article.id for article in articles}
