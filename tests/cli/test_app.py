"""The command line as a whole: its help, its speed, its errors, its examples."""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import typer.main

import clusterer
from clusterer.cli.app import COMMANDS, app

PROJECT = Path(__file__).resolve().parents[2]
ENTRY = "from clusterer.cli.app import main; main()"
HEAVY = ("torch", "numpy", "faiss", "scipy", "pyarrow", "transformers", "sentence_transformers", "hdbscan", "sklearn")
GROUP = typer.main.get_command(app)
NAMES = [command.__name__ for command in COMMANDS]
LONG_OPTIONS = {
    name: sorted(
        {flag for parameter in command.params for flag in parameter.opts if flag.startswith("--") and flag != "--help"}
    )
    for name, command in GROUP.commands.items()
}


def test_there_are_the_commands_of_the_contract():
    expected = {
        "cluster",
        "index",
        "similar",
        "stories",
        "story",
        "threads",
        "explain",
        "dedupe",
        "reindex",
        "evaluate",
    }
    expected |= {"doctor", "info", "diff", "remove"}
    assert set(GROUP.commands) == expected


def test_help_needs_no_heavy_library():
    code = f"import sys; import clusterer.cli.app; print([name for name in {HEAVY!r} if name in sys.modules])"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=True)
    assert finished.stdout.strip() == "[]"


def test_help_takes_under_half_a_second(process):
    """Of processor time, so that what else the machine does has no say."""

    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert process("--help").code == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(3)) < 0.5


def test_alone_it_prints_help(run):
    outcome = run()
    assert outcome.code == 0
    assert all(name in outcome.out for name in NAMES)


def test_version(run):
    outcome = run("--version")
    assert (outcome.code, outcome.out) == (0, f"clusterer {clusterer.__version__}\n")


@pytest.mark.parametrize("name", NAMES)
def test_each_help_has_two_examples_and_a_line_on_every_option(run, name):
    outcome = run(name, "--help")
    assert outcome.code == 0
    assert outcome.out.count(f"clusterer {name}") >= 2
    command = GROUP.commands[name]
    assert not [parameter.name for parameter in command.params if not getattr(parameter, "help", "")]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory, sample_index):
    """A folder as a newcomer has it: data/ and an index in it."""
    folder = tmp_path_factory.mktemp("workplace")
    shutil.copytree(PROJECT / "data", folder / "data")
    shutil.copytree(sample_index, folder / "news.index")
    return folder


@pytest.mark.parametrize("example", [example for examples in COMMANDS.values() for example in examples])
def test_every_example_works(process, workplace, example):
    if "STORY_ID" in example:
        first = json.loads(process("stories", "--limit", "1", folder=workplace).out)
        example = example.replace("STORY_ID", first["id"])
    if "ARTICLE_ID" in example:
        first = json.loads(process("stories", "--limit", "1", folder=workplace).out)
        example = example.replace("ARTICLE_ID", first["articles"][0]["id"])
        example = example.replace("ANOTHER_ID", first["articles"][1]["id"])
    command = f"clusterer() {{ {sys.executable} -c '{ENTRY}' \"$@\"; }}; set -o pipefail; {example}"
    finished = subprocess.run(
        ["bash", "-c", command],
        cwd=workplace,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion_completes_commands(process, shell):
    asked = {
        "bash": {"COMP_WORDS": "clusterer si", "COMP_CWORD": "1"},
        "zsh": {"_TYPER_COMPLETE_ARGS": "clusterer si"},
        "fish": {"_TYPER_COMPLETE_ARGS": "clusterer si", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }
    outcome = process(_CLUSTERER_COMPLETE=f"complete_{shell}", **asked[shell])
    assert "similar" in outcome.out
    assert "stories" not in outcome.out


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_tells_every_command_and_option(name):
    readme = PROJECT / "README.md"
    assert readme.is_file(), "there is no README.md"
    text = readme.read_text(encoding="utf-8")
    assert f"clusterer {name}" in text
    assert [flag for flag in LONG_OPTIONS[name] if not re.search(rf"{flag}(?![\w-])", text)] == []


@pytest.mark.parametrize("suffix", [".html", ".txt", ""])
def test_an_unknown_output_suffix_lists_what_there_is(run, sample, tmp_path, suffix):
    outcome = run("cluster", sample, "-o", tmp_path / f"stories{suffix}")
    assert outcome.code == 2
    assert f"stories{suffix}: no output format" in outcome.err
    assert ".jsonl, .json, .csv, .parquet" in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_engine_lists_what_there_is(run, sample):
    outcome = run("cluster", sample, "--engine", "ray")
    assert outcome.code == 2
    assert outcome.err.startswith("error: --engine ray: ")
    assert "local" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (["cluster", "no-such-dump.jsonl"], "no-such-dump.jsonl"),
        (["cluster", "data", "-o", "no-such-folder/x.jsonl"], "no-such-folder"),
        (["cluster", "data", "-o", "data"], "data"),
        (["cluster", "data", "--assignments", "x.parquet"], "--assignments x.parquet"),
        (["cluster", "data", "--format", "csv", "-o", "x.json"], "--format csv"),
        (["cluster", "data", "--field", "title"], "--field"),
        (["cluster", "data", "--field", "nonsense=x"], "--field"),
        (["cluster", "data", "--replace"], "--replace"),
        (["cluster", "data", "--vectors", "x.npy", "--model", "bundled"], "--vectors x.npy"),
        (["cluster", "data", "--prompt", "query: "], "--prompt"),
        (["cluster", "data", "--threshold", "1.5"], "--threshold"),
        (["stories", "--index", "no-such.index"], "no-such.index"),
        (["similar"], "similar"),
        (["similar", "text", "--id", "1"], "similar"),
        (["similar", " "], "TEXT"),
        (["similar", "--file", "no-such-file.txt"], "no-such-file.txt"),
        (["evaluate", "data", "--gold", "no-such-field"], "--gold"),
    ],
)
def test_wrong_use_says_what_where_and_what_to_do(process, arguments, where):
    outcome = process(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    [line] = [line for line in outcome.err.splitlines() if line.startswith("error: ")]
    assert where in line
    assert line.count(". ") + line.endswith((".", "gz")) >= 2, line


def test_a_reader_that_stops_is_no_error(sample_index):
    command = f"{sys.executable} -c '{ENTRY}' stories --min-size 1 --limit 1000 --index {sample_index} | head -c 10"
    finished = subprocess.run(["bash", "-c", command], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert len(finished.stdout) == 10
    assert finished.stderr == ""


def test_an_interrupt_exits_130_and_leaves_nothing(tmp_path, sample):
    """A named pipe holds the command in its reading until it is interrupted."""
    pipe = tmp_path / "dump.jsonl"
    os.mkfifo(pipe)
    output = tmp_path / "stories.jsonl"
    command = [sys.executable, "-c", ENTRY, "cluster", str(pipe), "-o", str(output)]
    # What a shell starts in the background ignores interrupts, and so does what that starts.
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    running = subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True, preexec_fn=heard)
    with pipe.open("w") as file:  # waits until the command reads
        file.write(sample.read_text(encoding="utf-8").splitlines()[0] + "\n")
        file.flush()
        # A signal that comes between Python's look for one and the call that reads is not seen before the call ends.
        time.sleep(1)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["dump.jsonl"]
