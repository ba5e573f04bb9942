"""One state for each reader, all or nothing for the writer, and how an index is made or replaced."""

import os
import sqlite3
import tempfile
from pathlib import Path

import numpy as np
import pytest

from clusterer.errors import IndexDirectoryError, IndexFormatError, IndexMissingError
from clusterer.index import IndexDirectory, ModelIdentity
from clusterer.settings import Settings


def state(index):
    """What an index holds, to be compared."""
    headline, body = index.vectors()
    return index.articles(), headline.tolist(), body.tolist(), index.stories()


def test_a_reader_keeps_its_state_while_a_writer_compacts(index, samples, folder):
    articles = samples.articles(8)
    samples.store(index, articles)
    index.replace_stories([samples.story("s", articles)])
    with IndexDirectory.open(folder) as read:
        with read.snapshot():
            before = read.articles()
            with index.transaction():
                # A third of twelve rows dead: the first segment is copied into another.
                samples.store(index, [samples.revised(article) for article in articles[:4]])
                index.remove(["a0"])
                index.replace_stories([samples.story("t", index.articles())])
            assert read.articles() == before == sorted(articles, key=before.index)
            np.testing.assert_array_equal(read.vectors()[0], samples.vectors(before)[0])
            assert [story.id for story in read.stories()] == ["s"]
            assert read.check() == []
        assert [story.id for story in read.stories()] == ["t"]
        assert len(read.articles()) == 7
        assert read.check() == []


def test_a_reader_that_is_two_writes_late_is_told(index, samples, folder):
    articles = samples.articles(4)
    samples.store(index, articles)
    with IndexDirectory.open(folder) as read, read.snapshot():
        samples.store(index, [samples.revised(article) for article in articles])
        samples.store(index, samples.articles(1, first=4))
        with pytest.raises(IndexFormatError, match="run the command again"):
            read.vectors()


def test_mapped_vectors_outlive_their_file(index, samples):
    articles = samples.articles(6)
    samples.store(index, articles)
    order, (headline, _) = index.articles(), index.vectors()
    for _ in range(3):
        index.replace_vectors(samples.model, *samples.vectors(order))
    np.testing.assert_array_equal(headline, samples.vectors(order)[0])


def test_a_transaction_is_stored_as_a_whole(index, samples, folder):
    articles = samples.articles(4)
    with IndexDirectory.open(folder) as read, index.transaction():
        samples.store(index, articles)
        index.replace_stories([samples.story("s", articles)])
        index.save_array("means", np.ones(3))
        assert read.articles() == [] and read.load_array("means") is None
        assert len(index.articles()) == 4
    with IndexDirectory.open(folder) as read:
        assert len(read.articles()) == 4
        assert read.load_array("means").tolist() == [1, 1, 1]
        assert read.check() == []


def test_a_failed_transaction_leaves_nothing(index, samples, folder):
    articles = samples.articles(4)
    samples.store(index, articles)
    before = state(index)
    with pytest.raises(KeyError), index.transaction():
        samples.store(index, samples.articles(5, first=4))
        index.remove(["a0"])
        raise KeyError("interrupted")
    assert state(index) == before
    assert index.check() == []
    index.close()
    with IndexDirectory.open(folder, write=True) as again:
        assert state(again) == before
    assert len(list((folder / "vectors").iterdir())) == 2


def test_a_failed_step_leaves_the_rest_of_its_transaction(index, samples):
    articles = samples.articles(4)
    with index.transaction():
        samples.store(index, articles)
        with pytest.raises(ValueError):
            index.replace_stories([samples.story("s", articles[:2])])
        index.replace_stories([samples.story("t", articles)])
    assert [story.id for story in index.stories()] == ["t"]
    assert index.check() == []


def test_nothing_is_written_within_a_snapshot(index, samples):
    with index.snapshot(), pytest.raises(RuntimeError, match="snapshot"):
        samples.store(index, samples.articles(1))


def test_a_replacement_appears_at_once_and_whole(index, samples, folder):
    samples.store(index, samples.articles(5))
    before = state(index)
    index.close()
    other = ModelIdentity("other", "cd" * 32, 5)
    fresh = samples.articles(3, first=20)
    with (
        IndexDirectory.create(folder, other, Settings(threshold=0.8), replace=True) as new,
        IndexDirectory.open(folder) as read,
    ):
        assert new.articles() == [] and new.model == other
        assert state(read) == before and read.model == samples.model
        with new.transaction():
            new.store(fresh, *samples.vectors(fresh, 5))
            assert state(read) == before
            new.replace_stories([samples.story("s", fresh)])
        assert {article.id for article in read.articles()} == {"a20", "a21", "a22"}
        assert read.model == other and read.settings.threshold == 0.8
        assert read.check() == []
        new.store(fresh[:1], *samples.vectors(fresh[:1], 5))
        assert len(read.articles()) == 3


def test_a_replacement_that_never_comes_changes_nothing(index, samples, folder):
    samples.store(index, samples.articles(5))
    before = state(index)
    index.close()
    with IndexDirectory.create(folder, ModelIdentity("other", "cd" * 32, 5), Settings(), replace=True) as new:
        with pytest.raises(ValueError):
            new.replace_stories([samples.story("s", samples.articles(1))])
        # The failure does not turn the replacement into an addition.
        assert new.articles() == []
    with IndexDirectory.open(folder) as read:
        assert state(read) == before
        assert read.check() == []


def test_an_index_can_be_replaced_by_an_empty_one(index, samples, folder):
    samples.store(index, samples.articles(5))
    index.close()
    with IndexDirectory.create(folder, samples.model, samples.settings, replace=True) as new:
        new.replace_stories([])
    with IndexDirectory.open(folder) as read:
        assert read.articles() == []


def test_an_index_is_not_replaced_unasked(index, samples, folder):
    samples.store(index, samples.articles(2))
    index.close()
    with pytest.raises(IndexDirectoryError, match="--replace"):
        IndexDirectory.create(folder, samples.model, samples.settings)
    with IndexDirectory.open(folder, write=True) as again:
        assert len(again.articles()) == 2


@pytest.mark.parametrize("replace", [False, True])
def test_a_folder_of_other_things_is_left_alone(tmp_path, samples, replace):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(IndexDirectoryError, match=r"letter\.txt"):
        IndexDirectory.create(tmp_path, samples.model, samples.settings, replace=replace)
    with pytest.raises(IndexDirectoryError, match="file"):
        IndexDirectory.create(tmp_path / "letter.txt", samples.model, samples.settings, replace=replace)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_an_empty_folder_and_an_interrupted_creation_will_do(tmp_path, samples):
    for name in ("empty", "deep/er", "interrupted"):
        path = tmp_path / name
        if name != "deep/er":
            path.mkdir(parents=True)
        if name == "interrupted":
            (path / "vectors").mkdir()
            (path / "writer.lock").touch()
            sqlite3.connect(path / "clusterer.sqlite").execute("PRAGMA journal_mode = WAL")
            with pytest.raises(IndexMissingError):
                IndexDirectory.open(path)
        with IndexDirectory.create(path, samples.model, samples.settings) as index:
            samples.store(index, samples.articles(2))
            assert index.check() == []


def test_leftovers_of_a_crash_are_removed_and_nothing_else(index, samples, folder):
    samples.store(index, samples.articles(2))
    index.close()
    leftovers = ["vectors/headline-99.npy", "vectors/body-98.npy.part", "search-97.faiss", "search-96.faiss.part"]
    for name in [*leftovers, "notes.txt", "vectors/notes.npy"]:
        (folder / name).touch()
    with IndexDirectory.open(folder):
        assert all((folder / name).exists() for name in leftovers)
    with IndexDirectory.open(folder, write=True) as again:
        assert len(again.articles()) == 2 and again.check() == []
    assert not any((folder / name).exists() for name in leftovers)
    assert (folder / "notes.txt").exists() and (folder / "vectors" / "notes.npy").exists()


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")
def test_an_index_that_may_not_be_written_can_be_read(samples):
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "index"
        with IndexDirectory.create(folder, samples.model, samples.settings) as index:
            samples.store(index, samples.articles(2))
        for path in (Path(parent), folder, folder / "vectors"):
            path.chmod(0o555)
        was_root = os.geteuid() == 0
        if was_root:  # whom no permission stops
            os.setresuid(65534, 65534, 0)
        try:
            with IndexDirectory.open(folder) as read:
                assert len(read.articles()) == 2
                np.testing.assert_array_equal(read.vectors()[0], samples.vectors(read.articles())[0])
                assert read.check() == []
            with pytest.raises(IndexDirectoryError, match="permissions"):
                IndexDirectory.open(folder, write=True)
        finally:
            if was_root:
                os.setresuid(0, 0, 0)
            for path in (Path(parent), folder, folder / "vectors"):
                path.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="there is no file size limit to set")
def test_a_full_disk_costs_nothing_stored(index, samples):
    import resource
    import signal

    samples.store(index, samples.articles(5))
    before = state(index)
    articles = samples.articles(400, first=5)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, limits[1]))
    try:
        with pytest.raises(IndexDirectoryError, match="free space"):
            samples.store(index, articles)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert state(index) == before
    samples.store(index, articles)
    assert len(index.articles()) == 405 and index.check() == []
