"""One writer at a time: a file lock that the system lets go of when its process ends, however it ends."""

from __future__ import annotations

import json
import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from clusterer.errors import IndexDirectoryError, IndexLockedError

LOCK_FILE = "writer.lock"


class WriterLock:
    """The right to write to an index directory, held until `release` or the end of the process.

    The lock is on the open file, not on its existence: a `writer.lock` left by a killed process bars nobody. Processes
    made by `fork` while it is held share it; those made by `spawn` or `exec` do not.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    @classmethod
    def acquire(cls, folder: Path) -> WriterLock:
        """Take the lock of an existing folder without waiting.

        Raises `IndexLockedError` when another process, or another `IndexDirectory` of this one, holds it, and
        `IndexDirectoryError` when the folder cannot be written.
        """
        path = folder / LOCK_FILE
        try:
            file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+", encoding="utf-8")
        except OSError as error:
            raise IndexDirectoryError(
                f"the index cannot be written: {error.strerror}", where=str(folder), remedy="Check its permissions."
            ) from error
        try:
            _lock(file)
        except (BlockingIOError, PermissionError) as error:
            owner = _owner(file)
            file.close()
            raise IndexLockedError(
                f"{owner} is writing to the index",
                where=str(folder),
                remedy="Wait until it is done, or end that process; reading is possible meanwhile.",
            ) from error
        except OSError as error:
            file.close()
            raise IndexDirectoryError(
                f"the file system cannot lock the index: {error.strerror}",
                where=str(folder),
                remedy="Keep the index on a local disk.",
            ) from error
        _sign(file)
        return cls(file)

    def release(self) -> None:
        """Let the next writer in."""
        self._file.truncate(0)
        self._file.close()


def _sign(file: IO[str]) -> None:
    file.seek(0)
    file.truncate()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    json.dump({"pid": os.getpid(), "host": socket.gethostname(), "started": started}, file)
    file.flush()


def _owner(file: IO[str]) -> str:
    """Who holds the lock, in words. The owner may not have signed yet."""
    try:
        file.seek(0)
        signature = json.loads(file.read())
        age = datetime.now(UTC) - datetime.fromisoformat(signature["started"])
        return f"process {signature['pid']} on {signature['host']} (for {_in_words(age.total_seconds())})"
    except (ValueError, KeyError, TypeError, OSError):
        return "another process"


def _in_words(seconds: float) -> str:
    if seconds < 120:
        return f"{max(seconds, 0):.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"


if sys.platform == "win32":
    import msvcrt

    # A locked byte of Windows cannot be read by others: lock one far behind the signature.
    _LOCKED_BYTE = 1 << 30

    def _lock(file: IO[str]) -> None:
        os.lseek(file.fileno(), _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
