"""Damage is found: by the check, or by whoever meets it."""

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from clusterer.errors import IndexFormatError
from clusterer.index import IndexDirectory
from clusterer.index.database import FORMAT_VERSION
from clusterer.news_index import open_index
from tests.word_encoder import WordEncoder


@pytest.fixture
def sound(index, samples, folder):
    """The folder of a sound index of 30 articles, closed."""
    articles = samples.articles(30)
    samples.store(index, articles)
    index.replace_stories([samples.story("s", articles[:20]), samples.story("t", articles[20:])])
    index.close()
    with IndexDirectory.open(folder) as read:
        assert read.check() == []
    return folder


def check(folder):
    with IndexDirectory.open(folder) as read:
        return read.check()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE stories SET size = 19 WHERE id = 's'", "story 's' says it has 19 articles and has 20"),
        ("UPDATE families SET size = 2 WHERE id = 'a3'", "family 'a3' says it has 2 articles and has 1"),
        ("UPDATE articles SET family = 'a4' WHERE id = 'a3'", "family 'a3' does not hold its original"),
        ("UPDATE articles SET family = 'a2' WHERE id = 'a29'", "family 'a2' lies in 2 stories"),
        ("UPDATE articles SET story = NULL WHERE id = 'a3'", "article 'a3' has a story or a family, but not both"),
        ("UPDATE articles SET story = 'gone' WHERE id = 'a3'", "refers to a row of stories"),
        ("DELETE FROM contents WHERE number = 4", "has no text"),
        ("UPDATE articles SET row = 300 WHERE id = 'a3'", "article 'a3' points to row 300"),
        ("UPDATE articles SET segment = 77 WHERE id = 'a3'", "of segment 77, which is not there"),
        ("UPDATE contents SET headline = 'forged' WHERE number = 4", "is not the one that was stored"),
        ("UPDATE contents SET extra = '{' WHERE number = 4", "the index is damaged"),
        ("UPDATE contents SET headline = CAST(x'ff' AS TEXT) WHERE number = 4", "UTF-8"),
        ("UPDATE manifest SET value = '{' WHERE key = 'model'", "'model' of the manifest"),
        ("DELETE FROM manifest WHERE key = 'model'", "'model' of the manifest"),
    ],
)
def test_each_disagreement_is_told(sound, statement, message):
    with sqlite3.connect(sound / "clusterer.sqlite") as connection:
        connection.execute(statement)
    connection.close()
    assert any(message in problem for problem in check(sound))


@pytest.mark.parametrize("kind", ["headline", "body"])
@pytest.mark.parametrize("damage", ["missing", "short", "empty", "flipped", "other shape", "pickle"])
def test_a_damaged_vector_file_is_told(sound, kind, damage):
    (path,) = (sound / "vectors").glob(f"{kind}-*.npy")
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "other shape":
        np.save(path, np.zeros((3, 8), np.float32))
    elif damage == "pickle":
        np.save(path, np.array([{}] * 30, dtype=object), allow_pickle=True)
    else:
        flipped = content[:-1] + bytes([content[-1] ^ 1])
        path.write_bytes({"short": content[:-64], "empty": b"", "flipped": flipped}[damage])
    assert any(str(path) in problem for problem in check(sound))
    if damage != "flipped":
        with IndexDirectory.open(sound) as read, pytest.raises(IndexFormatError, match=path.name):
            read.vectors()


def test_vectors_that_are_no_unit_vectors_are_told(index, samples):
    articles = samples.articles(5)
    headline, body = samples.vectors(articles)
    headline[2] *= 1.5
    index.store(articles, headline, body)
    (problem,) = index.check()
    assert "1 of 5 sampled headline vectors" in problem


def test_a_text_where_the_database_should_be(sound):
    (sound / "clusterer.sqlite").write_bytes(b"this is not a database " * 500)
    for write in (False, True):
        with pytest.raises(IndexFormatError, match="--replace"):
            IndexDirectory.open(sound, write=write)


def test_a_damaged_database_is_told_and_can_be_replaced(sound, samples):
    path = sound / "clusterer.sqlite"
    content = bytearray(path.read_bytes())
    # All pages but the first, so that it opens.
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(IndexFormatError, match="damaged"):
        IndexDirectory.open(sound).articles()
    path.write_bytes(b"\0" * 5000)
    with pytest.raises(IndexFormatError, match="damaged"):
        IndexDirectory.open(sound)
    with IndexDirectory.create(sound, samples.model, samples.settings, replace=True) as new:
        samples.store(new, samples.articles(2))
        assert new.check() == []
    assert len(list((sound / "vectors").iterdir())) == 2


def test_a_damaged_page_is_told(sound):
    path = sound / "clusterer.sqlite"
    content = path.read_bytes()
    # The only page that holds this text is one of the table of contents.
    page = content.index(b"Water stood in the streets") // 4096
    path.write_bytes(content[: page * 4096] + b"\xa5" * 4096 + content[(page + 1) * 4096 :])
    assert check(sound) != []


def test_a_newer_format_is_refused(sound, samples):
    with sqlite3.connect(sound / "clusterer.sqlite") as connection:
        connection.execute(f"PRAGMA user_version = {FORMAT_VERSION + 1}")
    connection.close()
    for write in (False, True):
        with pytest.raises(IndexFormatError, match=rf"format {FORMAT_VERSION + 1}.*Upgrade clusterer"):
            IndexDirectory.open(sound, write=write)
    with pytest.raises(IndexFormatError, match="Upgrade clusterer"):
        IndexDirectory.create(sound, samples.model, samples.settings, replace=True)


def test_the_format_of_the_first_release_is_brought_up_to_date_by_a_writer_alone(tmp_path):
    """Its index was made of the first records of the sample, by a model of 16 dimensions."""
    folder = tmp_path / "news"
    shutil.copytree(Path(__file__).with_name("format-1"), folder)
    with pytest.raises(IndexFormatError, match=r"format 1.*clusterer reindex"):
        IndexDirectory.open(folder)
    with IndexDirectory.open(folder, write=True) as index:
        assert not index.stories_current
        assert index.load_search_index() is None
        articles = index.articles()
        assert len(articles) == 24
        stories = index.stories()
        assert [story.thread for story in stories] == [""] * 17
        assert {member.overlap for story in stories for member in story.articles} == {1.0}
        told = [(change.event, change.story, set(change.members)) for change in index.changes()]
        assert sorted(told) == sorted(
            ("born", story.id, {member.article.id for member in story.articles}) for story in stories
        )
    with IndexDirectory.open(folder) as index:
        assert index.articles() == articles
        assert index.info()["format"] == FORMAT_VERSION
        assert index.check() == []
    with open_index(folder, write=True) as index:
        index.reindex(encoder=WordEncoder())
        assert index.info()["stories_current"]
        assert index.check() == []


@pytest.mark.parametrize("version", [0, 1])
def test_the_database_of_another_program_is_refused(tmp_path, samples, version):
    with sqlite3.connect(tmp_path / "clusterer.sqlite") as connection:
        connection.execute("CREATE TABLE addresses (name TEXT)")
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    with pytest.raises(IndexFormatError, match="not an index of clusterer"):
        IndexDirectory.open(tmp_path)
    with pytest.raises(IndexFormatError, match="not an index of clusterer"):
        IndexDirectory.create(tmp_path, samples.model, samples.settings, replace=True)
