"""Which row of which segment holds whose vectors."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np

from clusterer.index.files import PART_SUFFIX, remove_all_but
from clusterer.index.segments import (
    VECTORS_FOLDER,
    Blocks,
    Places,
    Segment,
    Vectors,
    body_file,
    gather_bodies,
    gather_headlines,
    headline_file,
    write_segment,
)

MAX_SEGMENTS = 16
MAX_DEAD_SHARE = 0.25


def live_segments(connection: sqlite3.Connection) -> dict[int, Segment]:
    """The segments that articles point to, by generation."""
    rows = connection.execute(
        "SELECT generation, rows, dimension, headline_checksum, body_checksum FROM segments WHERE retired IS NULL"
    )
    return {row[0]: Segment(*row) for row in rows}


def places_of_all(connection: sqlite3.Connection) -> Places:
    """Where the vectors of all articles lie, in the order of content hash, then id."""
    return _places(connection.execute("SELECT segment, row FROM articles ORDER BY content_hash, id"))


def places_of_wanted(connection: sqlite3.Connection) -> Places:
    """The same for the articles whose ids are in `wanted`."""
    return _places(
        connection.execute(
            "SELECT segment, row FROM articles WHERE id IN (SELECT id FROM temp.wanted) ORDER BY content_hash, id"
        )
    )


def _places(cursor: sqlite3.Cursor) -> Places:
    table = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 2)
    return Places(table[:, 0], table[:, 1])


def add_segment(connection: sqlite3.Connection, segment: Segment) -> None:
    """Name a segment whose files are on the disk."""
    connection.execute(
        "INSERT INTO segments VALUES (?, ?, ?, ?, ?, NULL)",
        (
            segment.generation,
            segment.rows,
            segment.dimension,
            segment.headline_checksum,
            segment.body_checksum,
        ),
    )


def retire_empty(connection: sqlite3.Connection, generation: int) -> None:
    """Retire, as of `generation`, the segments that no article points to any more."""
    connection.execute(
        "UPDATE segments SET retired = ? WHERE retired IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM articles WHERE segment = segments.generation)",
        (generation,),
    )


def forget_retired(connection: sqlite3.Connection, generation: int) -> None:
    """Name no longer the segments that were already retired in the state of `generation`."""
    connection.execute("DELETE FROM segments WHERE retired <= ?", (generation,))


def is_fragmented(connection: sqlite3.Connection) -> bool:
    """Whether there are so many segments, or so many dead rows in them, that one new segment is better."""
    count, rows = connection.execute(
        "SELECT COUNT(*), COALESCE(SUM(rows), 0) FROM segments WHERE retired IS NULL"
    ).fetchone()
    articles = connection.execute("SELECT COUNT(*) FROM articles").fetchone()[0]
    return bool(count > MAX_SEGMENTS or rows - articles > MAX_DEAD_SHARE * rows)


def compact(connection: sqlite3.Connection, folder: Path, generation: int, dimension: int) -> None:
    """Copy the vectors of all articles into one new segment, in their order."""
    segments, places = live_segments(connection), places_of_all(connection)
    rewrite(
        connection,
        folder,
        generation,
        dimension,
        lambda part: gather_headlines(folder, segments, places[part], dimension),
        lambda part: gather_bodies(folder, segments, places[part], dimension),
    )


def rewrite(
    connection: sqlite3.Connection,
    folder: Path,
    generation: int,
    dimension: int,
    headlines: Blocks,
    bodies: Blocks,
) -> None:
    """Put all articles into one new segment, in their order, and retire the others. Blocks as in `write_segment`."""
    numbers = connection.execute("SELECT number FROM articles ORDER BY content_hash, id").fetchall()
    if numbers:
        add_segment(connection, write_segment(folder, generation, (len(numbers), dimension), headlines, bodies))
        # One statement for all, as in `stories`.
        connection.execute("CREATE TEMPORARY TABLE placed (number INTEGER PRIMARY KEY, row INTEGER)")
        connection.executemany(
            "INSERT INTO temp.placed VALUES (?, ?)", ((number, row) for row, (number,) in enumerate(numbers))
        )
        connection.execute(
            "UPDATE articles SET segment = ?, row = placed.row FROM temp.placed AS placed"
            " WHERE articles.number = placed.number",
            (generation,),
        )
        connection.execute("DROP TABLE temp.placed")
    retire_empty(connection, generation)


def remove_unnamed_files(connection: sqlite3.Connection, folder: Path) -> None:
    """Remove the vector files that no segment names: leftovers of a crash, or superseded."""
    named = {
        name(generation)
        for (generation,) in connection.execute("SELECT generation FROM segments")
        for name in (headline_file, body_file)
    }
    for pattern in ("headline-*.npy", "body-*.npy", f"*{PART_SUFFIX}"):
        remove_all_but(folder / VECTORS_FOLDER, pattern, named)


def checked(name: str, array: Vectors, shape: tuple[int, int]) -> Vectors:
    """The vectors, if they are of this shape and finite. Raises `ValueError` otherwise."""
    if array.shape != shape or array.dtype != np.float32:
        raise ValueError(f"the {name} vectors are {array.dtype} {list(array.shape)}, not float32 {list(shape)}")
    if not np.isfinite(array.sum(axis=1)).all():
        raise ValueError(f"a {name} vector is not finite")
    return array
