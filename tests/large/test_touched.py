"""A large index is brought up to date where articles come and leave, and is nearly what all at once would give."""

import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.generated import write_generated
from clusterer import regrouped, touched, updating
from clusterer.article import Article
from clusterer.article_features import stored_families
from clusterer.evaluation.clusters import bcubed
from clusterer.grouping import search_index
from clusterer.grouping.calibration import evidence_at
from clusterer.grouping.evidence import DECIMALS, pair_evidence
from clusterer.grouping.neighbours import distinct_pairs
from clusterer.grouping.partition import edges_among, floor_of
from clusterer.grown_index import EDGES, NOWHERE, GrownIndex
from clusterer.index.search_index import SearchIndexRows
from clusterer.index.sparse_rows import PiecedRows
from clusterer.news_index import NewsIndex, open_index
from clusterer.pipeline import cluster
from clusterer.progress import silent
from clusterer.reading import read_articles
from clusterer.settings import Settings

RECORDS = 1500
LATER = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> list[Article]:
    """A generated dump, in an order of chance."""
    path = tmp_path_factory.mktemp("dump") / "dump.jsonl"
    write_generated(path, RECORDS)
    articles = list(read_articles([path]))
    random.Random(1).shuffle(articles)
    return articles


@pytest.fixture(scope="module")
def approximate() -> Iterator[None]:
    """Few articles are many enough to be searched approximately."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_index, "EXACT_UP_TO", 200)
        yield


@pytest.fixture(scope="module")
def base(dump: list[Article], approximate: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the first thousand."""
    del approximate
    path = tmp_path_factory.mktemp("base") / "news.index"
    with open_index(path, create=True) as index:
        index.add(dump[:1000])
        details = index.info()["search_index"]
    assert details["probes"]
    return path


@pytest.fixture
def never_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """To group all anew is a fault."""

    def refuse(*_: object) -> None:
        raise AssertionError("all were grouped anew")

    monkeypatch.setattr(updating, "regroup", refuse)


@pytest.fixture
def index(base: Path, tmp_path: Path) -> Iterator[NewsIndex]:
    """A copy of the index of a thousand, open for writing."""
    shutil.copytree(base, tmp_path / "copy")
    with open_index(tmp_path / "copy", write=True) as index:
        yield index


def assert_sound(index: NewsIndex, expected: set[str]) -> None:
    """That the index is sound, holds these articles, and that each of their families and no other can be searched."""
    assert index.check() == []
    assert index.info()["stories_current"]
    assignments = index.assignments()
    assert {assignment.id for assignment in assignments} == expected
    loaded = index._directory.load_search_index()
    assert loaded is not None
    assert sorted(key for key in loaded.keys if key) == sorted({assignment.family for assignment in assignments})
    gone = np.array([row for row, key in enumerate(loaded.keys) if not key], dtype=np.intp)
    assert all(rows.at(gone).nnz == 0 for rows in loaded.table.sparse.values())
    kept = loaded.table.sparse[EDGES].at(np.arange(len(loaded.keys))).tocoo()
    features = stored_families(loaded, np.arange(len(loaded.keys))).features(index._constants(silent))
    there = ~np.isin(kept.col, gone)
    evidence = pair_evidence(features, *(of[there].astype(np.intp) for of in (kept.row, kept.col)))
    assert np.array_equal(kept.data[there].astype(np.float64).round(DECIMALS), evidence)
    assert evidence.min() > floor_of(evidence_at(index.settings.threshold))


def ids(articles: Sequence[Article]) -> set[str]:
    return {article.id for article in articles}


@pytest.mark.usefixtures("never_all")
def test_batches_give_nearly_what_all_at_once_gives(index: NewsIndex, dump: list[Article]) -> None:
    for start in range(1000, 1150, 15):
        assert index.add(dump[start : start + 15]).added == 15
    assert_sound(index, ids(dump[:1150]))
    at_once = {assignment.id: assignment for assignment in cluster(dump[:1150]).assignments}
    batches = index.assignments()
    gold = [str(article.extra["story"]) for article in index._directory.articles()]
    stories = [assignment.story for assignment in batches]
    expected = [at_once[assignment.id].story for assignment in batches]
    assert bcubed(expected, stories).f1 > 0.95
    assert bcubed(gold, stories).f1 > bcubed(gold, expected).f1 - 0.02
    families = [at_once[assignment.id].family for assignment in batches]
    assert bcubed(families, [assignment.family for assignment in batches]).f1 > 0.995


@pytest.mark.usefixtures("never_all")
def test_a_large_story_takes_in_what_comes_and_is_not_grouped_anew(
    index: NewsIndex, dump: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regrouped, "FEWEST_OF_LARGE", 8)
    monkeypatch.setattr(regrouped, "GROWTH", 1e6)
    monkeypatch.setattr(regrouped, "LARGEST_SHARE_SETTLED", 1.0)
    before = {story.id: story for story in index.stories(min_size=1, limit=None)}
    large = [story for story in before.values() if len({member.family for member in story.articles}) >= 8]
    assert len(large) > 10
    for start in range(1000, 1100, 25):
        index.add(dump[start : start + 25])
    assert_sound(index, ids(dump[:1100]))
    now = {assignment.id: assignment for assignment in index.assignments()}
    grown = 0
    for story in large:
        stories = {now[member.article.id].story for member in story.articles}
        assert len(stories) == 1
        after = index.story(stories.pop())
        assert after is not None
        nearly_the_same = after.size < story.size / regrouped.NEARLY_THE_SAME
        if nearly_the_same and before.keys() >= {after.id}:
            strengths = {member.article.id: member.strength for member in after.articles}
            assert all(strengths[member.article.id] == member.strength for member in story.articles)
        grown += after.size > story.size
    assert grown > 5
    at_once = {assignment.id: assignment.story for assignment in cluster(dump[:1100]).assignments}
    assert bcubed([at_once[id_] for id_ in now], [assignment.story for assignment in now.values()]).f1 > 0.95


@pytest.mark.usefixtures("never_all")
def test_what_is_added_is_found_and_told(index: NewsIndex, dump: list[Article]) -> None:
    generation = index.generation
    names = {story.id: {m.article.id for m in story.articles} for story in index.stories(min_size=1, limit=None)}
    new = Article("new", "Xylographers of Skarholm vote to keep their quinquagenarian ferry", language="en")
    copy = replace(dump[0], id="copy")
    index.add([new, copy])
    assert index.similar(new.headline)[0].article.id == "new"
    assert index.similar(new.headline)[0].score > 0.9
    placed = {assignment.id: assignment for assignment in index.assignments()}
    assert placed["copy"].family == placed[dump[0].id].family
    changes = index.changes(after=generation)
    assert {"born", "grew"} <= {change.event for change in changes}
    touched_stories = {change.story for change in changes}
    after = {story.id: {m.article.id for m in story.articles} for story in index.stories(min_size=1, limit=None)}
    assert all(after[name] == members for name, members in names.items() if name not in touched_stories)
    assert len(touched_stories) < len(names) / 4


@pytest.mark.usefixtures("never_all")
def test_an_original_that_leaves_or_changes_gives_way_to_the_next(index: NewsIndex, dump: list[Article]) -> None:
    copies = [replace(dump[0], id=f"copy{number}") for number in range(3)]
    index.add(copies)
    family = {a.id: a.family for a in index.assignments()}
    own = [id_ for id_, original in family.items() if original == family["copy0"]]
    assert set(own) >= {"copy0", "copy1", "copy2", dump[0].id}
    gone = family["copy0"]
    index.remove([gone])
    family = {a.id: a.family for a in index.assignments()}
    left = [id_ for id_ in own if id_ != gone]
    assert len({family[id_] for id_ in left}) == 1
    assert_sound(index, (ids(dump[:1000]) | {"copy0", "copy1", "copy2"}) - {gone})
    changed = next(id_ for id_ in left if id_ == family[id_])
    index.add(
        [
            Article(
                changed,
                "Another headline about nothing that was told before",
                published=LATER,
            )
        ]
    )
    family = {a.id: a.family for a in index.assignments()}
    assert family[changed] == changed
    assert len({family[id_] for id_ in left if id_ != changed}) == 1
    assert index.check() == []


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.sampled_from(["add", "remove", "update"]), st.integers(1, 30)), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
def test_whatever_comes_and_leaves_the_index_is_sound(
    base: Path, dump: list[Article], steps: list[tuple[str, int]], draw: random.Random
) -> None:
    with TemporaryDirectory() as folder:
        shutil.copytree(base, Path(folder) / "copy")
        with open_index(Path(folder) / "copy", write=True) as index:
            held = {article.id: article for article in dump[:1000]}
            waiting = dump[1000:]
            for what, count in steps:
                if what == "add":
                    some = draw.sample(waiting, count)
                    index.add(some)
                    held |= {article.id: article for article in some}
                else:
                    some = [held[id_] for id_ in draw.sample(sorted(held), count)]
                    if what == "remove":
                        index.remove(ids(some))
                        held = {id_: article for id_, article in held.items() if id_ not in ids(some)}
                    else:
                        other = draw.choice(dump)
                        index.add(
                            [
                                replace(article, headline=other.headline, body=other.body, published=LATER)
                                for article in some
                            ]
                        )
                assert_sound(index, set(held))


@pytest.mark.usefixtures("never_all")
def test_nothing_that_was_removed_is_left_to_read(index: NewsIndex, dump: list[Article], tmp_path: Path) -> None:
    story = index.stories(limit=1)[0]
    assert story.size >= 8
    told = story.articles[0].article
    secret = replace(told, id="secret", headline=f"{told.headline} xylographic", body=f"Xylographic. {told.body}")
    index.add([secret])
    written = b"ylographic"
    files = [path for path in (tmp_path / "copy").rglob("*") if path.is_file()]
    assert any(written in path.read_bytes() for path in files)
    assert index.remove(["secret"]).overwritten
    files = [path for path in (tmp_path / "copy").rglob("*") if path.is_file()]
    assert not any(written in path.read_bytes() for path in files)
    assert_sound(index, ids(dump[:1000]))


def test_edges_are_those_of_the_nearest_and_who_lost_one_is_compared_anew(index: NewsIndex) -> None:
    search = index._directory.load_search_index(to_grow=True)
    assert search is not None
    constants, neighbours = index._constants(silent), index.settings.neighbours
    floor = floor_of(evidence_at(index.settings.threshold))
    originals = index._directory.articles(search.keys)
    row = {key: number for number, key in enumerate(search.keys)}

    def grown_without(lost: set[int]) -> tuple[GrownIndex, list[Article]]:
        grown = GrownIndex(search)
        for number in lost:
            grown.remove(search.keys[number])
        return grown, [article for article in originals if row[article.id] not in lost]

    def known(lost: set[int]) -> set[tuple[int, int]]:
        """The rows of the edges that are known when rows are lost."""
        grown, there = grown_without(lost)
        nothing = grown.stored(np.array([], dtype=np.intp))
        found = grown.compared(there, [], nothing, constants, neighbours=neighbours, floor=floor)
        assert found.fresh_edges.shape[0] == 0
        places = np.array([row[article.id] for article in there], dtype=np.intp)
        return {
            (min(two), max(two)) for two in zip(*(places[side].tolist() for side in found.edges.pairs), strict=True)
        }

    def nearest(lost: set[int], whose: set[int]) -> set[tuple[int, int]]:
        """The rows of the edges to the nearest of some rows, when rows are lost."""
        grown, _ = grown_without(lost)
        some = np.array(sorted(whose), dtype=np.intp)
        near = grown.nearest(grown.stored(some).dense, neighbours + 1)[1]
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


def test_an_index_that_has_no_edges_is_grouped_anew_and_has_them(index: NewsIndex, dump: list[Article]) -> None:
    directory = index._directory
    search = directory.load_search_index(to_grow=True)
    assert search is not None
    every = np.arange(len(search.keys))
    words = {name: PiecedRows.of(rows.at(every)) for name, rows in search.table.sparse.items() if name != EDGES}
    without = SearchIndexRows(search.index, words, search.table.columns)
    with directory.writing_search_index(lambda: without) as files:
        directory.save_search_index(files, search.keys, details=search.details)
    index.add(dump[1000:1010])
    assert_sound(index, ids(dump[:1010]))
    assert touched.CHANGED not in index.info()["search_index"]
    index.add(dump[1010:1020])
    assert index.info()["search_index"][touched.CHANGED] > 0


def test_where_much_has_changed_all_are_grouped_anew(
    index: NewsIndex, dump: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert touched.CHANGED not in index.info()["search_index"]
    index.add(dump[1000:1010])
    assert index.info()["search_index"][touched.CHANGED] > 0
    index.add(dump[1010:])
    assert touched.CHANGED not in index.info()["search_index"]
    monkeypatch.setattr(touched, "LARGEST_SHARE_TOUCHED", 0)
    index.remove([dump[0].id])
    assert touched.CHANGED not in index.info()["search_index"]
    assert_sound(index, ids(dump) - {dump[0].id})


def test_a_purge_and_other_settings_leave_nothing_as_it_was(
    index: NewsIndex, dump: list[Article], tmp_path: Path
) -> None:
    index.add(dump[1000:1010])
    index.remove([dump[0].id], purge=True)
    assert touched.CHANGED not in index.info()["search_index"]
    index.add(dump[1010:1020])
    index.close()
    with open_index(tmp_path / "copy", write=True, settings=Settings(threshold=0.7)) as other:
        other.add(dump[1020:1030])
        assert touched.CHANGED not in other.info()["search_index"]
        assert_sound(other, ids(dump[1:1030]))
