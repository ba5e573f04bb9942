"""The SQLite file of an index directory: how it is opened, what its format is, and what its errors mean."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from clusterer.errors import IndexDirectoryError, IndexFormatError, IndexLockedError

DATABASE_FILE = "clusterer.sqlite"
FORMAT_VERSION = 5
_APPLICATION_ID = 0x636C7374  # "clst": other programs' databases are never taken for ours
_BUSY_SECONDS = 30.0
_DAMAGE_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class DamagedDatabaseError(IndexFormatError):
    """The SQLite file cannot be read as one."""


@contextmanager
def explained_database_errors(folder: Path) -> Iterator[None]:
    """Turn SQLite's errors about damage, contention and the disk into errors that say what to do."""
    try:
        yield
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        explained = _explained(error, folder)
        if explained is None:
            raise
        raise explained from error


def _explained(error: sqlite3.DatabaseError | UnicodeDecodeError, folder: Path) -> IndexDirectoryError | None:
    where = str(folder / DATABASE_FILE)
    # The low byte is the primary code, the rest tells variants apart.
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if code is not None else None
    if primary in _DAMAGE_CODES or isinstance(error, UnicodeDecodeError) or "UTF-8" in str(error):
        return DamagedDatabaseError(
            f"the index is damaged: {error}",
            where=where,
            remedy="Restore it from a copy, or index the input again with --replace.",
        )
    if primary == sqlite3.SQLITE_BUSY:
        return IndexLockedError("the index is busy", where=where, remedy="Run the command again in a moment.")
    if isinstance(error, sqlite3.OperationalError) and primary != sqlite3.SQLITE_ERROR:
        return IndexDirectoryError(
            f"the index cannot be used: {error}",
            where=where,
            remedy="What was stored before is intact. Check free space and permissions, then run the command again.",
        )
    return None


def connect(folder: Path, *, write: bool) -> sqlite3.Connection:
    """Open the SQLite file, in autocommit mode; with `write`, make it if it is not there.

    Raises `DamagedDatabaseError` when it is no database.
    """
    path = (folder / DATABASE_FILE).absolute()
    mode = "?mode=rwc" if write else "?mode=ro"
    # Readers of a WAL database need its shared-memory file. Where none can be made and nobody is writing, as on a
    # read-only medium, the file is taken to be unchanging.
    if not write and not os.access(folder, os.W_OK) and not Path(f"{path}-wal").exists():
        mode += "&immutable=1"
    with explained_database_errors(folder):
        connection = sqlite3.connect(path.as_uri() + mode, uri=True, isolation_level=None, timeout=_BUSY_SECONDS)
        try:
            _configure(connection, write=write)
        except BaseException:
            connection.close()
            raise
    return connection


def _configure(connection: sqlite3.Connection, *, write: bool) -> None:
    if write:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA journal_size_limit = 67108864")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    connection.execute("CREATE TEMP TABLE wanted (id TEXT PRIMARY KEY) WITHOUT ROWID")


@contextmanager
def patience(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """Wait so long for others where one has to, and no longer."""
    connection.execute(f"PRAGMA busy_timeout = {int(1000 * seconds):d}")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(1000 * _BUSY_SECONDS):d}")


def format_version(connection: sqlite3.Connection, folder: Path) -> int:
    """The format of the index, 0 when nothing was ever committed to it.

    Raises `IndexFormatError` when the database is another program's or a newer clusterer's.
    """
    with explained_database_errors(folder):
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        empty = connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None
    where = str(folder / DATABASE_FILE)
    if owner != _APPLICATION_ID and not (empty and version == 0):
        raise IndexFormatError(
            "this is not an index of clusterer", where=where, remedy="Name another directory with --index."
        )
    if version > FORMAT_VERSION:
        raise IndexFormatError(
            f"the index has format {version}, and this clusterer reads formats up to {FORMAT_VERSION}",
            where=where,
            remedy="Upgrade clusterer.",
        )
    return version


def migrate(connection: sqlite3.Connection) -> None:
    """Apply, inside the caller's transaction, the numbered migrations that the database has not had."""
    done = int(connection.execute("PRAGMA user_version").fetchone()[0])
    scripts = (path for path in resources.files("clusterer.index").iterdir() if path.name.endswith(".sql"))
    for script in sorted(scripts, key=lambda path: path.name):
        if int(script.name.partition("_")[0]) > done:
            for statement in _statements(script.read_text(encoding="utf-8")):
                connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {FORMAT_VERSION:d}")
    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID:d}")


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: `executescript` would commit the transaction that they must share."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def remove_database(folder: Path) -> None:
    """Remove the SQLite file and its companions."""
    for suffix in ("", "-wal", "-shm"):
        (folder / f"{DATABASE_FILE}{suffix}").unlink(missing_ok=True)


def want(connection: sqlite3.Connection, ids: Iterable[str]) -> None:
    """Fill the temporary table `wanted`, with which queries are joined: no statement has a limit on how many."""
    connection.execute("DELETE FROM temp.wanted")
    connection.executemany("INSERT OR IGNORE INTO temp.wanted VALUES (?)", ((id_,) for id_ in ids))
