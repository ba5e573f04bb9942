"""An index on the disk: what is added, in whatever batches, is what would have been clustered at once."""

import json
import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusterer.article import Article
from clusterer.encoding.bundled import BundledEncoder
from clusterer.errors import (
    IndexDirectoryError,
    IndexLockedError,
    IndexMissingError,
    InputError,
    ModelMismatchError,
    UsageError,
)
from clusterer.news_index import NewsIndex, open_index
from clusterer.pipeline import cluster
from clusterer.reading import read_articles
from clusterer.settings import Settings
from clusterer.story import Story
from clusterer.updating import Added
from tests.word_encoder import WordEncoder

PROJECT = Path(__file__).resolve().parents[1]
ARTICLES = tuple(read_articles([PROJECT / "data" / "sample-news.jsonl"]))


class StoppedError(Exception):
    """Raised in the middle of work."""


ENCODER = WordEncoder()
HIGHEST = "\U0010ffff"


@pytest.fixture
def index(folder: Path) -> Iterator[NewsIndex]:
    """A new index, open for writing, with the first articles of the sample."""
    with open_index(folder, encoder=ENCODER, create=True) as index:
        index.add(ARTICLES[:60])
        yield index


def all_stories(index: NewsIndex) -> tuple[Story, ...]:
    return tuple(index.stories(min_size=1, limit=None))


def nameless(stories: Sequence[Story]) -> list[Story]:
    """The stories without their names, which tell from what they began; and which of them share a thread."""
    first: dict[str, str] = {}
    for story in stories:
        members = (member.article.id for member in story.articles)
        first[story.thread] = min(first.get(story.thread, HIGHEST), *members)
    unnamed = [replace(story, id="", thread=first[story.thread]) for story in stories]
    return sorted(unnamed, key=lambda story: min(member.article.id for member in story.articles))


# Adding


def test_the_sample_in_an_index_is_the_sample_clustered(folder: Path) -> None:
    with open_index(folder, create=True) as index:
        assert index.add(ARTICLES) == Added(240, 0, 0)
        clustering = cluster(ARTICLES, encoder=index.encoder)
        assert all_stories(index) == clustering.stories
        placed = {assignment.id: assignment for assignment in index.assignments()}
        assert placed == {assignment.id: assignment for assignment in clustering.assignments}
        assert index.check() == []


def test_adding_again_adds_nothing(index: NewsIndex) -> None:
    before, generation = all_stories(index), index.generation
    ENCODER.encoded.clear()
    assert index.add(ARTICLES[:60]) == Added(0, 0, 60)
    assert index.add(reversed(ARTICLES[:60])) == Added(0, 0, 60)
    assert not ENCODER.encoded
    assert index.generation == generation
    assert all_stories(index) == before


def test_adding_nothing(folder: Path) -> None:
    with open_index(folder, encoder=ENCODER, create=True) as index:
        assert index.add([]) == Added(0, 0, 0)
        assert all_stories(index) == ()
        assert index.similar("anything") == []
        index.reindex()
        assert index.check() == []


def versions() -> st.SearchStrategy[list[Article]]:
    """Articles of the sample, some of them in several versions under one id, with a date or without."""

    def version(article: Article, edit: int, dated: bool) -> Article:
        if not edit:
            return article
        day = datetime(2025, 7, 1, tzinfo=UTC) + timedelta(days=edit % 3) if dated else None
        return replace(article, headline=f"{article.headline} ({edit})", published=day, language="und")

    one = st.builds(version, st.sampled_from(ARTICLES[:16]), st.integers(0, 4), st.booleans())
    return st.lists(one, min_size=1, max_size=40)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(versions(), st.integers(1, 4), st.randoms(use_true_random=False))
def test_batches_give_what_all_at_once_gives(articles: list[Article], batches: int, draw: random.Random) -> None:
    once = cluster(articles, encoder=ENCODER)
    shuffled = draw.sample(articles, len(articles))
    with TemporaryDirectory() as folder, open_index(folder, encoder=ENCODER, create=True) as index:
        for number in range(batches):
            index.add(shuffled[number::batches])
        assert nameless(all_stories(index)) == nameless(once.stories)
        assert index.check() == []


def test_a_changed_article_takes_the_place_of_the_one_with_its_id(index: NewsIndex) -> None:
    old = ARTICLES[0]
    assert old.published is not None
    newer = replace(old, headline="Another headline", published=old.published + timedelta(days=1))
    older = replace(old, headline="An earlier headline", published=old.published - timedelta(days=1))
    assert index.add([older]) == Added(0, 0, 1)
    assert index.add([newer, ARTICLES[1], ARTICLES[70]]) == Added(1, 1, 1)
    assert index.add([old]) == Added(0, 0, 1)
    stored = {member.article.id: member.article for story in all_stories(index) for member in story.articles}
    assert stored[old.id].headline == "Another headline"
    assert len(stored) == 61
    assert all_stories(index) == cluster([*ARTICLES[1:60], newer, ARTICLES[70]], encoder=ENCODER).stories


def test_a_language_that_was_not_given_is_no_change(folder: Path) -> None:
    record = {"id": "a", "title": "The ferry to Skarholm runs again after the storm"}
    with open_index(folder, encoder=ENCODER, create=True) as index:
        assert index.add([record]) == Added(1, 0, 0)
        assert index.add([record]) == Added(0, 0, 1)
        assert all_stories(index)[0].languages == {"en": 1}


def test_records_that_cannot_be_read_are_told(index: NewsIndex) -> None:
    added = index.add([{"id": "x", "title": "Bread is dearer"}, {"id": "y"}])
    assert (added.added, added.updated, added.unchanged) == (1, 0, 0)
    assert [error.location for error in added.errors] == ["records:2"]
    with pytest.raises(InputError):
        index.add([{"id": "z"}])
    assert index.info()["articles"] == 61


def test_what_is_not_finished_is_not_stored(folder: Path) -> None:
    def stop(stage: str, *_: object) -> None:
        if stage == "group":
            raise StoppedError

    with open_index(folder, encoder=ENCODER, create=True) as index:
        index.add(ARTICLES[:20])
        before = all_stories(index)
        with pytest.raises(StoppedError):
            index.add(ARTICLES[20:40], progress=stop)
        assert all_stories(index) == before
        assert index.check() == []
        assert index.add(ARTICLES[20:40]) == Added(20, 0, 0)


# Opening


def test_a_closed_index_is_there_again(folder: Path) -> None:
    with open_index(folder, encoder=ENCODER, create=True) as index:
        index.add(ARTICLES[:30])
        before = all_stories(index)
    with open_index(folder, encoder=ENCODER) as index:
        assert all_stories(index) == before
        assert index.similar(id=ARTICLES[0].id)
        with pytest.raises(IndexDirectoryError, match="for reading only"):
            index.add(ARTICLES[30:40])
    with open_index(folder, encoder=ENCODER, write=True) as index:
        index.add(ARTICLES[30:60])
        assert all_stories(index) == cluster(ARTICLES[:60], encoder=ENCODER).stories


def test_the_model_is_remembered(folder: Path) -> None:
    with open_index(folder, create=True) as index:
        index.add(ARTICLES[:5])
    with open_index(folder) as index:
        assert isinstance(index.encoder, BundledEncoder)
        assert index.encoder is index.encoder
        assert index.info()["model"]["name"] == "bundled"


def test_where_there_is_none(folder: Path) -> None:
    for write in (False, True):
        with pytest.raises(IndexMissingError, match="clusterer index INPUT"):
            open_index(folder, write=write)
    assert not folder.exists()


def test_one_writes_at_a_time(index: NewsIndex, folder: Path) -> None:
    with pytest.raises(IndexLockedError):
        open_index(folder, encoder=ENCODER, write=True)
    with open_index(folder, encoder=ENCODER) as reader:
        assert all_stories(reader) == all_stories(index)


def test_a_new_one_is_refused_where_there_is_one_and_may_replace_it(folder: Path) -> None:
    with open_index(folder, encoder=ENCODER, new=True) as index:
        index.add(ARTICLES[:10])
    with pytest.raises(IndexDirectoryError, match="there is an index already"):
        open_index(folder, encoder=ENCODER, new=True)
    with open_index(folder, encoder=WordEncoder("other", 1), replace=True):
        pass  # nothing is stored, so nothing is replaced
    with open_index(folder, encoder=ENCODER) as index:
        assert index.info()["articles"] == 10
    with open_index(folder, encoder=WordEncoder("other", 1), replace=True) as index:
        index.add(ARTICLES[10:15])
        assert index.info()["articles"] == 5
        assert index.check() == []
    with open_index(folder, encoder=WordEncoder("other", 1)) as index:
        assert index.info()["articles"] == 5


# Models


def test_another_model_is_refused_by_name(index: NewsIndex, folder: Path) -> None:
    index.close()
    other = WordEncoder("other/model", 1)
    for write in (False, True):
        with pytest.raises(ModelMismatchError, match=r"words.*other/model.*clusterer reindex") as caught:
            open_index(folder, encoder=other, write=write)
        assert caught.value.where == str(folder)
    with open_index(folder, encoder=ENCODER, write=True) as again:  # the refused did not keep the lock
        assert again.info()["articles"] == 60


def test_a_model_that_has_changed_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_index(folder, encoder=ENCODER, create=True) as index:
        index.add(ARTICLES[:5])
    monkeypatch.setattr("clusterer.news_index.load_encoder", lambda *_, **__: WordEncoder("words", 2))
    with open_index(folder) as index, pytest.raises(ModelMismatchError, match="reindex"):
        index.similar("bridge")


def test_reindex_keeps_the_stories_of_the_same_model(index: NewsIndex) -> None:
    before = all_stories(index)
    ENCODER.encoded.clear()
    index.reindex()
    assert ENCODER.encoded
    assert all_stories(index) == before
    assert index.check() == []


def test_reindex_with_another_model(index: NewsIndex, folder: Path) -> None:
    other = WordEncoder("other/model", 1)
    index.reindex(encoder=other)
    assert index.encoder is other
    # A story keeps the id that it had with the former model.
    assert nameless(all_stories(index)) == nameless(cluster(ARTICLES[:60], encoder=other).stories)
    assert index.add(ARTICLES[60:70]) == Added(10, 0, 0)
    assert index.check() == []
    index.close()
    with pytest.raises(ModelMismatchError, match=r"other/model.*words"):
        open_index(folder, encoder=ENCODER)
    with open_index(folder, encoder=other) as again:
        assert nameless(all_stories(again)) == nameless(cluster(ARTICLES[:70], encoder=other).stories)


def test_a_reindex_that_fails_changes_nothing(index: NewsIndex) -> None:
    def stop(stage: str, *_: object) -> None:
        if stage == "stories":
            raise StoppedError

    before, threshold = all_stories(index), index.settings.threshold
    with pytest.raises(StoppedError):
        index.reindex(encoder=WordEncoder("other", 1), settings=Settings(threshold=0.9), progress=stop)
    assert index.encoder is ENCODER
    assert index.settings.threshold == threshold
    assert all_stories(index) == before
    assert index.similar("bridge") is not None
    assert index.check() == []


# Settings


def test_the_threshold_is_in_the_manifest(folder: Path) -> None:
    with open_index(folder, encoder=ENCODER, settings=Settings(threshold=0.8), create=True) as index:
        index.add(ARTICLES[:60])
        assert index.info()["settings"]["threshold"] == 0.8
    with open_index(folder, encoder=ENCODER, write=True) as index:
        assert index.settings == Settings(threshold=0.8)
        index.add(ARTICLES[60:70])
        expected = cluster(ARTICLES[:70], encoder=ENCODER, settings=Settings(threshold=0.8))
        assert all_stories(index) == expected.stories
    manifest = dict(sqlite3.connect(folder / "clusterer.sqlite").execute("SELECT * FROM manifest"))
    assert json.loads(manifest["settings"])["threshold"] == 0.8


def test_another_threshold_groups_anew_though_nothing_is_added(folder: Path) -> None:
    with open_index(folder, encoder=ENCODER, create=True) as index:
        index.add(ARTICLES[:60])
    with open_index(folder, encoder=ENCODER, settings=Settings(threshold=0.9), write=True) as index:
        assert index.add([]) == Added(0, 0, 0)
        expected = cluster(ARTICLES[:60], encoder=ENCODER, settings=Settings(threshold=0.9))
        assert nameless(all_stories(index)) == nameless(expected.stories)
        index.reindex(settings=Settings(threshold=0.4))
        assert index.settings.threshold == index.info()["settings"]["threshold"] == 0.4


# Stories


def test_stories_are_filtered(index: NewsIndex) -> None:
    everything = all_stories(index)
    assert index.stories(limit=None) == [story for story in everything if story.size >= 2]
    assert index.stories(limit=3, min_size=1) == list(everything[:3])
    arabic = index.stories(language="ar", min_size=1, limit=None)
    assert arabic == [story for story in everything if "ar" in story.languages]
    first = everything[0]
    assert index.story(first.id) == first
    assert index.story("no such story") is None


def test_a_date_without_time_zone_is_in_utc(index: NewsIndex) -> None:
    moment = datetime(2025, 6, 19, 12)
    aware = moment.replace(tzinfo=UTC)
    assert (
        index.stories(since=moment, min_size=1) == index.stories(since=aware, min_size=1) != index.stories(min_size=1)
    )
    assert index.similar("bridge", until=moment) == index.similar("bridge", until=aware)


def test_stories_of_a_query_are_the_most_similar_first(index: NewsIndex) -> None:
    article = ARTICLES[0]
    found = index.stories(query=article.headline, min_size=1)
    assert article.id in {member.article.id for member in found[0].articles}
    assert len({story.id for story in found}) == len(found)
    assert index.stories(query=article.headline, min_size=1, limit=2) == found[:2]


@pytest.mark.parametrize(
    "arguments", [{}, {"text": "bridge", "id": "a"}, {"text": ""}, {"text": " \n "}, {"id": "none"}]
)
def test_a_search_needs_a_text_or_an_id_that_is_there(index: NewsIndex, arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        index.similar(**arguments)


def test_overlaps_and_threads_are_kept(tmp_path: Path) -> None:
    with open_index(tmp_path / "news.index", create=True) as index:
        index.add(ARTICLES)
    found = cluster(ARTICLES)
    expected = {m.article.id: (m.overlap, story.thread) for story in found.stories for m in story.articles}
    assert min(overlap for overlap, _ in expected.values()) < 1
    with open_index(tmp_path / "news.index") as index:
        stories = index.stories(min_size=1, limit=None)
        kept = {m.article.id: (m.overlap, story.thread) for story in stories for m in story.articles}
        assert [thread.id for thread in index.threads(min_stories=1, limit=None)] == [t.id for t in found.threads]
    assert kept == expected
