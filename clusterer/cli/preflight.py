"""Before long work: what it will take in time, memory and disk, and whether that is there.

The input's size is known before it is read; how many records it has is told by its beginning. What a record costs was
measured on generated dumps of a headline and 600 characters (`benchmarks/RESULTS.md`), and is rounded up.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clusterer.cli.progress import say
from clusterer.cli.session import limit_threads
from clusterer.cli.source import Source
from clusterer.errors import UsageError
from clusterer.index.database import DATABASE_FILE
from clusterer.memory import collect_seldom
from clusterer.parallel import FEWEST_FOR_PROCESSES, usable_threads

# What a clustering takes whatever its size, what each record adds, and each byte of the input.
BASE_SECONDS, SECONDS_OF_A_RECORD, SECONDS_OF_A_BYTE = 5.0, 2.4e-4, 3.3e-7
BASE_BYTES, BYTES_OF_A_RECORD, MEMORY_OF_A_BYTE = 350e6, 3250.0, 2.4
# Other processes are there while texts are worked on, when this one does not yet hold the most.
BYTES_OF_A_PROCESS, SHARE_BESIDE_PROCESSES = 450e6, 0.85
# An index has the vectors of headlines and leads too, and on the disk the words, and for a time all that is new twice.
SECONDS_OF_AN_INDEXED_RECORD = 2.5e-4
MEMORY_OF_AN_INDEXED_RECORD, DISK_OF_AN_INDEXED_RECORD = 6000.0, 7000.0
DISK_OF_A_BYTE = 1.5
# A database with more than the families that are searched exactly; what is little beside it touches some thirty times
# as much of it, and at the most a part.
BYTES_OF_A_LARGE_INDEX, LARGEST_SHARE_ADDED, TOUCHED_BY_EACH, SHARE_TOUCHED = 250e6, 0.05, 30, 0.3
# Text that is packed has some four bytes for each of its own.
UNPACKED = 4
HEAD_BYTES = 1 << 18
BYTES_OF_A_RECORD_BY_GUESS = 1000
SECONDS_WORTH_TELLING = 60.0
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)
_UNITS = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
_GB = 1e9


@dataclass(frozen=True, slots=True)
class Estimate:
    """About how many records an input has, and what clustering them takes: seconds on two cores, and bytes of memory,
    with one process and with each other one, and of disk.
    """

    records: int
    seconds: float
    memory: float
    memory_of_a_process: float
    disk: float

    def memory_with(self, processes: int) -> float:
        """Bytes of memory when texts are worked on in so many processes."""
        if processes == 1:  # what it remembers of texts stays
            return self.memory + self.memory_of_a_process
        return max(self.memory, SHARE_BESIDE_PROCESSES * self.memory + processes * self.memory_of_a_process)


def prepared(
    source: Source, *, threads: int | None, memory: str | None, target: Path | None, index: Path | None = None
) -> None:
    """Hold every library to the threads that were asked for, or to fewer where these need too much memory; and Python
    to few looks for garbage.

    The work reads `source`, and writes to `target`, or to `index` with what that holds already. Raises UsageError where
    it cannot fit.
    """
    collect_seldom()
    limit = None if memory is None else memory_size(memory)
    limit_threads(threads)
    held = None if index is None else index / DATABASE_FILE
    needed = estimate(source.files(), indexed=index is not None, held=held if held and held.exists() else None)
    if needed is not None:
        allowed = check(needed, threads=usable_threads(), memory=limit, target=index or target)
        if allowed < usable_threads():
            limit_threads(allowed)


def memory_size(text: str) -> float:
    """Bytes that a text such as 4GB or 512 MB stands for. Raises UsageError for another one."""
    match = _SIZE.fullmatch(text.strip())
    size = float(match[1]) * _UNITS[match[2].lower()] if match else 0.0
    if size <= 0:
        raise UsageError(f"{text!r} is no size", where="--memory", remedy="Give a size such as 4GB.")
    return size


def estimate(files: Sequence[Path], *, indexed: bool = False, held: Path | None = None) -> Estimate | None:
    """What clustering these files takes, added to what the database `held` holds, if there is one; None where one of
    them is of no known size, as a pipe is.
    """
    if not files or not all(path.is_file() for path in files):
        return None
    sizes = [_unpacked_size(path) for path in files]
    total = sum(sizes)
    records = sum(size / max(_bytes_of_a_record(path), 1) for path, size in zip(files, sizes, strict=True))
    if held is not None:
        size = held.stat().st_size
        is_little = size > BYTES_OF_A_LARGE_INDEX and total < LARGEST_SHARE_ADDED * size
        touched = min(TOUCHED_BY_EACH * total, SHARE_TOUCHED * size) if is_little else size
        total += round(touched)
        records += touched / BYTES_OF_A_RECORD_BY_GUESS
    return Estimate(
        records=round(records),
        seconds=BASE_SECONDS
        + SECONDS_OF_A_RECORD * records
        + SECONDS_OF_A_BYTE * total
        + (SECONDS_OF_AN_INDEXED_RECORD * records if indexed else 0),
        memory=BASE_BYTES
        + BYTES_OF_A_RECORD * records
        + MEMORY_OF_A_BYTE * total
        + (MEMORY_OF_AN_INDEXED_RECORD * records if indexed else 0),
        memory_of_a_process=BYTES_OF_A_PROCESS if records >= FEWEST_FOR_PROCESSES else 0.0,
        disk=DISK_OF_A_BYTE * total + (DISK_OF_AN_INDEXED_RECORD * records if indexed else 0),
    )


def _unpacked_size(path: Path) -> int:
    return path.stat().st_size * (UNPACKED if path.suffix.lower() in (".gz", ".parquet") else 1)


def _bytes_of_a_record(path: Path) -> float:
    """By the lines of the file's beginning, of formats that have a record on a line."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if not {".jsonl", ".ndjson", ".csv", ".tsv"} & set(suffixes[-2:]):
        return BYTES_OF_A_RECORD_BY_GUESS
    try:
        with gzip.open(path) if suffixes[-1] == ".gz" else path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:  # reading will tell what is wrong with it
        return BYTES_OF_A_RECORD_BY_GUESS
    lines = head.count(b"\n")
    return len(head) / lines if lines else max(len(head), 1)


def check(needed: Estimate, *, threads: int, memory: float | None, target: Path | None) -> int:
    """How many processes the work may have. What takes long is told. Raises UsageError where it cannot fit: in the
    `memory` that it may have, in bytes, or that the machine has left, or on the disk that holds `target`.
    """
    limit = _memory_left() if memory is None else memory
    needs = {processes: needed.memory_with(processes) for processes in range(threads, 0, -1)}
    processes = next((number for number, need in needs.items() if limit is None or need <= limit), 1)
    least = needs[processes] if limit is None or needs[processes] <= limit else min(needs.values())
    if limit is not None and least > limit:
        raise UsageError(
            f"about {needed.records:,} records need some {least / _GB:.1f} GB of memory, and there are"
            f" {limit / _GB:.1f} GB",
            where="memory" if memory is None else f"--memory {memory / _GB:g}GB",
            remedy=f"Cluster at most {_records_within(needed, limit):,} records at a time, or allow more by --memory.",
        )
    free = None if target is None else shutil.disk_usage(_existing(target)).free
    if free is not None and needed.disk > free:
        raise UsageError(
            f"some {needed.disk / _GB:.1f} GB of disk are needed, and {free / _GB:.1f} GB are free",
            where=str(target),
            remedy="Write to another disk, or make room.",
        )
    if needed.seconds >= SECONDS_WORTH_TELLING:
        say(
            f"About {needed.records:,} records: some {needed.seconds / 60:.0f} minutes on two cores,"
            f" {least / _GB:.1f} GB of memory, {needed.disk / _GB:.1f} GB of disk at the most."
        )
    return processes


def _records_within(needed: Estimate, limit: float) -> int:
    """About how many of the records fit, in round thousands."""
    share = max(limit - BASE_BYTES - needed.memory_of_a_process, 0) / (needed.memory - BASE_BYTES)
    return int(share * needed.records) // 1000 * 1000


def _memory_left() -> float | None:
    """Bytes of memory that may be had without swapping, where the system tells it."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return _physical_memory()
    return next((float(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def _physical_memory() -> float | None:
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return None


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return next(parent for parent in (path.absolute(), *path.absolute().parents) if parent.exists())
