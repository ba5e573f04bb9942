"""Whole processes, timed and weighed from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BYTES_OF_A_UNIT = 1 if sys.platform == "darwin" else 1024
SECONDS_BETWEEN_LOOKS = 0.1
WORTH_A_LOOK = 1.01
_PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True)
class Run:
    """Wall seconds of a process, and the largest resident memory that it and its children had at one time, in MB; what
    it wrote to standard error.
    """

    seconds: float
    peak_megabytes: float
    messages: str = ""


def measured_run(command: Sequence[str]) -> Run:
    """Run a command to its end. Raises `subprocess.CalledProcessError` when it fails.

    Where the system tells it, memory is the sum of proportional set sizes over the process and its children, looked at
    ten times a second, to one per cent. Elsewhere it is the largest resident size of one of them, and no less than that
    of the caller, which a process has for a moment before it becomes another.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    watch = _Watch(process.pid)
    watch.start()
    assert process.stderr is not None
    messages = process.stderr.read().decode("utf-8", "replace")
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    watch.ended.set()
    watch.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=messages)
    return Run(seconds, (watch.peak or usage.ru_maxrss * BYTES_OF_A_UNIT) / 1e6, messages)


class _Watch(threading.Thread):
    """Looks at a process and its children until it is told that they have ended; `peak` is in bytes."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self._process = process
        self.peak = 0
        self.ended = threading.Event()

    def run(self) -> None:
        largest = 0.0
        while not self.ended.wait(SECONDS_BETWEEN_LOOKS):
            family = _family(self._process)
            # To tell what is shared the system walks all pages and holds up the process: done where there are more.
            if (resident := sum(map(_resident_size, family))) > largest * WORTH_A_LOOK:
                largest = resident
                self.peak = max(self.peak, sum(map(_proportional_size, family)))


def _family(process: int) -> list[int]:
    """The process and all that descend from it."""
    try:
        children = (_PROCESSES / str(process) / "task" / str(process) / "children").read_text().split()
    except OSError:
        children = []
    return [process, *(own for child in children for own in _family(int(child)))]


def _resident_size(process: int) -> int:
    """Bytes of memory, what is shared among processes counted in each."""
    try:
        return int((_PROCESSES / str(process) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _proportional_size(process: int) -> int:
    """Bytes of memory, what is shared among processes counted in parts."""
    try:
        lines = (_PROCESSES / str(process) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
