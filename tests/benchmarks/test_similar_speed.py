from __future__ import annotations

from pathlib import Path

import pytest

import clusterer
from benchmarks import similar_speed


def test_a_table_of_whole_processes_and_of_warm_queries(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "news.index"
    with clusterer.open_index(index, new=True, write=True) as opened:
        opened.add([{"title": f"The ferry number {number} sails again"} for number in range(20)])
    monkeypatch.setattr("sys.argv", ["similar_speed", str(index), "--queries", "8", "--runs", "2"])
    similar_speed.main()
    printed = capsys.readouterr().out
    assert "in an index of 20 articles" in printed
    rows = [line.split(" | ") for line in printed.splitlines() if line.startswith(("| whole", "| its", "| in a warm"))]
    assert [row[0] for row in rows] == [
        "| whole process, seconds", "| its peak memory, MB", "| in a warm process, milliseconds",
    ]  # fmt: skip
    for row in rows:
        assert 0 < float(row[1].replace(",", "")) <= float(row[2].rstrip(" |").replace(",", ""))
