"""Several processes at one index, under load: one writes, any number read, and each state that is seen is whole."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clusterer.news_index import open_index
from tests.index.busy_processes import ARTICLES, STEP
from tests.word_encoder import WordEncoder

PROJECT = Path(__file__).parents[2]
READERS, WRITERS = 3, 4


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.index.busy_processes", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def said(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return [int(number) for number in out.split()]


@pytest.fixture
def small(tmp_path):
    """The folder of an index with a few articles."""
    with open_index(tmp_path / "index", encoder=WordEncoder(), create=True) as index:
        index.add(ARTICLES[:STEP])
    return tmp_path / "index"


def test_readers_see_whole_states_while_one_writes(small, tmp_path):
    stop = tmp_path / "stop"
    readers = [start("read", small, stop) for _ in range(READERS)]
    (writes,) = said(start("write", small, 4))
    stop.touch()
    seen = [said(reader)[0] for reader in readers]
    assert writes == 24
    assert min(seen) > 2, "the readers saw nothing change"
    with open_index(small, encoder=WordEncoder()) as index:
        assert index.check() == []


def test_of_several_writers_one_writes_at_a_time(small):
    with open_index(small, encoder=WordEncoder()) as index:
        before = index.info()["generation"]
    outcomes = [said(process) for process in [start("contend", small, 3) for _ in range(WRITERS)]]
    with open_index(small, encoder=WordEncoder()) as index:
        assert index.info()["generation"] - before == sum(won for won, _ in outcomes)
    assert sum(won > 0 for won, _ in outcomes) > 1
    assert sum(refused for _, refused in outcomes) > 0
