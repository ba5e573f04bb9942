"""An index that lives: articles come and go, stories keep their names, and what was removed is gone."""

import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusterer.article import Article
from clusterer.errors import IndexFormatError
from clusterer.index.search_files import SearchIndexRows
from clusterer.news_index import NewsIndex, Removed, open_index
from clusterer.pipeline import cluster
from clusterer.reading import read_articles
from clusterer.story import Story
from tests.word_encoder import WordEncoder

PROJECT = Path(__file__).resolve().parents[1]
ARTICLES = tuple(read_articles([PROJECT / "data" / "sample-news.jsonl"]))
ENCODER = WordEncoder()


@pytest.fixture
def index(folder: Path) -> Iterator[NewsIndex]:
    """A new index, open for writing, with the first articles of the sample."""
    with open_index(folder, encoder=ENCODER, create=True) as index:
        index.add(ARTICLES[:80])
        yield index


def stories_of(index: NewsIndex) -> list[Story]:
    return index.stories(min_size=1, limit=None)


def members(stories: list[Story] | tuple[Story, ...]) -> set[frozenset[str]]:
    return {frozenset(member.article.id for member in story.articles) for story in stories}


def story_holding(index: NewsIndex, article: Article) -> str:
    return next(a.story for a in index.assignments() if a.id == article.id)


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


# Names


def test_a_story_keeps_its_name_when_an_earlier_article_joins(folder: Path) -> None:
    assert ARTICLES[0].published is not None
    earlier = replace(ARTICLES[0], id="earlier", published=ARTICLES[0].published - timedelta(hours=1))
    with open_index(folder, encoder=ENCODER, create=True) as index:
        index.add(ARTICLES[:1])
        name = story_holding(index, ARTICLES[0])
        index.add([earlier])
        assert story_holding(index, earlier) == story_holding(index, ARTICLES[0]) == name
        assert cluster([ARTICLES[0], earlier], encoder=ENCODER).stories[0].id != name
        assert [(change.event, change.size) for change in index.history(name)] == [("born", 1), ("grew", 2)]


def test_names_and_threads_outlast_a_reindex_with_another_model(index: NewsIndex) -> None:
    before = {member.article.id: story.id for story in stories_of(index) for member in story.articles}
    unchanged = members(stories_of(index))
    index.reindex(encoder=WordEncoder("other", 1))
    after = stories_of(index)
    same = [story for story in after if frozenset(m.article.id for m in story.articles) in unchanged]
    assert same
    assert all(before[member.article.id] == story.id for story in same for member in story.articles)


def test_the_name_of_a_merged_story_answers_still(folder: Path) -> None:
    first, second = ARTICLES[0], replace(ARTICLES[40], id="other")
    copy = replace(second, id="other", headline=first.headline, body=first.body, published=first.published)
    with open_index(folder, encoder=ENCODER, create=True) as index:
        index.add([first, second])
        names = story_holding(index, first), story_holding(index, second)
        assert names[0] != names[1]
        newer = replace(copy, published=datetime(2030, 1, 1, tzinfo=UTC))
        index.add([newer])
        assert story_holding(index, first) == story_holding(index, second)
        for name in names:
            story = index.story(name)
            assert story is not None
            assert {member.article.id for member in story.articles} == {first.id, "other"}
        assert sorted(change.event for change in index.history(names[1])) in (
            ["born", "merged"],
            ["born", "grew", "merged"],
        )


# Removal


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_removal_undoes_an_addition(draw: random.Random, batches: int) -> None:
    some = draw.sample(ARTICLES, 40)
    kept, passing = some[:25], some[25:]
    with TemporaryDirectory() as folder, open_index(folder, encoder=ENCODER, create=True) as index:
        index.add(kept)
        before = stories_of(index)
        for number in range(batches):
            index.add(passing[number::batches])
        assert members(stories_of(index)) == members(cluster(some, encoder=ENCODER).stories)
        assert index.remove([article.id for article in passing]) == Removed(len(passing))
        assert stories_of(index) == before
        assert index.check() == []


def test_what_is_not_there_is_told(index: NewsIndex) -> None:
    generation = index.generation
    assert index.remove(["nobody", "nobody"]) == Removed(0, ("nobody",))
    assert index.generation == generation
    assert index.remove([ARTICLES[0].id, "nobody"]) == Removed(1, ("nobody",))


def test_all_before_a_date_is_removed_and_what_has_no_date_stays(index: NewsIndex) -> None:
    index.add([Article("undated", "A headline without any date at all")])
    dates = sorted(article.published for article in ARTICLES[:80] if article.published)
    limit = dates[30]
    assert index.remove(before=limit).removed == sum(date < limit for date in dates)
    left = {member.article.id for story in stories_of(index) for member in story.articles}
    assert "undated" in left
    assert left == {"undated", *(a.id for a in ARTICLES[:80] if not a.published or a.published >= limit)}
    naive = limit.replace(tzinfo=None) + timedelta(days=1)
    assert index.remove(before=naive).removed == sum(limit <= date < limit + timedelta(days=1) for date in dates)


def test_a_page_takes_along_what_stood_on_it(index: NewsIndex) -> None:
    part = Article("page#1", "A teaser that stood on the page", role="teaser", part_of="page")
    index.add([Article("page", "The page's own headline"), part])
    assert index.remove(["page"]).removed == 2


def test_all_can_be_removed(index: NewsIndex) -> None:
    assert index.remove([article.id for article in ARTICLES[:80]]).removed == 80
    assert stories_of(index) == []
    assert index.similar("bridge") == []
    assert {change.event for change in index.changes()} == {"born", "retired"}
    assert index.check() == []
    assert index.add(ARTICLES[:3]).added == 3


def test_removed_text_is_gone_from_the_disk(index: NewsIndex, folder: Path) -> None:
    secret = Article(
        "secret", "Xylographic quinquagenarian unveils a zyzzyva", "Nobody shall read vexillology here again."
    )
    index.add([secret])
    for word in (b"Xylographic", b"vexillology"):
        assert word in bytes_of(folder)
    assert index.remove(["secret"]).overwritten
    for word in (b"Xylographic", b"xylographic", b"vexillology"):
        assert word not in bytes_of(folder)


def test_a_purge_leaves_no_vector_and_no_id(index: NewsIndex, folder: Path) -> None:
    secret = Article("secret-4711", "Xylographic quinquagenarian unveils a zyzzyva", "Vexillology.")
    vector = ENCODER.encode([secret.headline])[0].tobytes()
    index.add([secret])
    assert vector in bytes_of(folder)
    assert index.remove([secret.id], purge=True) == Removed(1)
    assert vector not in bytes_of(folder)
    assert b"secret-4711" not in bytes_of(folder)
    born, retired = index.changes()[-2:]
    assert (born.event, born.moved, born.members) == ("born", 1, ())
    assert (retired.event, retired.moved, retired.members) == ("retired", 1, ())
    assert index.check() == []
    assert index.similar("bridge")


def test_a_purge_makes_up_for_an_earlier_removal(index: NewsIndex, folder: Path) -> None:
    vector = np.asarray(ENCODER.encode([ARTICLES[5].headline]))[0].tobytes()
    index.remove([ARTICLES[5].id])
    index.remove(purge=True)
    assert vector not in bytes_of(folder)
    assert index.check() == []


def test_a_reader_that_looks_on_is_told_of(index: NewsIndex, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clusterer.index.session._PATIENCE_OF_OVERWRITING", 0.05)
    with open_index(folder, encoder=ENCODER) as reader, reader._directory.snapshot():
        before = stories_of(reader)
        assert not index.remove([ARTICLES[0].id]).overwritten
        assert stories_of(reader) == before
    assert index.remove([ARTICLES[1].id]).overwritten


# Repair


@pytest.mark.parametrize("damage", ["vectors", "cut vectors", "search", "stories", "families", "ledger"])
def test_what_is_derived_is_made_anew(index: NewsIndex, folder: Path, damage: str) -> None:
    before = stories_of(index)
    if damage.endswith("vectors"):
        (path,) = (folder / "vectors").glob("headline-*.npy")
        path.write_bytes(path.read_bytes()[:-100]) if damage.startswith("cut") else path.unlink()
    elif damage == "search":
        for path in folder.glob("search-*.rows"):
            path.unlink()
    else:
        with index._directory._session.transaction() as connection:
            connection.execute(
                {
                    "stories": "UPDATE stories SET size = size + 1",
                    "families": "UPDATE families SET size = size + 1",
                    "ledger": "DELETE FROM ledger WHERE number % 2 = 0",
                }[damage]
            )
    assert index.check()
    assert index.repair() == []
    assert index.check() == []
    assert stories_of(index) == before
    assert index.similar(ARTICLES[0].headline)


def test_a_search_index_of_other_vectors_is_found_and_made_anew(index: NewsIndex) -> None:
    loaded = index._directory.load_search_index()
    assert loaded is not None
    vectors = loaded.index.reconstruct_n(0, loaded.index.ntotal)
    other = type(loaded.index)(vectors.shape[1])
    other.add(vectors[::-1].copy())
    with index._directory.writing_search_index(lambda: SearchIndexRows(other, loaded.table)) as files:
        index._directory.save_search_index(files, loaded.keys, details=loaded.details)
    assert "the search index has another vector of article" in index.check()[0]
    assert index.repair() == []
    assert index.check() == []


def test_a_sound_index_is_left_as_it_is(index: NewsIndex) -> None:
    generation = index.generation
    assert index.repair() == []
    assert index.generation == generation


def test_a_text_that_has_changed_is_told_and_not_made_up(index: NewsIndex) -> None:
    with index._directory._session.transaction() as connection:
        connection.execute("UPDATE contents SET headline = 'Another one' WHERE number = 1")
    left = index.repair()
    assert len(left) == 1
    assert "is not the one that was stored" in left[0]


def test_the_first_releases_index_lives_on(tmp_path: Path) -> None:
    """Opened, brought up to date, added to and removed from."""
    shutil.copytree(PROJECT / "tests" / "index" / "format-1", tmp_path / "old")
    with pytest.raises(IndexFormatError, match="format 1"):
        open_index(tmp_path / "old")
    with open_index(tmp_path / "old", write=True) as index:
        names = {story.id for story in stories_of(index)}
        index.reindex(encoder=ENCODER)
        assert index.add(ARTICLES[:40]).added == 16
        assert index.remove([ARTICLES[0].id]).removed == 1
        assert names & {story.id for story in stories_of(index)}
        assert members(stories_of(index)) == members(cluster(ARTICLES[1:40], encoder=ENCODER).stories)
        assert index.check() == []
