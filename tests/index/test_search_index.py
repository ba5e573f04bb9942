"""The FAISS index beside the vectors: good for its generation, never needed."""

import sqlite3
import threading

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from clusterer.index import IndexDirectory
from clusterer.index.search_files import AddedRows, SearchIndexRows
from clusterer.index.search_index import Keys
from clusterer.index.sparse_rows import PiecedRows, Table

KINDS = ["Flat", "IVF2,Flat", "IVF2,PQ4x4fs"]


@pytest.fixture
def stored(index, samples):
    """An index of 64 grouped articles."""
    articles = samples.articles(64)
    samples.store(index, articles)
    index.replace_stories([samples.story("s", articles)])
    return index


def built(index, kind="Flat"):
    vectors = np.ascontiguousarray(index.vectors()[0])
    search = faiss.index_factory(vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
    search.train(vectors)
    search.add(vectors)
    dense = np.random.default_rng(3).random((len(vectors), 7)) * (np.arange(7) % 3 > 0)
    words, names = csr_matrix(dense.astype(np.float32)), csr_matrix((len(vectors), 5), dtype=np.float32)
    rows = {"words": words, "names": names}
    columns = {"languages": np.resize(["en", "pt-br"], len(vectors)), "days": np.linspace(-1, 1, len(vectors))}
    return search, [article.id for article in index.articles()], rows, columns


def whole(search, rows, columns):
    return SearchIndexRows(search, Table({name: PiecedRows.of(matrix) for name, matrix in rows.items()}, columns))


def save(index, search, keys, rows, columns, details=None):
    with index.writing_search_index(lambda: whole(search, rows, columns)) as files:
        index.save_search_index(files, keys, details=details)


@pytest.mark.parametrize("kind", KINDS)
def test_it_comes_back_and_finds_the_same(stored, folder, kind):
    search, keys, rows, columns = built(stored, kind)
    save(stored, search, keys, rows, columns, {"kind": kind, "recall": 0.99})
    with IndexDirectory.open(folder) as read:
        loaded = read.load_search_index()
        assert list(loaded.keys) == keys
        places = np.array([5, 0, 63, 5])
        for name, matrix in rows.items():
            np.testing.assert_array_equal(loaded.table.sparse[name].at(places).toarray(), matrix[places].toarray())
        for name, values in columns.items():
            np.testing.assert_array_equal(loaded.table.columns[name], values)
        queries = np.ascontiguousarray(read.vectors()[0])
        for found, expected in zip(loaded.index.search(queries, 5), search.search(queries, 5), strict=True):
            np.testing.assert_array_equal(found, expected)
        assert read.info()["search_index"] == {"kind": kind, "recall": 0.99}
        assert read.check() == []


def test_any_later_write_makes_it_stale(stored, samples):
    writes = [
        lambda: samples.store(stored, samples.articles(1, first=64)),
        lambda: stored.remove(["a64"]),
        lambda: stored.replace_stories([samples.story("t", samples.articles(64))]),
        lambda: stored.replace_vectors(samples.model, *samples.vectors(stored.articles())),
        lambda: stored.save_array("means", np.ones(2)),
    ]
    for write in writes:
        save(stored, *built(stored))
        assert stored.load_search_index() is not None
        write()
        assert stored.load_search_index() is None
        assert stored.info()["search_index"] is None
        assert stored.check() == []


def test_the_one_before_stays_for_a_reader_and_then_goes(stored, folder):
    for expected in (1, 2, 2):
        save(stored, *built(stored))
        assert len(list(folder.glob("search-*.faiss"))) == len(list(folder.glob("search-*.rows"))) == expected


def save_grown(index, count=60):
    """Save a search index of the first `count`, and then the others beside them."""
    search, keys, rows, columns = built(index)
    vectors = np.rint(100 * search.reconstruct_n(0, len(keys)))
    base = faiss.IndexFlatIP(vectors.shape[1])
    base.add(vectors[:count])
    save(index, base, keys[:count], *({name: some[:count] for name, some in all_.items()} for all_ in (rows, columns)))
    more = whole(None, *({name: some[count:] for name, some in all_.items()} for all_ in (rows, columns)))
    files = index.load_search_index().files
    added = AddedRows(files, count, vectors[count:].astype(np.int16), more.table)
    with index.writing_search_index(lambda: added) as writing:
        index.save_search_index(writing, keys, details={"kind": "grown"})
    return vectors, keys, rows, columns


@pytest.mark.parametrize("to_grow", [False, True])
def test_what_was_added_comes_after_the_rows_of_the_base(stored, folder, to_grow):
    vectors, keys, rows, columns = save_grown(stored)
    with IndexDirectory.open(folder) as read:
        loaded = read.load_search_index(to_grow=to_grow)
        assert loaded.can_grow == to_grow
        assert (loaded.index.ntotal, len(loaded.added)) == ((64, 0) if to_grow else (60, 4))
        assert list(loaded.keys) == keys
        assert loaded.details == {"kind": "grown"}
        places = np.array([63, 0, 60, 59, 63])
        np.testing.assert_array_equal(loaded.vectors(places), vectors[places])
        for name, matrix in rows.items():
            np.testing.assert_array_equal(loaded.table.sparse[name].at(places).toarray(), matrix[places].toarray())
        for name, values in columns.items():
            np.testing.assert_array_equal(loaded.table.columns[name], values)
        assert read.check() == []


def test_the_base_stays_where_it_is(stored, folder):
    for _ in range(3):
        save_grown(stored)
        loaded = stored.load_search_index()
        names = {path.name for path in folder.glob("search-*")}
        assert loaded.files.by_name.keys() <= names
        assert len(names) <= 5
        assert loaded.files.base < loaded.files.generation


def test_rows_beside_a_base_have_as_many_keys(stored):
    save_grown(stored)
    files = stored.load_search_index().files
    nothing = AddedRows(files, 60, np.zeros((0, 16), np.int16), Table({}, {}))
    with (
        pytest.raises(ValueError, match="60 rows, and there are 64 keys"),
        stored.writing_search_index(lambda: nothing) as writing,
    ):
        stored.save_search_index(writing, [str(row) for row in range(64)])


@pytest.mark.parametrize("damage", ["missing", "short", "overwritten", "changed"])
def test_damage_to_what_was_added_is_found(stored, folder, damage):
    save_grown(stored)
    (path,) = folder.glob("search-*.added")
    content = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    else:
        content[-5] ^= 1
        path.write_bytes({"short": content[:-100], "overwritten": b"\0" * len(content)}.get(damage, content))
    assert (stored.load_search_index() is None) == (damage != "changed")
    assert any("search index" in problem for problem in stored.check())


def test_a_search_index_of_format_4_is_good_in_the_next(stored, folder):
    search, keys, rows, columns = built(stored)
    save(stored, search, keys, rows, columns, {"kind": "Flat"})
    stored.close()
    with sqlite3.connect(folder / "clusterer.sqlite") as connection:
        connection.executescript(
            "ALTER TABLE search_indexes DROP COLUMN base; ALTER TABLE search_indexes DROP COLUMN added_bytes;"
            " ALTER TABLE search_indexes DROP COLUMN added_checksum; PRAGMA user_version = 4"
        )
    connection.close()
    with IndexDirectory.open(folder, write=True) as index:
        loaded = index.load_search_index()
        assert list(loaded.keys) == keys
        assert loaded.details == {"kind": "Flat"}
        assert index.check() == []


@pytest.mark.parametrize("kind", ["faiss", "rows"])
@pytest.mark.parametrize("damage", ["missing", "short", "overwritten"])
def test_a_damaged_file_is_as_good_as_none(stored, folder, damage, kind):
    save(stored, *built(stored))
    (path,) = folder.glob(f"search-*.{kind}")
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:-100] if damage == "short" else b"\0" * len(content))
    assert stored.load_search_index() is None
    assert any("search index" in problem for problem in stored.check())


@pytest.mark.parametrize("kind", ["faiss", "rows"])
def test_a_changed_byte_is_found_by_the_check(stored, folder, kind):
    save(stored, *built(stored))
    (path,) = folder.glob(f"search-*.{kind}")
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    assert any("not the one that was stored" in problem for problem in stored.check())


def test_rows_and_keys_must_agree(stored):
    search, keys, rows, columns = built(stored)
    with pytest.raises(ValueError, match="search index has 64 rows, and there are 63 keys"):
        save(stored, search, keys[:-1], rows, columns)
    with pytest.raises(ValueError, match="words have 63 rows, and there are 64 vectors"):
        save(stored, search, keys, {**rows, "words": rows["words"][:-1]}, columns)
    with pytest.raises(ValueError, match="days have 63 rows, and there are 64 vectors"):
        save(stored, search, keys, rows, {**columns, "days": columns["days"][:-1]})


def test_it_is_written_beside_other_things_and_good_for_the_last_of_them(stored, folder, samples):
    search, keys, rows, columns = built(stored)
    begun, go_on = threading.Event(), threading.Event()

    def made():
        begun.set()
        assert go_on.wait(10)
        return whole(search, rows, columns)

    with stored.transaction(), stored.writing_search_index(made) as files:
        assert begun.wait(10)
        stored.replace_stories([samples.story("later", samples.articles(64))])
        assert stored.load_search_index() is None
        go_on.set()
        stored.save_search_index(files, keys)
    assert list(stored.load_search_index().keys) == keys
    assert stored.check() == []
    assert not list(folder.glob("*.part"))


def test_what_is_not_saved_is_gone_when_its_writing_ends(stored, folder):
    search, _, rows, columns = built(stored)
    before = sorted(folder.iterdir())
    given_up = pytest.raises(RuntimeError, match="given up")
    with given_up, stored.writing_search_index(lambda: whole(search, rows, columns)):
        raise RuntimeError("given up")
    assert sorted(folder.iterdir()) == before
    assert stored.load_search_index() is None


def test_unknown_families_are_found_by_the_check(stored):
    search, keys, rows, columns = built(stored)
    save(stored, search, [*keys[:-1], "nobody"], rows, columns)
    assert any("unknown" in problem for problem in stored.check())


def test_a_reader_keeps_what_it_loaded_until_another_state_is_stored(stored, folder):
    stored.save_array("means", np.zeros(2))
    save(stored, *built(stored))
    with IndexDirectory.open(folder) as read:
        first, means = read.load_search_index(), read.load_array("means")
        assert read.load_search_index() is first
        assert read.load_array("means") is means
        stored.save_array("means", np.ones(2))
        assert read.load_search_index() is None
        assert read.load_array("means").tolist() == [1, 1]
        save(stored, *built(stored, "IVF2,Flat"))
        second = read.load_search_index()
        assert second is not first
        assert second is not None and type(second.index) is not type(first.index)
        assert read.load_search_index() is second


def test_nothing_is_kept_of_what_is_given_up(stored):
    stored.save_array("means", np.zeros(2))
    for value in (1, 2):
        with pytest.raises(RuntimeError, match="given up"), stored.transaction():
            stored.save_array("means", np.full(2, value))
            save(stored, *built(stored))
            assert stored.load_array("means").tolist() == [value, value]
            assert stored.load_search_index() is not None
            raise RuntimeError("given up")
        assert stored.load_array("means").tolist() == [0, 0]
        assert stored.load_search_index() is None


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=[]), max_size=5)))
def test_keys_are_as_they_were_one_by_one_and_all_at_once(keys):
    stored = Keys(Keys.as_bytes(keys))
    assert list(stored) == keys
    assert [stored[row] for row in range(len(stored))] == keys
    assert stored[1:] == keys[1:]
