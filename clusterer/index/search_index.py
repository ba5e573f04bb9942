"""The FAISS index: derived from the vectors, good for one generation of the index, and never needed to be whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np

from clusterer.index.files import PART_SUFFIX, checksum, remove_all_but, write_durably
from clusterer.index.records import from_json, to_json


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


@dataclass(frozen=True, slots=True)
class SearchIndexFile:
    """A stored FAISS index: its size and CRC-32, what was noted of it, and the ids of families in row order."""

    generation: int
    bytes: int
    checksum: int
    details: Mapping[str, Any]
    keys: Sequence[str]


def search_file(generation: int) -> str:
    """Name of the file of a FAISS index."""
    return f"search-{generation}.faiss"


def save(
    connection: sqlite3.Connection,
    folder: Path,
    generation: int,
    index: Any,
    keys: Sequence[str],
    details: Mapping[str, Any],
) -> None:
    """Write a FAISS index for `generation` and name it; the one before stays for readers that are about to open it."""
    path = folder / search_file(generation)
    write_durably(path, lambda part: _write(index, part))
    connection.execute(
        "DELETE FROM search_indexes WHERE generation < (SELECT MAX(generation) FROM search_indexes)",
    )
    connection.execute(
        "INSERT INTO search_indexes VALUES (?, ?, ?, ?, ?)",
        (generation, path.stat().st_size, checksum(path), to_json(dict(details)), Keys.as_bytes(keys)),
    )


def stamp(connection: sqlite3.Connection, folder: Path, generation: int) -> tuple[int, ...] | None:
    """What tells the FAISS index of this generation from every other; None when there is none, or its file is missing
    or cut short.
    """
    found: tuple[int, ...] | None = connection.execute(
        "SELECT generation, bytes, checksum FROM search_indexes WHERE generation = ?", (generation,)
    ).fetchone()
    return found if found is not None and _is_there(folder, *found[:2]) else None


def _is_there(folder: Path, generation: int, size: int) -> bool:
    path = folder / search_file(generation)
    return path.is_file() and path.stat().st_size == size


def named(connection: sqlite3.Connection, generation: int) -> SearchIndexFile | None:
    """What is known of the FAISS index of this generation; None when there is none."""
    row = connection.execute(
        "SELECT generation, bytes, checksum, details, keys FROM search_indexes WHERE generation = ?", (generation,)
    ).fetchone()
    if row is None:
        return None
    where = search_file(generation)
    # Older ones are JSON.
    keys = Keys(row[4]) if isinstance(row[4], bytes) else from_json(row[4], where)
    return SearchIndexFile(row[0], row[1], row[2], from_json(row[3], where), keys)


def details(connection: sqlite3.Connection, generation: int) -> dict[str, Any] | None:
    """What was noted of the FAISS index of this generation, without its keys."""
    row = connection.execute("SELECT details FROM search_indexes WHERE generation = ?", (generation,)).fetchone()
    return None if row is None else dict(from_json(row[0], search_file(generation)))


def load(folder: Path, file: SearchIndexFile) -> Any | None:
    """The FAISS index, its flat vectors mapped from the disk; None when the file is missing or damaged."""
    import faiss

    path = folder / search_file(file.generation)
    # A mapped file that was cut short would end the process, not raise.
    if not _is_there(folder, file.generation, file.bytes):
        return None
    index = _read(path, faiss.IO_FLAG_MMAP_IFC)
    if index is None:  # FAISS cannot map on every system
        index = _read(path, 0)
    return index if index is not None and index.ntotal == len(file.keys) else None


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


def remove_unnamed_files(connection: sqlite3.Connection, folder: Path) -> None:
    """Remove the FAISS files that the database does not name."""
    kept = {search_file(generation) for (generation,) in connection.execute("SELECT generation FROM search_indexes")}
    for pattern in ("search-*.faiss", f"search-*{PART_SUFFIX}"):
        remove_all_but(folder, pattern, kept)
