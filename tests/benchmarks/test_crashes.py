"""The kills of `benchmarks.crashes`, a few of them, and that what would be wrong is seen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.crashes import BETWEEN, PHASES, SAMPLE, faults, operations, state_of
from clusterer.news_index import open_index
from clusterer.reading import read_articles

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")


@pytest.mark.parametrize("options", [[], ["--as-large"]])
def test_kills_in_every_phase_lose_nothing(options: list[str]) -> None:
    command = [sys.executable, "-m", "benchmarks.crashes", "--kills", "2", *options]
    run = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert run.returncode == 0, run.stderr
    rows = [line.split(" | ") for line in run.stdout.splitlines() if line.startswith("| ")]
    told = {row[0][2:]: row for row in rows[1:]}
    assert set(told) == {*PHASES, BETWEEN}
    assert all(int(told[phase][1]) >= 2 for phase in PHASES)
    assert {row[-1] for row in told.values()} == {"0 |"}


def test_a_loss_is_seen(tmp_path: Path) -> None:
    articles = list(read_articles([SAMPLE]))
    with open_index(tmp_path / "i", create=True) as index:
        index.add(articles[:120])
        before = state_of(index)
        operations(articles, 120)["remove"](index)
        after = state_of(index)
    assert faults(tmp_path / "i", True, before, after) == []
    assert faults(tmp_path / "i", True, after, before) == ["it holds neither what was there nor what was to be"]
    assert faults(tmp_path / "i", False, after, before) == []
    for path in (tmp_path / "i").glob("search-*.rows"):
        path.write_bytes(b"")
    assert "search index" in faults(tmp_path / "i", True, before, after)[0]
