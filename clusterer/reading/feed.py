"""JSON lines as they come, for as long as they come."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from typing import BinaryIO

from clusterer.reading import options as limits
from clusterer.reading.jsonl import json_line
from clusterer.reading.report import RawRecord

# What is read ahead while a batch is worked on; who writes more has to wait. A line may be as large as a record may be.
LINES_AHEAD = 16
LINES_OF_A_BATCH = 4096
BYTES_OF_A_BATCH = 1 << 26
# Within so many seconds a stop is noticed.
_PATIENCE = 0.2
_CHUNK = 1 << 18


class LineFeed:
    """Reads a binary stream in a thread of its own, and hands on in batches what came."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._lines: queue.Queue[tuple[int, bytes | None] | None] = queue.Queue(LINES_AHEAD)
        self._stopped = threading.Event()
        self._fault = ""
        threading.Thread(target=self._read, daemon=True).start()

    def stop(self) -> None:
        """End the batches with the one that is being gathered. A signal handler may call it."""
        self._stopped.set()

    def batches(self, seconds: float) -> Iterator[list[RawRecord]]:
        """Records in batches, each of what came within so many seconds of its first line, to the end of the stream."""
        ended = False
        while not ended:
            batch: list[RawRecord] = []
            size, until = 0, float("inf")
            while len(batch) < LINES_OF_A_BATCH and size < BYTES_OF_A_BATCH and time.monotonic() < until:
                try:
                    line = self._lines.get(timeout=max(min(until - time.monotonic(), _PATIENCE), 0))
                except queue.Empty:
                    if not self._stopped.is_set():
                        continue
                    line = None
                if line is None:
                    ended = True
                    break
                number, text = line
                record = json_line(f"{self._name}:{number}", text)
                if record is not None:
                    batch.append(record)
                    size += len(text or b"")
                    until = min(until, time.monotonic() + seconds)
            ended = ended or self._stopped.is_set()
            if ended and self._fault:
                batch.append(RawRecord(self._name, None, self._fault))
            if batch:
                yield batch

    def _read(self) -> None:
        number, limit = 0, limits.MAX_RECORD_BYTES
        try:
            while line := self._stream.readline(limit + 1):
                number += 1
                is_whole = len(line) <= limit or line.endswith(b"\n")
                while not is_whole and (rest := self._stream.readline(_CHUNK)):
                    is_whole, line = rest.endswith(b"\n"), b""
                self._lines.put((number, line or None))
        except (OSError, ValueError) as error:
            self._fault = f"cannot be read any further ({error})"
        self._lines.put(None)
