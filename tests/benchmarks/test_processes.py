from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.processes import measured_run

CHILD = "import time; held = bytearray(200_000_000); time.sleep(1)"


def test_memory_of_children_counts() -> None:
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}]); print('x', file=sys.stderr)"
    run = measured_run([sys.executable, "-c", parent])
    assert run.seconds > 1
    assert run.messages == "x\n"
    if sys.platform == "linux":
        assert 200 < run.peak_megabytes < 400


def test_a_command_that_fails_is_told() -> None:
    with pytest.raises(subprocess.CalledProcessError) as error:
        measured_run([sys.executable, "-c", "import sys; sys.exit('no')"])
    assert error.value.returncode == 1
    assert error.value.stderr == "no\n"
