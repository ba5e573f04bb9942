"""What an index says of itself: its model, settings and generation."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from clusterer.index.database import FORMAT_VERSION
from clusterer.index.records import from_json, to_json
from clusterer.settings import Settings

NEVER_GROUPED = -1  # older than any generation of articles


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """The model that made the vectors of an index.

    `fingerprint` is the SHA-256 in hex of everything that decides the vectors; two models with one fingerprint are one.
    `prompt` and `dtype` are kept to be shown.
    """

    name: str
    fingerprint: str
    dimension: int
    prompt: str | None = None
    dtype: str = "float32"


def now() -> str:
    """The time in UTC, as the manifest writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def package_version() -> str:
    """The version of clusterer; "unknown" when it runs from a folder that was never installed."""
    try:
        return version("clusterer")
    except PackageNotFoundError:
        return "unknown"


def put(connection: sqlite3.Connection, **values: Any) -> None:
    """Set entries of the manifest."""
    rows = ((key, to_json(value)) for key, value in values.items())
    connection.executemany("INSERT OR REPLACE INTO manifest VALUES (?, ?)", rows)


def get(connection: sqlite3.Connection, key: str) -> Any:
    """An entry of the manifest. Raises `IndexFormatError` when it is missing or damaged."""
    row = connection.execute("SELECT value FROM manifest WHERE key = ?", (key,)).fetchone()
    return from_json("" if row is None else row[0], f"entry {key!r} of the manifest")


def start(connection: sqlite3.Connection, model: ModelIdentity, settings: Settings, *, generation: int) -> None:
    """The manifest of an index that holds nothing yet."""
    put(
        connection,
        format=FORMAT_VERSION,
        clusterer=package_version(),
        created=now(),
        updated=now(),
        generation=generation,
        articles_generation=generation,
        stories_generation=generation,
        model=asdict(model),
        settings=settings.as_dict(),
    )


def model_of(connection: sqlite3.Connection) -> ModelIdentity:
    """The model that made the vectors."""
    return ModelIdentity(**get(connection, "model"))


def settings_of(connection: sqlite3.Connection) -> Settings:
    """The settings of the last grouping. Those that this version does not know are left out."""
    known = {field.name for field in fields(Settings)}
    return Settings(**{key: value for key, value in get(connection, "settings").items() if key in known})
