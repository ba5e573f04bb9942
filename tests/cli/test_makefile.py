"""The make targets, run for real in a copy of the project's folder, with an environment that is ready."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
TARGETS = [
    "setup",
    "cluster",
    "similar",
    "index",
    "reindex",
    "evaluate",
    "test",
    "check",
    "bench",
    "bench-large",
    "model",
    "deep-model",
    "help",
    "clean",
]


@pytest.fixture
def folder(tmp_path) -> Path:
    """Makefile and data in a folder whose virtual environment counts as installed."""
    folder = tmp_path / "project"
    shutil.copytree(PROJECT / "data", folder / "data")
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(PROJECT / name, folder / name)
    command = folder / ".venv" / "bin" / "clusterer"
    command.parent.mkdir(parents=True)
    command.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'from clusterer.cli.app import main; main()' \"$@\"\n")
    command.chmod(0o755)
    for stamp in (".installed", ".installed-dev"):
        (folder / ".venv" / stamp).touch()
    return folder


def make(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    ignored = ("CLUSTERER_INDEX", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "DUMP", "OUT", "TEXT", "INDEX", "MODEL")
    inherited = {name: value for name, value in os.environ.items() if name not in ignored}
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(PROJECT), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_tells_every_target(folder):
    said = make(folder, "help").stdout
    assert [line.split()[1] for line in said.splitlines() if line.startswith("make ")] == TARGETS
    assert make(folder).stdout == said


def test_a_fresh_machine_is_set_up_with_pinned_versions_and_a_ready_one_is_not(folder):
    assert make(folder, "--question", "setup").returncode == 0
    shutil.rmtree(folder / ".venv")
    steps = make(folder, "--dry-run", "cluster").stdout
    assert "python3 -m venv .venv" in steps
    assert "-c constraints.txt -e ." in steps
    assert "'.[dev]'" not in steps
    assert "'.[dev]'" in make(folder, "--dry-run", "check").stdout


def test_too_old_a_python_is_told(folder):
    shutil.rmtree(folder / ".venv")
    old = folder / "old-python"
    old.write_text("#!/bin/sh\nshift\nexec " + sys.executable + ' -c "import sys; sys.version_info = (3, 9); $1"\n')
    old.chmod(0o755)
    finished = make(folder, "setup", f"PYTHON={old}")
    assert finished.returncode != 0
    assert "Python 3.11 or later is needed" in finished.stderr
    assert not (folder / ".venv" / ".installed").exists()


def test_cluster_takes_paths_with_spaces_and_quotes_and_makes_the_folder_of_its_output(folder):
    dump = folder / 'it\'s a "dump" $HOME'
    dump.mkdir()
    (dump / "d.jsonl").write_text('{"id": "1", "title": "A minister resigns"}\n')
    out = folder / "new folder" / "stories.jsonl"
    finished = make(folder, "cluster", DUMP=str(dump), OUT=str(out))
    assert finished.returncode == 0, finished.stderr
    assert json.loads(out.read_text())["headline"] == "A minister resigns"


@pytest.mark.parametrize("text", ['Netanyahu\'s "visit" to $Washington `id` $(id)', "نتنياهو في واشنطن"])
def test_similar_takes_any_text_and_builds_the_sample_index_once(folder, text):
    first = make(folder, "similar", "TEXT=" + text)
    assert first.returncode == 0, first.stderr
    assert "netanyahu" in first.stdout.lower() or "نتنياهو" in first.stdout
    assert "added" in first.stderr
    assert (folder / "sample.index").is_dir()
    again = make(folder, "similar", TEXT=text)
    assert again.stdout == first.stdout
    assert "added" not in again.stderr


def test_an_index_of_ones_own_does_not_mix_with_the_sample(folder):
    (folder / "own.jsonl").write_text('{"id": "own", "title": "A minister resigns"}\n')
    assert make(folder, "index").returncode == 0
    assert make(folder, "index", "DUMP=own.jsonl").returncode == 0
    assert {path.name for path in folder.glob("*.index")} == {"sample.index", "news.index"}
    rows = make(folder, "similar", "TEXT=minister").stdout.splitlines()
    assert [json.loads(row)["id"] for row in rows] == ["own"]
    named = make(folder, "similar", "TEXT=minister", "INDEX=sample.index").stdout.splitlines()
    assert len(named) == 10


def test_reindex_builds_the_sample_index_if_there_is_none_and_clean_keeps_it(folder):
    finished = make(folder, "reindex", "INDEX=build/some.index")
    assert finished.returncode == 0, finished.stderr
    assert "is made anew" in finished.stderr
    (folder / "build" / "lib").mkdir()
    (folder / "dist").mkdir()
    for name in ("clusterer", "tests", "training", "benchmarks"):
        (folder / name / "__pycache__").mkdir(parents=True)
    assert make(folder, "clean").returncode == 0
    assert make(folder, "similar", "INDEX=build/some.index").returncode == 0
    assert not list(folder.glob("*/__pycache__"))
    assert not (folder / "build" / "lib").exists()
    assert not (folder / "dist").exists()


def test_the_checks_of_the_project_are_one_command():
    script = PROJECT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make check" in script.read_text()
