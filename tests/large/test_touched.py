"""A large index is brought up to date where articles come and leave, and is nearly what all at once would give."""

import random
import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusterer import regrouped, touched
from clusterer.article import Article
from clusterer.evaluation.clusters import bcubed
from clusterer.grown_index import EDGES
from clusterer.index.search_files import SearchIndexRows
from clusterer.news_index import NewsIndex, open_index
from clusterer.pipeline import cluster
from clusterer.settings import Settings
from clusterer.story import Assignment
from tests.large.soundness import assert_nothing_is_kept_of_what_left, assert_sound, ids, rows_of_nothing

LATER = datetime(2030, 1, 1, tzinfo=UTC)


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
                        assert_nothing_is_kept_of_what_left(index)
                        held = {id_: article for id_, article in held.items() if id_ not in ids(some)}
                    else:
                        other = draw.choice(dump)
                        index.add(
                            [
                                replace(article, headline=other.headline, body=other.body, published=LATER)
                                for article in some
                            ]
                        )
                        assert_nothing_is_kept_of_what_left(index)
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
    loaded = index._directory.load_search_index()
    assert loaded is not None
    assert len(rows_of_nothing(loaded))
    assert_nothing_is_kept_of_what_left(index)
    files = [path for path in (tmp_path / "copy").rglob("*") if path.is_file()]
    assert not any(written in path.read_bytes() for path in files)
    assert_sound(index, ids(dump[:1000]))


def test_an_index_that_has_no_edges_is_grouped_anew_and_has_them(index: NewsIndex, dump: list[Article]) -> None:
    directory = index._directory
    search = directory.load_search_index(to_grow=True)
    assert search is not None
    words = {name: rows for name, rows in search.table.sparse.items() if name != EDGES}
    without = SearchIndexRows(search.index, search.table._replace(sparse=words))
    with directory.writing_search_index(lambda: without) as files:
        directory.save_search_index(files, search.keys, details=search.details)
    index.add(dump[1000:1010])
    assert_sound(index, ids(dump[:1010]))
    assert touched.CHANGED not in index.info()["search_index"]
    index.add(dump[1010:1020])
    assert index.info()["search_index"][touched.CHANGED] > 0


class Told:
    """Of families which story they are in, and of stories their size: each of 64 and, but for "small", of one."""

    def assignments(self, families: set[str]) -> list[Assignment]:
        return [Assignment(family, family.rstrip("0123456789"), family, 1.0, "") for family in sorted(families)]

    def story_sizes(self, stories: Iterable[str]) -> dict[str, int]:
        return {story: 1 if story == "small" else 64 for story in stories}


@pytest.mark.parametrize(("of_all", "expected"), [(6400, {"best": 1, "some": 0, "small": 0}), (6399, None)])
def test_an_article_joins_no_large_story_for_one_family(of_all: int, expected: dict[str, int] | None) -> None:
    related = [["best1", "few1", "some1", "some2", "some3", "few2", "some4", "small1"]]
    coming = touched._coming(Told(), related, 32, of_all)  # type: ignore[arg-type]  # answers what it asks
    assert coming == (expected or {"best": 1, "few": 0, "some": 0, "small": 0})


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
