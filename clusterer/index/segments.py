"""Segments: immutable pairs of files with the headline and body vectors of articles, row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from clusterer.errors import IndexFormatError
from clusterer.index.files import checksum, write_durably

VECTORS_FOLDER = "vectors"
_BLOCK_ROWS = 16_384
_HEADLINE, _BODY = 0, 1  # the places of the two files in what `_paths` gives

Vectors = npt.NDArray[np.float32]
VectorPair = tuple[Vectors, Vectors]
Blocks = Callable[[slice], Vectors]


@dataclass(frozen=True, slots=True)
class Segment:
    """A pair of files, each float32 [rows, dimension], with their CRC-32."""

    generation: int
    rows: int
    dimension: int
    headline_checksum: int
    body_checksum: int


@dataclass(frozen=True, slots=True)
class Places:
    """Where vectors lie: the generations of segments and the rows in them, both int64 [n]."""

    segments: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, part: slice | npt.NDArray[np.intp]) -> Places:
        return Places(self.segments[part], self.rows[part])


def headline_file(generation: int) -> str:
    """Name of the file of headline vectors."""
    return f"headline-{generation}.npy"


def body_file(generation: int) -> str:
    """Name of the file of body vectors."""
    return f"body-{generation}.npy"


def write_segment(folder: Path, generation: int, shape: tuple[int, int], headlines: Blocks, bodies: Blocks) -> Segment:
    """Write a segment of `shape` (rows, dimension) to the index directory `folder`, durably.

    `headlines` and `bodies` give the vectors of a slice of the rows, so that no more than a block of them is copied.
    """
    headline, body = _paths(folder, generation)
    for path, blocks in ((headline, headlines), (body, bodies)):
        write_durably(path, partial(_write_array, shape=shape, blocks=blocks))
    return Segment(generation, *shape, checksum(headline), checksum(body))


def _write_array(path: Path, *, shape: tuple[int, int], blocks: Blocks) -> None:
    rows, _ = shape
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, rows, _BLOCK_ROWS):
            block = blocks(slice(start, min(start + _BLOCK_ROWS, rows)))
            file.write(np.ascontiguousarray(block, dtype="<f4").data)


def _paths(folder: Path, generation: int) -> tuple[Path, Path]:
    vectors = folder / VECTORS_FOLDER
    return vectors / headline_file(generation), vectors / body_file(generation)


def map_segment(folder: Path, segment: Segment) -> VectorPair:
    """The headline and body vectors of a segment, mapped from the disk and read-only.

    Raises `IndexFormatError` when a file is missing, cut short, or no array of the segment's shape.
    """
    headline, body = _paths(folder, segment.generation)
    shape = (segment.rows, segment.dimension)
    return _map_array(headline, shape), _map_array(body, shape)


def _map_array(path: Path, shape: tuple[int, int]) -> Vectors:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise IndexFormatError(
            "the vector file is missing",
            where=str(path),
            remedy="If the index was just being written, run the command again; else restore it from a copy, or index"
            " the input again with --replace.",
        ) from error
    except (OSError, ValueError, EOFError) as error:
        raise _damaged(path, str(error)) from error
    if array.dtype != np.float32 or array.shape != shape:
        raise _damaged(path, f"it holds {array.dtype} {list(array.shape)}, not float32 {list(shape)}")
    vectors: Vectors = array.view(np.ndarray)
    return vectors


def _damaged(path: Path, reason: str) -> IndexFormatError:
    return IndexFormatError(
        f"the vector file is damaged: {reason}",
        where=str(path),
        remedy="Restore the index from a copy, or index the input again with --replace.",
    )


def gather(folder: Path, segments: Mapping[int, Segment], places: Places, dimension: int) -> VectorPair:
    """The headline and body vectors at `places`, each float32 [n, dimension].

    They are read-only views of the files where the places are consecutive rows of one segment, else copies.
    """
    headline, body = (_gather(folder, segments, places, dimension, kind) for kind in (_HEADLINE, _BODY))
    return headline, body


def gather_headlines(folder: Path, segments: Mapping[int, Segment], places: Places, dimension: int) -> Vectors:
    """The headline vectors alone."""
    return _gather(folder, segments, places, dimension, _HEADLINE)


def gather_bodies(folder: Path, segments: Mapping[int, Segment], places: Places, dimension: int) -> Vectors:
    """The body vectors alone."""
    return _gather(folder, segments, places, dimension, _BODY)


def _gather(folder: Path, segments: Mapping[int, Segment], places: Places, dimension: int, kind: int) -> Vectors:
    used = np.unique(places.segments)
    vectors = np.empty((len(places), dimension), np.float32)
    for generation in map(int, used):
        path = _paths(folder, generation)[kind]
        segment = segments.get(generation)
        if segment is None or segment.dimension != dimension:
            raise _damaged(path, "articles point to it, and it is not one of the index's")
        here = np.flatnonzero(places.segments == generation)
        rows = places.rows[here]
        if rows.min() < 0 or rows.max() >= segment.rows:
            raise _damaged(path, "articles point behind its end")
        stored = _map_array(path, (segment.rows, dimension))
        if len(used) == 1 and np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
            return stored[rows[0] : rows[-1] + 1]
        vectors[here] = stored[rows]
    return vectors
