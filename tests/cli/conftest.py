"""Commands as a user runs them: in a process of their own, or, for speed, through the same entry point in this one."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from clusterer.cli.app import main

PROJECT = Path(__file__).resolve().parents[2]
SAMPLE = PROJECT / "data" / "sample-news.jsonl"
ENTRY = "from clusterer.cli.app import main; main()"


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


def run_process(*arguments: str | Path, given: str = "", folder: Path = PROJECT, **variables: str) -> Outcome:
    """A command in a process of its own, with extra environment variables."""
    finished = subprocess.run(
        [sys.executable, "-c", ENTRY, *map(str, arguments)],
        input=given.encode(),
        capture_output=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **variables},
        check=False,
    )
    return Outcome(finished.returncode, finished.stdout.decode(), finished.stderr.decode())


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """A command through the entry point, in this process, away from any index of the project's folder."""
    monkeypatch.delenv("CLUSTERER_INDEX", raising=False)

    def run_here(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["clusterer", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        code = ended.value.code
        return Outcome(code if isinstance(code, int) else 0, said.out, said.err)

    return run_here


@pytest.fixture
def process() -> Callable[..., Outcome]:
    """A command in a process of its own."""
    return run_process


@pytest.fixture(scope="session")
def sample() -> Path:
    """The sample dump."""
    return SAMPLE


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the sample dump, to be read only."""
    path = tmp_path_factory.mktemp("sample") / "news.index"
    outcome = run_process("index", SAMPLE, "--index", path)
    assert outcome.code == 0, outcome.err
    return path
