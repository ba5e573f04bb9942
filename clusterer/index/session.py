"""An open index directory: its lock, its connection, and what one reads and writes as a whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clusterer.errors import IndexDirectoryError, IndexFormatError, IndexMissingError
from clusterer.index import manifest, search_index, vectors
from clusterer.index.database import (
    DATABASE_FILE,
    FORMAT_VERSION,
    DamagedDatabaseError,
    connect,
    explained_database_errors,
    format_version,
    migrate,
    patience,
    remove_database,
)
from clusterer.index.files import explained_file_errors, sync_folder
from clusterer.index.lock import LOCK_FILE, WriterLock
from clusterer.index.manifest import ModelIdentity
from clusterer.index.segments import VECTORS_FOLDER
from clusterer.settings import Settings

_OUR_NAMES = frozenset({LOCK_FILE, VECTORS_FOLDER, DATABASE_FILE, f"{DATABASE_FILE}-wal", f"{DATABASE_FILE}-shm"})
# Seconds that readers of the state before are waited for.
_PATIENCE_OF_OVERWRITING = 2.0
_HOW_TO_MAKE_ONE = "Make one with `clusterer index INPUT --index DIR`, or name another with --index."


class Session:
    """A connection to an index directory, for reading or, with the lock, for writing.

    A `replacement` is the model and settings of an index that is to take the place of the one there: until it is
    committed, this session sees an empty index and everyone else the old one.
    """

    def __init__(
        self,
        folder: Path,
        connection: sqlite3.Connection,
        lock: WriterLock | None,
        replacement: tuple[ModelIdentity, Settings] | None = None,
    ) -> None:
        self.folder = folder
        self.connection = connection
        self._lock = lock
        self._replacement = replacement
        self._depth = 0
        self._snapshots = 0
        self._closed = False
        # The generation that others see while a transaction runs.
        self._committed_generation = 0
        if lock is not None:
            self._remove_unnamed_files()
        if replacement is not None:
            self._begin()

    def close(self) -> None:
        """Give up what was not committed, and the lock. Closing twice does no harm."""
        if self._closed:
            return
        self._closed = True
        try:
            self._roll_back()
            self.connection.close()
        finally:
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    @property
    def is_settled(self) -> bool:
        """Whether what is read now is committed, so that its generation tells it from every other state."""
        return self._depth == 0 and self._replacement is None

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Everything that is read within is of one state, whatever is written meanwhile."""
        with explained_database_errors(self.folder):
            if self.connection.in_transaction:
                yield self.connection
                return
            self.connection.execute("BEGIN")
            self._snapshots += 1
            try:
                # The state is that of the first thing read.
                self.connection.execute("SELECT 1 FROM manifest").fetchone()
                yield self.connection
            finally:
                self._snapshots -= 1
                self._roll_back()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything that is written within is stored when it ends, or nothing of it. One within another joins it."""
        if self._lock is None:
            raise IndexDirectoryError("the index is open for reading only", where=str(self.folder))
        if self._snapshots:
            raise RuntimeError("nothing can be written within a snapshot")
        outermost = self._depth == 0
        self._depth += 1
        try:
            with explained_database_errors(self.folder), self._undone_on_error(outermost):
                if outermost:
                    self._begin()
                else:
                    self.connection.execute("SAVEPOINT step")
                yield self.connection
                self.connection.execute("COMMIT" if outermost else "RELEASE step")
        finally:
            self._depth -= 1
        if outermost:
            self._replacement = None
            self._remove_unnamed_files()

    @contextmanager
    def _undone_on_error(self, outermost: bool) -> Iterator[None]:
        try:
            yield
        except BaseException:
            if outermost:
                self._roll_back()
                if self._replacement is not None:
                    self._begin()
            elif self.connection.in_transaction:
                self.connection.execute("ROLLBACK TO step")
                self.connection.execute("RELEASE step")
            raise

    def _roll_back(self) -> None:
        # SQLite itself rolls back after some errors, such as a full disk.
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    @contextmanager
    def step(self) -> Iterator[tuple[sqlite3.Connection, int]]:
        """A transaction that makes a new generation: gives the connection and the generation's number."""
        with self.transaction() as connection:
            generation = self.next_generation()
            yield connection, generation

    def next_generation(self) -> int:
        """Count one generation further, within a transaction."""
        generation = int(manifest.get(self.connection, "generation")) + 1
        manifest.put(self.connection, generation=generation, updated=manifest.now())
        return generation

    def forget_retired(self) -> None:
        """Let go of the vector files that no reader of the committed state needs."""
        vectors.forget_retired(self.connection, self._committed_generation)

    def overwrite(self, *, everything: bool) -> bool:
        """Empty the log beside the database file, in which states before lie, after `everything` was written anew if
        asked for. Whether no reader stood in the way.
        """
        with explained_database_errors(self.folder), patience(self.connection, _PATIENCE_OF_OVERWRITING):
            if everything:
                self.connection.execute("VACUUM")
            busy, _, _ = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

    def _begin(self) -> None:
        if self.connection.in_transaction:  # the replacement's, begun when the session was
            return
        self.connection.execute("BEGIN IMMEDIATE")
        self._committed_generation = int(manifest.get(self.connection, "generation"))
        if self._replacement is not None:
            self._clear(*self._replacement)

    def _clear(self, model: ModelIdentity, settings: Settings) -> None:
        for statement in (
            "DELETE FROM articles",
            "DELETE FROM families",
            "DELETE FROM stories",
            "DELETE FROM constants",
            "DELETE FROM ledger",
            "DELETE FROM manifest",
        ):
            self.connection.execute(statement)
        generation = self._committed_generation + 1
        vectors.retire_empty(self.connection, generation)
        manifest.start(self.connection, model, settings, generation=generation)

    def _remove_unnamed_files(self) -> None:
        with explained_database_errors(self.folder):
            vectors.remove_unnamed_files(self.connection, self.folder)
            search_index.remove_unnamed_files(self.connection, self.folder)


def open_session(folder: Path, *, write: bool) -> Session:
    """Open an existing index.

    An older format is brought up to date where `write` is asked for. Raises `IndexMissingError` when there is none,
    `IndexFormatError` when it is damaged, newer, or older and only to be read, `IndexLockedError` when `write` is asked
    for and another process is writing.
    """
    if not (folder / DATABASE_FILE).is_file():
        raise IndexMissingError("there is no index", where=str(folder), remedy=_HOW_TO_MAKE_ONE)
    lock = WriterLock.acquire(folder) if write else None
    try:
        connection = connect(folder, write=write)
        try:
            version = format_version(connection, folder)
            if version == 0:
                raise IndexMissingError("there is no index", where=str(folder), remedy=_HOW_TO_MAKE_ONE)
            if version < FORMAT_VERSION:
                _upgrade(connection, folder, version, write=write)
            return Session(folder, connection, lock)
        except BaseException:
            connection.close()
            raise
    except BaseException:
        if lock is not None:
            lock.release()
        raise


def _upgrade(connection: sqlite3.Connection, folder: Path, version: int, *, write: bool) -> None:
    """Bring an index to today's format, in one step; its stories then count as out of date."""
    if not write:
        raise IndexFormatError(
            f"the index has format {version}, which is an older clusterer's",
            where=str(folder / DATABASE_FILE),
            remedy="Run `clusterer reindex`, or add to it with `clusterer index`, which brings it up to date.",
        )
    with explained_database_errors(folder):
        connection.execute("BEGIN IMMEDIATE")
        migrate(connection)
        manifest.put(connection, format=FORMAT_VERSION, stories_generation=manifest.NEVER_GROUPED)
        connection.execute("COMMIT")


def create_session(folder: Path, model: ModelIdentity, settings: Settings, *, replace: bool) -> Session:
    """Make a new index, or begin to replace the one there.

    Raises `IndexDirectoryError` when the folder holds something else, or an index and not `replace`.
    """
    _prepare_folder(folder)
    lock = WriterLock.acquire(folder)
    try:
        connection = _connect_to_create(folder, replace=replace)
        try:
            if format_version(connection, folder) == 0:
                _initialise(connection, folder, model, settings)
                return Session(folder, connection, lock)
            if not replace:
                raise IndexDirectoryError(
                    "there is an index already",
                    where=str(folder),
                    remedy="Add to it with `clusterer index`, replace it with --replace, or name another folder.",
                )
            return Session(folder, connection, lock, (model, settings))
        except BaseException:
            connection.close()
            raise
    except BaseException:
        lock.release()
        raise


def _prepare_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise IndexDirectoryError(
            "this is a file, not a folder", where=str(folder), remedy="Name another with --index."
        )
    if folder.is_dir() and not (folder / DATABASE_FILE).exists():
        foreign = sorted(path.name for path in folder.iterdir() if path.name not in _OUR_NAMES)
        if foreign:
            raise IndexDirectoryError(
                f"the folder is not empty and holds no index ({foreign[0]!r} is in it)",
                where=str(folder),
                remedy="Name a new or an empty folder with --index.",
            )
    with explained_file_errors(folder):
        (folder / VECTORS_FOLDER).mkdir(parents=True, exist_ok=True)
        sync_folder(folder)
        sync_folder(folder.absolute().parent)


def _connect_to_create(folder: Path, *, replace: bool) -> sqlite3.Connection:
    try:
        return connect(folder, write=True)
    except DamagedDatabaseError:
        if not replace:
            raise
        # There is no old state to keep.
        remove_database(folder)
        return connect(folder, write=True)


def _initialise(connection: sqlite3.Connection, folder: Path, model: ModelIdentity, settings: Settings) -> None:
    with explained_database_errors(folder):
        connection.execute("BEGIN IMMEDIATE")
        migrate(connection)
        manifest.start(connection, model, settings, generation=0)
        connection.execute("COMMIT")
    with explained_file_errors(folder):
        sync_folder(folder)
