"""A short run of the fuzzer on every target."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("atheris", reason="atheris comes as wheels for Linux alone")


def test_no_bytes_raise_anything(tmp_path: Path) -> None:
    project = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.fuzz", "--runs", "2000"]
    run = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(project)}, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-4000:]
    assert run.stdout.endswith("all: 24,000 executions\n")
