"""The search index: a FAISS index, what else is known of its rows, and what came since it was made. Derived from the
articles and their vectors, good for one generation of the index, and never needed to be whole.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from clusterer.index.files import PART_SUFFIX, remove_all_but
from clusterer.index.records import from_json, to_json
from clusterer.index.search_files import (
    ADDED,
    INDEX,
    ROWS,
    VECTORS,
    FilesInWriting,
    GridVectors,
    SearchFiles,
    Stored,
    file_name,
)
from clusterer.index.sparse_rows import Table, map_table


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
        return "".join(f"{key}\0" for key in keys).encode("utf-8", "surrogatepass")

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


@dataclass(frozen=True)
class LoadedSearchIndex:
    """A search index, whose rows are families: those of a FAISS index come first, then the vectors that were `added`,
    int16 [n, d].

    `keys`: their ids; a row whose id is empty stands for nothing any more. `table`: what is stored of each. `details`:
    what was noted. `can_grow`: whether the FAISS index is in memory, has all vectors, and can be given more.
    """

    index: Any
    added: GridVectors
    keys: Sequence[str]
    table: Table
    details: Mapping[str, Any]
    files: SearchFiles
    can_grow: bool

    @cached_property
    def beside(self) -> Any:
        """An exact FAISS index of the vectors that were added."""
        import faiss

        index = faiss.IndexFlatIP(self.index.d)
        index.add(self.added.astype(np.float32))
        return index

    def vectors(self, rows: npt.NDArray[np.intp]) -> GridVectors:
        """Those of some rows, int16 [m, d]."""
        found = np.empty((len(rows), self.index.d), dtype=np.int16)
        is_added = rows >= self.index.ntotal
        found[is_added] = self.added[rows[is_added] - self.index.ntotal]
        if not is_added.all():
            found[~is_added] = self.index.reconstruct_batch(rows[~is_added])
        return found


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
    named = files.named(generation, len(keys))
    connection.execute(
        "DELETE FROM search_indexes WHERE generation < (SELECT MAX(generation) FROM search_indexes)",
    )
    connection.execute(
        "INSERT INTO search_indexes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            generation,
            named.base,
            *named.index,
            *named.rows,
            *(named.added or (None, None)),
            to_json(dict(details)),
            Keys.as_bytes(keys),
        ),
    )


def stored_files(connection: sqlite3.Connection, generation: int) -> SearchFiles | None:
    """The files of the search index of this generation, which tell it from every other; None when there is none."""
    return next((files for files in _files(connection) if files.generation == generation), None)


def _files(connection: sqlite3.Connection) -> Iterator[SearchFiles]:
    """The files of each search index that is named."""
    for generation, base, *sizes in connection.execute(
        "SELECT generation, base, bytes, checksum, rows_bytes, rows_checksum, added_bytes, added_checksum"
        " FROM search_indexes"
    ):
        added = None if sizes[4] is None else Stored(*sizes[4:])
        yield SearchFiles(generation, base, Stored(*sizes[:2]), Stored(*sizes[2:4]), added)


def keys(connection: sqlite3.Connection, generation: int) -> Sequence[str]:
    """The ids of families in the order of the rows of the search index of this generation, which is there."""
    row = connection.execute("SELECT keys FROM search_indexes WHERE generation = ?", (generation,)).fetchone()
    return Keys(row[0])


def details(connection: sqlite3.Connection, generation: int) -> dict[str, Any] | None:
    """What was noted of the search index of this generation, without its keys."""
    row = connection.execute("SELECT details FROM search_indexes WHERE generation = ?", (generation,)).fetchone()
    return None if row is None else dict(from_json(row[0], f"search index {generation}"))


def load(
    connection: sqlite3.Connection, folder: Path, files: SearchFiles, *, to_grow: bool = False
) -> LoadedSearchIndex | None:
    """The search index that has these files, mapped from the disk, or all vectors in memory where it is `to_grow`; None
    when a file is missing or damaged.
    """
    import faiss

    # A mapped file that was cut short would end the process, not raise.
    if not files.are_there(folder):
        return None
    path = folder / file_name(files.base, INDEX)
    index = None if to_grow else _read(path, faiss.IO_FLAG_MMAP_IFC)
    if index is None:  # FAISS cannot map on every system
        index = _read(path, 0)
    if index is None:
        return None
    try:
        table = map_table(folder / file_name(files.base, ROWS))
        added = np.zeros((0, index.d), dtype=np.int16)
        if files.added is not None:
            more = map_table(folder / file_name(files.generation, ADDED))
            columns = dict(more.columns)
            added = columns.pop(VECTORS)
            table = table.joined(more._replace(columns=columns))
    except (ValueError, OSError, KeyError):
        return None
    ids = keys(connection, files.generation)
    if added.shape[1:] != (index.d,) or table.lengths | {index.ntotal + len(added)} != {len(ids)}:
        return None
    if to_grow and len(added):
        index.add(added.astype(np.float32))
        added = added[:0]
    noted = details(connection, files.generation) or {}
    return LoadedSearchIndex(index, added, ids, table, noted, files, to_grow)


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
    kept = {name for files in _files(connection) for name in files.by_name}
    for pattern in (*(f"search-*.{kind}" for kind in (INDEX, ROWS, ADDED)), f"search-*{PART_SUFFIX}"):
        remove_all_but(folder, pattern, kept)
