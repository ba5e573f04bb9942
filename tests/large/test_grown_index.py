"""The search index of a large index while articles come and leave."""

import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from clusterer import touched
from clusterer.article import Article
from clusterer.grouping.calibration import evidence_at
from clusterer.grouping.neighbours import distinct_pairs
from clusterer.grouping.partition import edges_among, floor_of
from clusterer.grouping.search_index import found_in
from clusterer.grown_index import NOWHERE, Fresh, GrownIndex
from clusterer.news_index import NewsIndex, open_index
from clusterer.pipeline import stored_days_apart
from clusterer.progress import silent
from tests.large.soundness import assert_sound, ids


def test_edges_are_those_of_the_nearest_and_who_lost_one_is_compared_anew(index: NewsIndex) -> None:
    search = index._directory.load_search_index(to_grow=True)
    assert search is not None
    constants, neighbours = index._constants(silent), index.settings.neighbours
    floor = floor_of(evidence_at(index.settings.threshold))
    originals = index._directory.articles(search.keys)
    row = {key: number for number, key in enumerate(search.keys)}

    def grown_without(lost: set[int]) -> tuple[GrownIndex, list[Article]]:
        grown = GrownIndex(search, stored_days_apart(index._directory))
        for number in lost:
            grown.remove(search.keys[number])
        return grown, [article for article in originals if row[article.id] not in lost]

    def known(lost: set[int]) -> set[tuple[int, int]]:
        """The rows of the edges that are known when rows are lost."""
        grown, there = grown_without(lost)
        nothing = grown.stored(np.array([], dtype=np.intp))
        fresh = Fresh([], nothing, grown.search(nothing.dense, neighbours + 1))
        found = grown.compared(there, fresh, constants, neighbours=neighbours, floor=floor)
        assert found.fresh_edges.shape[0] == 0
        places = np.array([row[article.id] for article in there], dtype=np.intp)
        return {
            (min(two), max(two)) for two in zip(*(places[side].tolist() for side in found.edges.pairs), strict=True)
        }

    def nearest(lost: set[int], whose: set[int]) -> set[tuple[int, int]]:
        """The rows of the edges to the nearest of some rows, when rows are lost."""
        grown, _ = grown_without(lost)
        some = np.array(sorted(whose), dtype=np.intp)
        dense = grown.stored(some).dense
        # As the index was made, or to find as many when some are gone.
        found = grown.search(dense, neighbours + 1) if lost else found_in(search.index, dense, neighbours + 1)
        near = grown.nearest(found, neighbours + 1)[1]
        left, right = np.repeat(some, near.shape[1]), near.ravel()
        keep = (left != right) & (right != NOWHERE)
        pairs = distinct_pairs((left[keep], right[keep]), len(row))
        edges = edges_among(grown.stored(np.arange(len(row))).features(constants), pairs, floor=floor)
        return set(zip(*(side.tolist() for side in edges.pairs), strict=True))

    before = known(set())
    assert len(before) > 1000
    assert before == nearest(set(), set(row.values()))
    lost = set(range(0, len(row), 20))
    bereft = {one for two in before if lost & set(two) for one in two} - lost
    assert len(bereft) > 20
    assert known(lost) == {two for two in before if not lost & set(two)} | nearest(lost, bereft)


@pytest.mark.usefixtures("never_all")
def test_what_comes_is_written_beside_and_in_time_with_the_whole(index: NewsIndex, dump: list[Article]) -> None:
    told = []
    for start in range(1000, 1120, 20):
        index.add(dump[start : start + 20])
        loaded = index._directory.load_search_index()
        assert loaded is not None
        told.append((loaded.files.base, len(loaded.added)))
    first, *_, last = told
    assert first[0] < last[0]
    for (base, added), (later, more) in pairwise(told):
        assert added < more if base == later else not more
    assert_sound(index, ids(dump[:1120]))


@pytest.mark.parametrize("query", [1001, 1010, 3, 400])
def test_what_was_written_beside_is_found_as_with_the_whole(
    base: Path, dump: list[Article], query: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, added = [], []
    for share in (touched.LARGEST_SHARE_ADDED, 0.0):
        monkeypatch.setattr(touched, "LARGEST_SHARE_ADDED", share)
        folder = tmp_path / str(share)
        shutil.copytree(base, folder)
        with open_index(folder, write=True) as index:
            index.add(dump[1000:1020])
            loaded = index._directory.load_search_index()
            assert loaded is not None
            added.append(len(loaded.added))
        with open_index(folder) as index:
            language = dump[query].language
            rows = [index.similar(dump[query].headline, top=5, language=only) for only in (None, language)]
            found.append([[(row.article.id, row.score) for row in some] for some in rows])
    assert added[0] > 10
    assert added[1] == 0
    assert found[0] == found[1]
    assert any(id_ == dump[query].id or score > 0.9 for id_, score in found[0][0])
