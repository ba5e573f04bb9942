"""A run that is killed goes on from what it had finished, and ends with the same stories."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.generated import write_generated
from tests.cli.conftest import ENTRY, PROJECT

RECORDS = 6000


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("resume") / "dump.jsonl"
    write_generated(path, RECORDS)
    return path


def command(dump: Path, output: Path) -> list[str]:
    return [sys.executable, "-c", ENTRY, "cluster", str(dump), "-o", str(output), "--resume", "--quiet"]


@pytest.mark.slow
def test_kills_at_random_moments_change_nothing(dump: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    subprocess.run(command(dump, tmp_path / "whole.jsonl"), cwd=PROJECT, check=True)
    length = time.monotonic() - began
    chance, output = random.Random(7), tmp_path / "stories.jsonl"
    kills = 0
    for _ in range(6):
        running = subprocess.Popen(command(dump, output), cwd=PROJECT)
        try:
            running.wait(timeout=chance.uniform(0.2, 1) * length)
            break
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            running.wait()
            kills += 1
    subprocess.run(command(dump, output), cwd=PROJECT, check=True)
    assert kills
    assert output.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert not list(tmp_path.glob("*.resume"))


def test_what_is_finished_is_not_done_again(dump: Path, tmp_path: Path) -> None:
    """It is killed once its first blocks are there."""
    output = tmp_path / "stories.jsonl"
    kept = tmp_path / "stories.jsonl.resume"
    running = subprocess.Popen(command(dump, output), cwd=PROJECT)
    while running.poll() is None and not list(kept.glob("encode-0.npz")):
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    made = {path.name: path.stat().st_mtime_ns for path in kept.glob("*.npz")}
    assert "families-0.npz" in made
    running = subprocess.Popen(command(dump, output), cwd=PROJECT)
    while running.poll() is None and not list(kept.glob("group-0.npz")):
        time.sleep(0.02)
    now = {path.name: path.stat().st_mtime_ns for path in kept.glob("*.npz")}
    assert running.wait() == 0
    assert now.items() >= made.items()
    assert sum(len(json.loads(line)["articles"]) for line in output.open(encoding="utf-8")) == RECORDS


def test_resume_needs_a_file_to_write_to(run, dump: Path) -> None:
    done = run("cluster", dump, "--resume")
    assert done.code == 2
    assert "--resume" in done.err
    assert "-o" in done.err


def test_resume_needs_input_that_can_be_read_again(run, tmp_path: Path) -> None:
    done = run("cluster", "-", "-o", tmp_path / "stories.jsonl", "--resume")
    assert done.code == 2
    assert "pipe" in done.err
