"""Files that are whole or not there: written under another name, forced to the disk, then renamed."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clusterer.errors import IndexDirectoryError

PART_SUFFIX = ".part"
_BLOCK_BYTES = 1 << 20


@contextmanager
def explained_file_errors(path: Path) -> Iterator[None]:
    """Turn an `OSError` (a full disk, no permission) into an `IndexDirectoryError` that names `path`."""
    try:
        yield
    except OSError as error:
        raise IndexDirectoryError(
            f"the index cannot be written: {error.strerror or error}",
            where=str(path),
            remedy="What was stored before is intact. Check free space and permissions, then run the command again.",
        ) from error


def write_durably(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a file of another name, then give it its name. When this returns, a power cut cannot undo it.

    Raises `IndexDirectoryError` when the disk does not take it; `path` is then as it was.
    """
    part = path.with_name(path.name + PART_SUFFIX)
    with explained_file_errors(path):
        try:
            fill_durably(part, write)
            give_name(part, path)
        finally:
            part.unlink(missing_ok=True)


def fill_durably(part: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a file, and force it to the disk; its name is not safe yet."""
    write(part)
    with part.open("rb+") as file:
        os.fsync(file.fileno())


def give_name(part: Path, path: Path) -> None:
    """Give a file that is on the disk its name, durably."""
    part.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk. Windows has no such call and keeps its names in a journal."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checksum(path: Path) -> int:
    """CRC-32 of a file: it finds damage, not malice."""
    value = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            value = zlib.crc32(block, value)
    return value


def remove_all_but(folder: Path, pattern: str, kept: set[str]) -> None:
    """Remove the files that match the glob `pattern` and whose names are not in `kept`."""
    for path in folder.glob(pattern):
        # Windows refuses while a reader has the file open. The next writer tries again.
        if path.name not in kept:
            with suppress(PermissionError):
                path.unlink(missing_ok=True)
