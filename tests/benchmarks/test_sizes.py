from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.size_duplicates_ours import earliest_first
from benchmarks.sizes import Outcome, run_within, write_comparison


def test_a_method_that_failed_is_not_run_at_a_larger_size_and_nothing_is_done_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs: list[tuple[str, str]] = []

    def run(folder: Path, method: str) -> Outcome:
        runs.append((folder.name, method))
        return Outcome(failure="not in 5 s") if method == "slow" else Outcome(1.5, 20.0, {"F1": 0.75})

    def prepare(folder: Path, size: int) -> None:
        (folder / "dump").write_text(str(size), encoding="utf-8")

    for _ in range(2):
        write_comparison("seconds", ("ours (new)", "slow"), (10, 20), tmp_path, prepare, run)
        printed = capsys.readouterr().out
        assert "| seconds | 10 | 20 |\n|---|---|---|\n" in printed
        assert "| ours (new) | 1.5 s, 20 MB, F1 0.750 | 1.5 s, 20 MB, F1 0.750 |\n| slow | not in 5 s | - |" in printed
    assert runs == [("10", "ours (new)"), ("10", "slow"), ("20", "ours (new)")]


def test_what_a_program_ended_with_is_told() -> None:
    python = sys.executable
    assert not isinstance(run_within(60, [python, "-c", ""]), Outcome)
    late = run_within(1, [python, "-c", "import time; time.sleep(60)"])
    assert isinstance(late, Outcome) and late.failure == "not in 1 s"
    wrong = run_within(60, [python, "-c", "raise ValueError('no vectors')"])
    assert isinstance(wrong, Outcome) and wrong.failure == "ValueError: no vectors"


def test_the_earliest_article_comes_first(tmp_path: Path) -> None:
    dump = tmp_path / "dump.jsonl"
    dump.write_text(
        '{"id": "b", "title": "Later", "published": "2026-02-02"}\n'
        '{"id": "c", "title": "First", "published": "2026-02-01"}\n'
        '{"id": "a", "title": "Also first", "published": "2026-02-01"}\n',
        encoding="utf-8",
    )
    assert [article.id for article in earliest_first(dump)] == ["a", "c", "b"]
