"""The files of a search index: a FAISS index with what else is known of its rows, and what came since. Each is written
while other things are done, and has its name when the index is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from clusterer.index.files import PART_SUFFIX, checksum, explained_file_errors, fill_durably, give_name
from clusterer.index.sparse_rows import Table, write_table

INDEX, ROWS, ADDED = "faiss", "rows", "added"  # what the names of files end with
VECTORS = "vectors"  # the name under which those of rows that were added are kept

GridVectors = npt.NDArray[np.int16]


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
class SearchFiles:
    """Which files a search index has: those of its base, named by the generation that made it, and that of what came
    since, named by the generation of the search index; None where nothing did.
    """

    generation: int
    base: int
    index: Stored
    rows: Stored
    added: Stored | None

    @property
    def by_name(self) -> dict[str, Stored]:
        """All of them."""
        base = {file_name(self.base, INDEX): self.index, file_name(self.base, ROWS): self.rows}
        return base if self.added is None else {**base, file_name(self.generation, ADDED): self.added}

    def are_there(self, folder: Path) -> bool:
        """Whether each is there and of the right size."""
        return all(stored.is_there(folder / name) for name, stored in self.by_name.items())


def file_name(generation: int, kind: str) -> str:
    """Name of the file of this kind: INDEX, ROWS or ADDED."""
    return f"search-{generation}.{kind}"


class SearchIndexRows(NamedTuple):
    """A FAISS index with what else is known of each of its rows."""

    index: Any
    table: Table


class AddedRows(NamedTuple):
    """What comes after the `base_rows` rows of the base of a search index, whose files stay as they are: vectors on the
    grid, int16 [n, d], with what else is known of each.
    """

    base: SearchFiles
    base_rows: int
    vectors: GridVectors
    table: Table


class _Written(NamedTuple):
    """How many rows a search index has, the base that stays, if one does, and what was written, by kind."""

    rows: int
    base: SearchFiles | None
    stored: Mapping[str, Stored]


class FilesInWriting:
    """The files of a search index while a thread writes them, under other names."""

    def __init__(self, folder: Path, written: Future[_Written]) -> None:
        self._folder = folder
        self._written = written

    def named(self, generation: int, keys: int) -> SearchFiles:
        """Wait until they are written, and give them the names of a generation.

        Raises `IndexDirectoryError` when the disk does not take them, and `ValueError` unless they have a row for each
        of so many keys.
        """
        rows, base, stored = self._written.result()
        if rows != keys:
            raise ValueError(f"the search index has {rows} rows, and there are {keys} keys")
        for kind in stored:
            path = self._folder / file_name(generation, kind)
            with explained_file_errors(path):
                give_name(_unnamed(self._folder, kind), path)
        if base is None:
            return SearchFiles(generation, generation, stored[INDEX], stored[ROWS], None)
        return replace(base, generation=generation, added=stored[ADDED])


@contextmanager
def in_writing(folder: Path, made: Callable[[], SearchIndexRows | AddedRows]) -> Iterator[FilesInWriting]:
    """Make a search index and write its files while other things are done. What was not named at the end is removed."""
    try:
        with ThreadPoolExecutor(max_workers=1) as thread:
            yield FilesInWriting(folder, thread.submit(lambda: _written(folder, made())))
    finally:
        for kind in (INDEX, ROWS, ADDED):
            _unnamed(folder, kind).unlink(missing_ok=True)


def _unnamed(folder: Path, kind: str) -> Path:
    return folder / f"search-new.{kind}{PART_SUFFIX}"


def _written(folder: Path, made: SearchIndexRows | AddedRows) -> _Written:
    if isinstance(made, AddedRows):
        count, before, base = len(made.vectors), made.base_rows, made.base
        table = made.table._replace(columns={**made.table.columns, VECTORS: made.vectors})
        fills = {ADDED: partial(write_table, table=table)}
    else:
        count, before, base = made.index.ntotal, 0, None
        fills = {INDEX: partial(_write_index, made.index), ROWS: partial(write_table, table=made.table)}
    for named in made.table:
        for name, rows in named.items():
            if len(rows) != count:
                raise ValueError(f"the {name} have {len(rows)} rows, and there are {count} vectors")
    stored = {}
    for kind, fill in fills.items():
        part = _unnamed(folder, kind)
        with explained_file_errors(part):
            fill_durably(part, fill)
        stored[kind] = Stored.of(part)
    return _Written(before + count, base, stored)


def _write_index(index: Any, path: Path) -> None:
    import faiss

    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:  # what FAISS makes of a full disk
        raise OSError(str(error)) from error
