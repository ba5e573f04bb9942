"""Whole processes, timed and weighed from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass

BYTES_OF_A_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Run:
    """Wall seconds of a process, and the largest resident memory it had, in MB."""

    seconds: float
    peak_megabytes: float


def measured_run(command: list[str]) -> Run:
    """Run a command to its end. Raises `subprocess.CalledProcessError` when it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(seconds, usage.ru_maxrss * BYTES_OF_A_UNIT / 1e6)
