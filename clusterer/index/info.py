"""What an index holds, in figures."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Any

from clusterer.index import manifest, search_index, stories
from clusterer.index.records import iso


def describe(connection: sqlite3.Connection, folder: Path) -> dict[str, Any]:
    """Counts, sizes in bytes, model, settings, languages and dates, as plain values. Call it within a snapshot."""
    first, last = stories.dates(connection)
    generation = int(manifest.get(connection, "generation"))
    return {
        "path": str(folder),
        "format": manifest.get(connection, "format"),
        "clusterer": manifest.get(connection, "clusterer"),
        "created": manifest.get(connection, "created"),
        "updated": manifest.get(connection, "updated"),
        "generation": generation,
        "model": asdict(manifest.model_of(connection)),
        "settings": manifest.get(connection, "settings"),
        "articles": _count(connection, "SELECT COUNT(*) FROM articles"),
        "families": _count(connection, "SELECT COUNT(*) FROM families"),
        "stories": _count(connection, "SELECT COUNT(*) FROM stories"),
        "ungrouped": _count(connection, "SELECT COUNT(*) FROM articles WHERE story IS NULL"),
        "stories_current": stories_current(connection),
        "languages": dict(
            connection.execute(
                "SELECT language, COUNT(*) AS n FROM articles GROUP BY language ORDER BY n DESC, language"
            )
        ),
        "first_published": iso(first),
        "last_published": iso(last),
        "search_index": search_index.details(connection, generation),
        "bytes": _sizes(folder),
    }


def stories_current(connection: sqlite3.Connection) -> bool:
    """Whether the stories were made of the articles and vectors as they are now."""
    return bool(manifest.get(connection, "stories_generation") >= manifest.get(connection, "articles_generation"))


def _count(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])


def _sizes(folder: Path) -> dict[str, int]:
    patterns = {"database": "clusterer.sqlite*", "vectors": "vectors/*.npy", "search": "search-*"}
    return {name: sum(map(_size, folder.glob(pattern))) for name, pattern in patterns.items()}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # a writer has just removed it
        return 0
