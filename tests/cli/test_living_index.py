"""`index --follow`, `remove`, `diff`, `story --history` and `doctor --repair`: an index that lives."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
ENTRY = "from clusterer.cli.app import main; main()"


def records(outcome) -> list[dict]:
    return [json.loads(line) for line in outcome.out.splitlines()]


@pytest.fixture
def own_index(sample_index, tmp_path):
    """A copy of the sample's index, to be changed."""
    index = tmp_path / "own.index"
    shutil.copytree(sample_index, index)
    return index


def first_story(run, index) -> dict:
    return records(run("stories", "--index", index, "--limit", "1", "--format", "jsonl"))[0]


# diff and history


def test_what_happened_is_told_from_a_generation_on(run, own_index):
    before = json.loads(run("info", "--index", own_index, "--format", "json").out)["generation"]
    assert run("diff", "--after-generation", str(before), "--index", own_index).code == 1
    story = first_story(run, own_index)
    gone = story["articles"][-1]["id"]
    assert run("remove", gone, "--index", own_index).code == 0
    change, *_ = records(run("diff", "--after-generation", str(before), "--index", own_index, "--format", "jsonl"))
    assert list(change) == ["generation", "time", "event", "story", "other", "size", "moved", "headline", "members"]
    assert (change["event"], change["story"], change["members"]) == ("shrank", story["id"], [gone])
    assert change["size"] == story["size"] - 1
    history = records(run("story", story["id"], "--history", "--index", own_index, "--format", "jsonl"))
    assert [event["event"] for event in history][:2] == ["born", "shrank"]


def test_changes_are_filtered_by_date_and_size(run, own_index):
    everything = records(run("diff", "2020-01-01", "--min-size", "1", "--index", own_index, "--format", "jsonl"))
    larger = records(run("diff", "2020-01-01", "--index", own_index, "--format", "jsonl"))
    assert {change["event"] for change in everything} == {"born"}
    assert larger == [change for change in everything if change["size"] >= 2] != everything
    assert run("diff", "2100-01-01", "--index", own_index).code == 1
    assert run("diff", "yesterday", "--index", own_index).code == 2


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "parquet"])
def test_changes_are_written_in_every_format(run, own_index, tmp_path, suffix):
    path = tmp_path / f"changes.{suffix}"
    assert run("diff", "--index", own_index, "-o", path).code == 0
    assert path.stat().st_size > 100


def test_a_story_that_is_gone_says_when_it_went(run, own_index):
    story = first_story(run, own_index)
    ids = [article["id"] for article in story["articles"]]
    assert run("remove", *ids, "--index", own_index).code == 0
    shown = run("story", story["id"], "--index", own_index)
    assert shown.code == 1
    assert "any more: retired on 20" in shown.err
    never = run("story", "never", "--index", own_index)
    assert never.code == 1
    assert "any more" not in never.err
    assert run("story", "never", "--history", "--index", own_index).code == 1


# remove


def test_removing_needs_something_to_remove(run, own_index):
    assert run("remove", "--index", own_index).code == 2
    nobody = run("remove", "nobody", "--index", own_index)
    assert nobody.code == 1
    assert "nobody: there is no such article" in nobody.err
    assert run("remove", "x", "--index", own_index.with_name("none.index")).code == 2


def test_ids_from_standard_input_and_a_date(process, own_index):
    ids = [
        article["id"] for article in records(process("stories", "--index", own_index, "--limit", "1"))[0]["articles"]
    ]
    done = process("remove", "-", "--index", own_index, given="\n".join([*ids, "", "nobody"]))
    assert done.code == 0
    assert f"{len(ids)} articles removed" in done.err
    assert process("remove", "--before", "2100-01-01", "--index", own_index).code == 0
    left = json.loads(process("info", "--index", own_index, "--format", "json").out)
    assert left["first_published"] is None


# doctor


def test_the_doctor_repairs(run, own_index):
    for path in own_index.glob("search-*.faiss"):
        path.unlink()
    assert run("doctor", "--index", own_index).code == 1
    repaired = run("doctor", "--repair", "--index", own_index)
    assert repaired.code == 0
    assert "to be repaired: " in repaired.err
    assert run("doctor", "--index", own_index).code == 0
    assert run("similar", "bridge", "--index", own_index).code == 0


# follow


def following(index, *options):
    return subprocess.Popen(
        [sys.executable, "-c", ENTRY, "index", "-", "--follow", "--every", "0.2", "--index", str(index), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )


def test_lines_are_stored_as_they_come_and_acknowledged(process, sample, tmp_path):
    index = tmp_path / "n.index"
    lines = sample.read_bytes().splitlines(keepends=True)
    with following(index) as follower:
        follower.stdin.write(b"".join(lines[:50]))
        follower.stdin.flush()
        acknowledged = 0
        while acknowledged < 50:
            acknowledged += json.loads(follower.stdout.readline())["added"]
        seen = json.loads(process("info", "--index", index, "--format", "json").out)
        assert seen["articles"] == 50
        follower.stdin.write(b"no json\n" + b"".join(lines[40:]))
        follower.stdin.close()
        rest = [json.loads(line) for line in follower.stdout]
        said = follower.stderr.read().decode()
    assert follower.returncode == 0
    assert sum(batch["added"] for batch in rest) == len(lines) - 50
    assert sum(batch["unchanged"] for batch in rest) == 10
    assert sum(batch["unreadable"] for batch in rest) == 1
    assert "stdin:51: is broken JSON" in said
    assert process("doctor", "--index", index).code == 0


def test_the_signal_to_end_stores_what_has_come(process, sample, tmp_path):
    index = tmp_path / "n.index"
    with following(index, "--every", "60") as follower:
        follower.stdin.write(sample.read_bytes())
        follower.stdin.flush()
        time.sleep(3)
        follower.send_signal(signal.SIGTERM)
        told = [json.loads(line) for line in follower.stdout]
    assert follower.returncode == 0
    assert sum(batch["added"] for batch in told) == 240
    assert json.loads(process("info", "--index", index, "--format", "json").out)["articles"] == 240


def test_only_json_lines_from_standard_input_are_followed(run, sample, tmp_path):
    for arguments in ([sample], ["-", sample], ["-", "--input-format", "csv"]):
        refused = run("index", *arguments, "--follow", "--index", tmp_path / "n.index")
        assert refused.code == 2
    assert list(tmp_path.iterdir()) == []
