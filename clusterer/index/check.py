"""What is wrong with an index, if anything: the database, the files, and whether they agree."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from clusterer.article import content_hash
from clusterer.errors import IndexFormatError
from clusterer.index import ledger, manifest, search_index
from clusterer.index.articles import record_rows
from clusterer.index.files import checksum
from clusterer.index.records import article_from_row, content_hash_of_row
from clusterer.index.segments import VECTORS_FOLDER, Vectors, body_file, gather, headline_file, map_segment
from clusterer.index.vectors import live_segments, places_of_all

# Texts are all that an index is made of: the other parts can be made anew of them.
Part = Literal["texts", "vectors", "stories", "ledger", "search index"]

_SAMPLE = 4096
_LENGTH_TOLERANCE = 1e-3

_COUNTS = (
    (
        "story {0!r} says it has {1} articles and has {2}",
        "SELECT id, size, (SELECT COUNT(*) FROM articles WHERE story = stories.id) AS members FROM stories"
        " WHERE size <> members ORDER BY id",
    ),
    (
        "family {0!r} says it has {1} articles and has {2}",
        "SELECT id, size, (SELECT COUNT(*) FROM articles WHERE family = families.id) AS members FROM families"
        " WHERE size <> members ORDER BY id",
    ),
    (
        "family {0!r} does not hold its original",
        "SELECT id FROM families WHERE NOT EXISTS"
        " (SELECT 1 FROM articles WHERE articles.id = families.id AND family = families.id) ORDER BY id",
    ),
    (
        "family {0!r} lies in {1} stories",
        "SELECT family, COUNT(DISTINCT story) AS stories FROM articles WHERE family IS NOT NULL"
        " GROUP BY family HAVING stories > 1 ORDER BY family",
    ),
    (
        "article {0!r} has a story or a family, but not both",
        "SELECT id FROM articles WHERE (story IS NULL) <> (family IS NULL) ORDER BY id",
    ),
)
_PLACES = """
SELECT id, segment, row FROM articles WHERE row < 0 OR NOT EXISTS
    (SELECT 1 FROM segments WHERE generation = segment AND row < rows AND retired IS NULL)
ORDER BY id
"""


def problems(connection: sqlite3.Connection, folder: Path) -> dict[Part, list[str]]:
    """Every inconsistency found, in words, by the part that it is in; none of a sound index. Call it in a snapshot."""
    found: defaultdict[Part, list[str]] = defaultdict(list)
    # Damage in one part hides what comes after it in that part alone.
    for part, look in _LOOKS:
        try:
            found[part].extend(look(connection, folder))
        except (IndexFormatError, sqlite3.DatabaseError, UnicodeDecodeError) as error:
            found[part].append(str(error))
    return {part: messages for part, messages in found.items() if messages}


def _database(connection: sqlite3.Connection, _: Path) -> Iterator[str]:
    for (message,) in connection.execute("PRAGMA integrity_check"):
        if message != "ok":
            yield f"SQLite: {message}"
    for (id_,) in connection.execute(
        "SELECT id FROM articles WHERE number NOT IN (SELECT number FROM contents) ORDER BY id"
    ):
        yield f"article {id_!r} has no text"


def _stories(connection: sqlite3.Connection, _: Path) -> Iterator[str]:
    for table, row, parent, _key in connection.execute("PRAGMA foreign_key_check"):
        yield f"row {row} of {table} refers to a row of {parent} that is not there"
    for message, query in _COUNTS:
        for row in connection.execute(query):
            yield message.format(*row)


def _articles(connection: sqlite3.Connection, _: Path) -> Iterator[str]:
    for row in record_rows(connection, None):
        article = article_from_row(row)
        if content_hash(article) != content_hash_of_row(row):
            yield f"the text of article {article.id!r} is not the one that was stored"


def _segments(connection: sqlite3.Connection, folder: Path) -> Iterator[str]:
    for id_, segment, row in connection.execute(_PLACES):
        yield f"article {id_!r} points to row {row} of segment {segment}, which is not there"
    dimension = manifest.model_of(connection).dimension
    for segment in live_segments(connection).values():
        try:
            map_segment(folder, segment)
        except IndexFormatError as error:
            yield str(error)
            continue
        if segment.dimension != dimension:
            yield f"segment {segment.generation} has {segment.dimension} dimensions, the model {dimension}"
        for name, expected in (
            (headline_file(segment.generation), segment.headline_checksum),
            (body_file(segment.generation), segment.body_checksum),
        ):
            path = folder / VECTORS_FOLDER / name
            if checksum(path) != expected:
                yield f"{path}: the vector file is not the one that was stored"


def _vectors(connection: sqlite3.Connection, folder: Path) -> Iterator[str]:
    dimension = manifest.model_of(connection).dimension
    places = places_of_all(connection)
    sample = np.unique(np.linspace(0, max(len(places) - 1, 0), min(len(places), _SAMPLE)).astype(np.intp))
    headlines, bodies = gather(folder, live_segments(connection), places[sample], dimension)
    for name, vectors in (("headline", headlines), ("body", bodies)):
        wrong = _neither_unit_nor_zero(vectors)
        if wrong:
            yield f"{wrong} of {len(sample)} sampled {name} vectors are neither of unit length nor zero"


def _neither_unit_nor_zero(vectors: Vectors) -> int:
    lengths = np.linalg.norm(vectors, axis=1)
    sound = (lengths == 0) | (np.abs(lengths - 1) < _LENGTH_TOLERANCE)
    return int(np.count_nonzero(~sound))


def _ledger(connection: sqlite3.Connection, _: Path) -> Iterator[str]:
    yield from ledger.differences(connection)


def _search_index(connection: sqlite3.Connection, folder: Path) -> Iterator[str]:
    files = search_index.stored_files(connection, int(manifest.get(connection, "generation")))
    if files is None:  # it is made anew when it is needed
        return
    keys = search_index.keys(connection, files.generation)
    if search_index.load(connection, folder, files) is None:
        yield f"{folder}: the search index is missing, damaged, or has not {len(keys)} rows"
    else:
        for name, stored in files.by_name.items():
            if checksum(folder / name) != stored.checksum:
                yield f"{folder / name}: the search index is not the one that was stored"
    families = {id_ for (id_,) in connection.execute("SELECT id FROM families")}
    named = [key for key in keys if key]
    if set(named) - families or len(set(named)) != len(named):
        yield f"{folder}: the search index has families that are unknown or there twice"


_LOOKS: tuple[tuple[Part, Callable[[sqlite3.Connection, Path], Iterator[str]]], ...] = (
    ("texts", _database),
    ("texts", _articles),
    ("vectors", _segments),
    ("vectors", _vectors),
    ("stories", _stories),
    ("ledger", _ledger),
    ("search index", _search_index),
)
