"""Tables in files, of sparse rows and arrays, read from where they lie: a row that nobody asks for is never loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from clusterer.errors import IndexFormatError
from clusterer.ranges import ranges

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BLOCK_ENTRIES = 1 << 22


@dataclass(frozen=True, slots=True)
class PiecedRows:
    """n sparse rows of so many `columns`, whose entries come in pieces, one after another: those of row i are
    `bounds[i]` to `bounds[i + 1]` of all, int64 [n + 1].
    """

    values: Sequence[npt.NDArray[np.float32]]
    indices: Sequence[npt.NDArray[np.int32]]
    bounds: npt.NDArray[np.int64]
    columns: int

    @staticmethod
    def of(rows: csr_matrix) -> PiecedRows:
        """A matrix in one piece."""
        return PiecedRows([rows.data], [rows.indices], rows.indptr, rows.shape[1])

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns there are."""
        return len(self), self.columns

    def at(self, places: npt.NDArray[np.intp]) -> csr_matrix:
        """Some of the rows, float32 [m, columns]. Raises `IndexFormatError` where the file does not hold them."""
        from scipy.sparse import csr_matrix

        starts, ends = self.bounds[places], self.bounds[places + 1]
        if (starts < 0).any() or (ends < starts).any() or ends.max(initial=0) > sum(map(len, self.values)):
            raise _damaged()
        entries = ranges(starts, ends - starts)
        indices = _taken(self.indices, entries)
        if len(indices) and (indices.min() < 0 or indices.max() >= self.columns):
            raise _damaged()
        bounds = np.concatenate([[0], np.cumsum(ends - starts)])
        return csr_matrix((_taken(self.values, entries), indices, bounds), shape=(len(places), self.columns))

    def joined(self, more: PiecedRows) -> PiecedRows:
        """These rows and then others."""
        return PiecedRows(
            [*self.values, *more.values],
            [*self.indices, *more.indices],
            np.concatenate([self.bounds[:-1], self.bounds[-1] + more.bounds]),
            max(self.columns, more.columns),
        )

    def after(self, row: int) -> PiecedRows:
        """The rows from `row` on."""
        entries = slice(int(self.bounds[row]), int(self.bounds[-1]))
        values, indices = (_cut(pieces, [entries]) for pieces in (self.values, self.indices))
        return PiecedRows(values, indices, self.bounds[row:] - self.bounds[row], self.columns)

    def without(self, gone: npt.NDArray[np.intp]) -> PiecedRows:
        """The same, but that the rows `gone` hold nothing."""
        lengths = np.diff(self.bounds)
        kept = _entries_between(self.bounds, np.unique(gone[lengths[gone] > 0]))
        lengths[gone] = 0
        values, indices = (_cut(pieces, kept) for pieces in (self.values, self.indices))
        return PiecedRows(values, indices, np.concatenate([[0], np.cumsum(lengths)]), self.columns)


def _taken(pieces: Sequence[npt.NDArray[Any]], entries: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    """Some entries of all pieces, one after another."""
    first, *others = pieces
    if not len(first):
        return _taken(others, entries) if others else first[entries]
    # Nearly all are of the first, and of the others each is looked for once.
    taken, start = first.take(entries, mode="clip" if others else "raise"), len(first)
    for piece in others:
        here = np.flatnonzero((entries >= start) & (entries < start + len(piece)))
        taken[here] = piece[entries[here] - start]
        start += len(piece)
    return taken


def _cut(pieces: Sequence[npt.NDArray[Any]], kept: Sequence[slice]) -> list[npt.NDArray[Any]]:
    """Of the entries of all pieces, one after another, those that are kept, in pieces."""
    found, start = [], 0
    for piece in pieces:
        end = start + len(piece)
        there = (slice(max(some.start, start) - start, min(some.stop, end) - start) for some in kept)
        found += [piece[some] for some in there if some.start < some.stop]
        start = end
    return found


def _entries_between(bounds: npt.NDArray[np.int64], gone: npt.NDArray[np.intp]) -> list[slice]:
    """The entries of all rows but those that are gone, which are ascending."""
    starts, ends = np.append(bounds[0], bounds[gone + 1]), np.append(bounds[gone], bounds[-1])
    return [slice(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True) if start < end]


def _damaged() -> IndexFormatError:
    return IndexFormatError(
        "what the search index keeps of families is damaged",
        where="search index",
        remedy="Run `clusterer doctor --repair` to make it anew from the articles.",
    )


Columns = Mapping[str, npt.NDArray[Any]]


class Table(NamedTuple):
    """What is kept of n rows: sparse ones, and arrays of n values, by name."""

    sparse: Mapping[str, PiecedRows]
    columns: Columns

    @property
    def lengths(self) -> set[int]:
        """How many rows each has; in a sound file, one number."""
        return set(map(len, self.sparse.values())) | set(map(len, self.columns.values()))

    def joined(self, more: Table) -> Table:
        """These rows and then others. Raises `KeyError` unless both have the same names."""
        if self.sparse.keys() ^ more.sparse.keys() or self.columns.keys() ^ more.columns.keys():
            raise KeyError("the tables have other names")
        return Table(
            {name: rows.joined(more.sparse[name]) for name, rows in self.sparse.items()},
            {name: np.concatenate([values, more.columns[name]]) for name, values in self.columns.items()},
        )

    def after(self, row: int) -> Table:
        """The rows from `row` on."""
        return Table(
            {name: rows.after(row) for name, rows in self.sparse.items()},
            {name: values[row:] for name, values in self.columns.items()},
        )

    def without(self, gone: npt.NDArray[np.intp]) -> Table:
        """The same, but that the sparse rows `gone` hold nothing."""
        return Table({name: rows.without(gone) for name, rows in self.sparse.items()}, self.columns)


def write_table(path: Path, table: Table) -> None:
    """Write named rows, float32 with indices of 32 bits, and arrays, one after another, in numpy's own format."""
    with path.open("wb") as file:
        for names in table:
            np.save(file, np.array(list(names), dtype=str), allow_pickle=False)
        for column in table.columns.values():
            np.save(file, column, allow_pickle=False)
        for pieced in table.sparse.values():
            _write(file, pieced.values, np.float32)
            _write(file, pieced.indices, np.int32)
            _write(file, [pieced.bounds], np.int64)
            np.save(file, np.array(pieced.shape), allow_pickle=False)


def _write(file: IO[bytes], pieces: Sequence[npt.NDArray[Any]], kind: type[np.generic]) -> None:
    """Write pieces as one array."""
    shape = (sum(map(len, pieces)),)
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(kind)), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    for array in pieces:
        for start in range(0, len(array), BLOCK_ENTRIES):
            file.write(array[start : start + BLOCK_ENTRIES].astype(kind, copy=False).data)


def map_table(path: Path) -> Table:
    """What `write_table` wrote. Raises `ValueError` or `OSError` where the file is no such."""
    found = {}
    with path.open("rb") as file:
        names, others = (np.load(file, allow_pickle=False).tolist() for _ in range(2))
        columns = {name: _mapped(file, path) for name in others}
        for name in names:
            values, indices, bounds = (_mapped(file, path) for _ in range(3))
            _, width = np.load(file, allow_pickle=False).tolist()
            if {len(values), len(indices)} != set(bounds[-1:].tolist()):
                raise ValueError(f"the {name} have not the entries that they say")
            found[name] = PiecedRows([values], [indices], bounds, width)
    return Table(found, columns)


def _mapped(file: IO[bytes], path: Path) -> npt.NDArray[Any]:
    np.lib.format.read_magic(file)
    shape, _, kind = np.lib.format.read_array_header_1_0(file)
    start = file.tell()
    file.seek(kind.itemsize * int(np.prod(shape)), 1)
    if not all(shape):  # nothing cannot be mapped
        return np.zeros(shape, dtype=kind)
    return np.memmap(path, dtype=kind, mode="r", offset=start, shape=shape).view(np.ndarray)
