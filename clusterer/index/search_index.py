"""The search index: a FAISS index, and what else is known of its rows, each in a file. Derived from the articles and
their vectors, good for one generation of the index, and never needed to be whole.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, overload

import numpy as np

from clusterer.index.files import (
    PART_SUFFIX,
    checksum,
    explained_file_errors,
    fill_durably,
    give_name,
    remove_all_but,
)
from clusterer.index.records import from_json, to_json
from clusterer.index.sparse_rows import Columns, MappedTable, PiecedRows, map_rows, write_rows


class Keys(Sequence[str]):
    """The ids of families in row order: bytes as they are stored, of which only what is asked for becomes text.

    Each id is UTF-8, ended by a NUL, which no id has.
    """

    def __init__(self, stored: bytes) -> None:
        self._stored = stored
        self._ends = np.flatnonzero(np.frombuffer(stored, dtype=np.uint8) == 0)

    @staticmethod
    def as_bytes(keys: Iterable[str]) -> bytes:
        """The bytes to be stored."""
        return b"".join(key.encode("utf-8", "surrogatepass") + b"\0" for key in keys)

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[str]:
        # All at once, many times as fast as one by one.
        return iter(self._stored.decode("utf-8", "surrogatepass").split("\0")[:-1])

    @overload
    def __getitem__(self, row: int) -> str: ...

    @overload
    def __getitem__(self, row: slice) -> list[str]: ...

    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[number] for number in range(*row.indices(len(self)))]
        number = range(len(self))[row]
        start = self._ends[number - 1] + 1 if number else 0
        return self._stored[start : self._ends[number]].decode("utf-8", "surrogatepass")


class Stored(NamedTuple):
    """The size of a file and its CRC-32."""

    bytes: int
    checksum: int

    @classmethod
    def of(cls, path: Path) -> Stored:
        """Of the file that is there."""
        return cls(path.stat().st_size, checksum(path))

    def is_there(self, path: Path) -> bool:
        """Whether there is a file of this size."""
        return path.is_file() and path.stat().st_size == self.bytes


@dataclass(frozen=True, slots=True)
class SearchIndexFiles:
    """A stored search index: its two files, what was noted of it, and the ids of families in row order."""

    generation: int
    index: Stored
    rows: Stored
    details: Mapping[str, Any]
    keys: Sequence[str]


class LoadedSearchIndex(NamedTuple):
    """A FAISS index, the ids of families in the order of its rows, what is stored of each of these, and what was noted
    of the index. A row whose id is empty stands for nothing any more.
    """

    index: Any
    keys: Sequence[str]
    table: MappedTable
    details: Mapping[str, Any]


def search_file(generation: int) -> str:
    """Name of the file of a FAISS index."""
    return f"search-{generation}.faiss"


def rows_file(generation: int) -> str:
    """Name of the file of what is stored of each row."""
    return f"search-{generation}.rows"


class SearchIndexRows(NamedTuple):
    """A FAISS index with what else is known of each of its rows: sparse rows and arrays [n], by name."""

    index: Any
    rows: Mapping[str, PiecedRows]
    columns: Columns


class FilesInWriting:
    """The two files of a search index while a thread writes them, under other names."""

    def __init__(self, parts: tuple[Path, Path], written: Future[tuple[int, Stored, Stored]]) -> None:
        self._parts = parts
        self._written = written

    def named(self, generation: int, keys: int) -> tuple[Stored, Stored]:
        """Wait until they are written, and give them the names of a generation.

        Raises `IndexDirectoryError` when the disk does not take them, and `ValueError` unless they have a row for each
        of so many keys.
        """
        count, *stored = self._written.result()
        if count != keys:
            raise ValueError(f"the FAISS index has {count} rows, and there are {keys} keys")
        for part, name in zip(self._parts, (search_file(generation), rows_file(generation)), strict=True):
            path = part.with_name(name)
            with explained_file_errors(path):
                give_name(part, path)
        return stored[0], stored[1]


@contextmanager
def in_writing(folder: Path, made: Callable[[], SearchIndexRows]) -> Iterator[FilesInWriting]:
    """Make a search index and write its files while other things are done. What was not named at the end is removed."""
    parts = folder / f"search-new.faiss{PART_SUFFIX}", folder / f"search-new.rows{PART_SUFFIX}"

    def write() -> tuple[int, Stored, Stored]:
        index, rows, columns = made()
        counts = {name: some.shape[0] for name, some in rows.items()} | {
            name: len(some) for name, some in columns.items()
        }
        for name, count in counts.items():
            if count != index.ntotal:
                raise ValueError(f"the {name} have {count} rows, and the FAISS index {index.ntotal}")
        writes = partial(_write, index), partial(write_rows, rows=rows, columns=columns)
        for part, fill in zip(parts, writes, strict=True):
            with explained_file_errors(part):
                fill_durably(part, fill)
        return index.ntotal, Stored.of(parts[0]), Stored.of(parts[1])

    try:
        with ThreadPoolExecutor(max_workers=1) as thread:
            yield FilesInWriting(parts, thread.submit(write))
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def save(
    connection: sqlite3.Connection,
    generation: int,
    files: FilesInWriting,
    keys: Sequence[str],
    details: Mapping[str, Any],
) -> None:
    """Let the files be the search index of `generation`; the one before stays for readers that are about to open it.

    Raises what `FilesInWriting.named` does.
    """
    index, rows = files.named(generation, len(keys))
    connection.execute(
        "DELETE FROM search_indexes WHERE generation < (SELECT MAX(generation) FROM search_indexes)",
    )
    connection.execute(
        "INSERT INTO search_indexes VALUES (?, ?, ?, ?, ?, ?, ?)",
        (generation, *index, *rows, to_json(dict(details)), Keys.as_bytes(keys)),
    )


def stamp(connection: sqlite3.Connection, folder: Path, generation: int) -> tuple[int, ...] | None:
    """What tells the search index of this generation from every other; None when there is none, or a file of it is
    missing or cut short.
    """
    found: tuple[int, ...] | None = connection.execute(
        "SELECT bytes, checksum, rows_bytes, rows_checksum FROM search_indexes WHERE generation = ?", (generation,)
    ).fetchone()
    if found is None or not _are_there(folder, generation, Stored(*found[:2]), Stored(*found[2:])):
        return None
    return generation, *found


def _are_there(folder: Path, generation: int, index: Stored, rows: Stored) -> bool:
    return index.is_there(folder / search_file(generation)) and rows.is_there(folder / rows_file(generation))


def named(connection: sqlite3.Connection, generation: int) -> SearchIndexFiles | None:
    """What is known of the search index of this generation; None when there is none."""
    row = connection.execute(
        "SELECT bytes, checksum, rows_bytes, rows_checksum, details, keys FROM search_indexes WHERE generation = ?",
        (generation,),
    ).fetchone()
    if row is None:
        return None
    *sizes, details, keys = row
    index, rows = Stored(*sizes[:2]), Stored(*sizes[2:])
    return SearchIndexFiles(generation, index, rows, from_json(details, search_file(generation)), Keys(keys))


def details(connection: sqlite3.Connection, generation: int) -> dict[str, Any] | None:
    """What was noted of the FAISS index of this generation, without its keys."""
    row = connection.execute("SELECT details FROM search_indexes WHERE generation = ?", (generation,)).fetchone()
    return None if row is None else dict(from_json(row[0], search_file(generation)))


def load(folder: Path, files: SearchIndexFiles, *, to_grow: bool = False) -> LoadedSearchIndex | None:
    """The search index, mapped from the disk, or its vectors in memory where it is `to_grow`; None when a file is
    missing or damaged.
    """
    import faiss

    # A mapped file that was cut short would end the process, not raise.
    if not _are_there(folder, files.generation, files.index, files.rows):
        return None
    path = folder / search_file(files.generation)
    index = None if to_grow else _read(path, faiss.IO_FLAG_MMAP_IFC)
    if index is None:  # FAISS cannot map on every system
        index = _read(path, 0)
    try:
        table = map_rows(folder / rows_file(files.generation))
    except (ValueError, OSError):
        return None
    if index is None or table.lengths | {index.ntotal} != {len(files.keys)}:
        return None
    return LoadedSearchIndex(index, files.keys, table, files.details)


def _write(index: Any, path: Path) -> None:
    import faiss

    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:  # what FAISS makes of a full disk
        raise OSError(str(error)) from error


def _read(path: Path, flags: int) -> Any | None:
    import faiss

    try:
        return faiss.read_index(str(path), flags)
    except RuntimeError:
        return None


def forget_earlier(connection: sqlite3.Connection, generation: int) -> None:
    """Name no longer the search indexes of the generations before."""
    connection.execute("DELETE FROM search_indexes WHERE generation < ?", (generation,))


def remove_unnamed_files(connection: sqlite3.Connection, folder: Path) -> None:
    """Remove the files of search indexes that the database does not name."""
    generations = [generation for (generation,) in connection.execute("SELECT generation FROM search_indexes")]
    kept = {name(generation) for generation in generations for name in (search_file, rows_file)}
    for pattern in ("search-*.faiss", "search-*.rows", f"search-*{PART_SUFFIX}"):
        remove_all_but(folder, pattern, kept)
