"""`cluster`, `dedupe` and `evaluate`: from files to files, with nothing lost on the way."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

import clusterer


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def dump(path: Path, *records: dict | str) -> Path:
    path.write_text(
        "".join((record if isinstance(record, str) else json.dumps(record)) + "\n" for record in records),
        encoding="utf-8",
    )
    return path


@pytest.fixture
def small(tmp_path) -> Path:
    return dump(
        tmp_path / "small.jsonl",
        {"id": "1", "title": "Magnitude 6.3 earthquake hits Esmeraldas in northern Ecuador", "section": "world"},
        {"id": "2", "title": "Ecuador: un terremoto de magnitud 6,3 sacude Esmeraldas", "date": "no date"},
        {"id": "3", "title": "Magnitude 6.3 earthquake hits Esmeraldas in northern Ecuador"},
        "{broken",
        {"id": "4", "title": "The city library opens again in March after repairs", "published": "2025-03-31"},
    )


def test_every_article_is_in_exactly_one_story_and_every_record_has_an_assignment(run, sample, tmp_path):
    outcome = run("cluster", sample, "-o", tmp_path / "s.jsonl", "--assignments", tmp_path / "a.csv")
    assert (outcome.code, outcome.out) == (0, "")
    placed = [article["id"] for story in lines_of(tmp_path / "s.jsonl") for article in story["articles"]]
    given = [json.loads(line)["id"] for line in sample.read_text(encoding="utf-8").splitlines()]
    assert len(placed) == len(set(placed))
    assert set(placed) == set(given)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == given
    assert all(row["story"] and row["family"] for row in rows)


def test_a_pipe_gets_json_lines_and_the_four_formats_say_the_same(run, small, tmp_path):
    printed = [json.loads(line) for line in run("cluster", small, "-q").out.splitlines()]
    assert json.loads(run("cluster", small, "-q", "--format", "json").out) == printed
    rows = list(csv.DictReader(run("cluster", small, "-q", "--format", "csv").out.splitlines()))
    assert [row["id"] for row in rows] == [article["id"] for story in printed for article in story["articles"]]
    run("cluster", small, "-q", "-o", tmp_path / "s.parquet")
    nested = pyarrow.parquet.read_table(tmp_path / "s.parquet").to_pylist()
    assert [story["id"] for story in nested] == [story["id"] for story in printed]
    table = run("cluster", small, "-q", "--format", "table").out
    assert "Esmeraldas" in table
    assert "library" not in table, "a story of one is not shown in the table"


def test_bodies_that_are_compared_by_their_beginnings_are_counted(run, tmp_path):
    long, short = "A dam broke above the town. " * 60, "A dam broke above the town."
    path = dump(tmp_path / "long.jsonl", {"title": "Dam breaks", "body": long}, {"title": "Flood", "body": short})
    assert "1 body longer than 1,000 characters: only the beginning is compared" in run("cluster", path).err
    path = dump(tmp_path / "short.jsonl", {"title": "Dam breaks", "body": short})
    assert "longer than" not in run("cluster", path).err


def test_the_summary_tells_what_was_read_and_what_was_not(run, small, tmp_path):
    (tmp_path / "notes.md").write_text("# not news")
    outcome = run("cluster", tmp_path, "--errors", tmp_path / "bad.csv")
    assert outcome.code == 0
    assert "4 articles in " in outcome.err
    assert "1 family with copies" in outcome.err
    assert "1 record could not be read:" in outcome.err
    assert f"{small}:4: " in outcome.err
    assert "1 date could not be read" in outcome.err
    assert "1 file skipped" in outcome.err
    assert "notes.md" in outcome.err
    with (tmp_path / "bad.csv").open(encoding="utf-8", newline="") as file:
        assert [row["location"] for row in csv.DictReader(file)] == [f"{small}:4"]


def test_quiet_says_nothing_and_strict_exits_1(run, small):
    outcome = run("cluster", small, "--quiet", "--strict")
    assert outcome.code == 1
    assert outcome.err == ""
    assert len(outcome.out.splitlines()) >= 2


def test_nothing_readable_exits_2_and_still_writes_the_bad_records(run, tmp_path):
    outcome = run("cluster", dump(tmp_path / "d.jsonl", "{", "["), "--errors", tmp_path / "bad.jsonl")
    assert outcome.code == 2
    assert len(lines_of(tmp_path / "bad.jsonl")) == 2


@pytest.mark.parametrize("command", ["cluster", "dedupe"])
def test_an_empty_input_is_no_error(run, tmp_path, command):
    outcome = run(command, dump(tmp_path / "empty.jsonl"), "-o", tmp_path / "out.jsonl")
    assert outcome.code == 0, outcome.err
    assert (tmp_path / "out.jsonl").read_text() == ""


def test_fields_are_found_by_the_names_that_are_given(run, tmp_path):
    path = dump(tmp_path / "d.jsonl", {"id": "1", "headline_text": "A minister resigns"})
    [story] = [json.loads(line) for line in run("cluster", path, "--field", "title=headline_text").out.splitlines()]
    assert story["headline"] == "A minister resigns"


def test_standard_input_is_read(process):
    record = json.dumps({"id": "1", "title": "وزير يستقيل"})
    outcome = process("cluster", "-", "--input-format", "jsonl", given=record)
    assert json.loads(outcome.out)["headline"] == "وزير يستقيل"


def test_progress_is_silent_in_a_pipe_and_verbose_tells_the_stages(run, small):
    assert "encode" not in run("cluster", small).err
    told = run("cluster", small, "--verbose").err
    assert "read: 4 in " in told
    assert "encode: " in told


def test_own_vectors_take_the_place_of_a_model(run, sample, tmp_path):
    """Vectors that mean something join languages; vectors that mean nothing do not."""

    def most_languages(vectors) -> int:
        np.save(tmp_path / "v.npy", vectors)
        outcome = run("cluster", sample, "--split", "never", "--vectors", tmp_path / "v.npy")
        assert outcome.code == 0, outcome.err
        return max(len(json.loads(line)["languages"]) for line in outcome.out.splitlines())

    records = lines_of(sample)
    texts = [record.get("title") or record["body"] for record in records]
    assert most_languages(clusterer.load_encoder().encode(texts).astype(np.float64)) >= 3
    noise = np.random.default_rng(7).normal(size=(len(records), 256)).astype(np.float32)
    assert most_languages(noise) < 3


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((2, 4), np.float32), "2 vectors for 1 article"),
        (np.zeros(4, np.float32), "the vectors are float32 [4]"),
        (np.zeros((1, 4), np.int64), "the vectors are int64 [1, 4]"),
        (np.full((1, 4), np.nan), "row 0 of the vectors"),
        (np.array([{"a": 1}], dtype=object), "not a NumPy array of numbers"),
    ],
)
def test_vectors_that_do_not_fit_are_refused(run, tmp_path, array, reason):
    np.save(tmp_path / "v.npy", array, allow_pickle=True)
    path = dump(tmp_path / "d.jsonl", {"id": "1", "title": "A minister resigns"})
    outcome = run("cluster", path, "--vectors", tmp_path / "v.npy")
    assert outcome.code == 2
    assert reason in outcome.err
    assert outcome.err.startswith(f"error: --vectors {tmp_path / 'v.npy'}: ")


def test_an_index_is_kept_only_if_it_is_new_or_may_be_replaced(run, small, tmp_path):
    index = tmp_path / "news.index"
    assert run("cluster", small, "--index", index, "-o", tmp_path / "s.jsonl").code == 0
    assert len(json.loads(run("info", "--index", index, "--format", "json").out)["languages"]) >= 1
    refused = run("cluster", small, "--index", index)
    assert refused.code == 2
    assert "--replace" in refused.err
    assert run("cluster", small, "--index", index, "--replace", "-o", tmp_path / "again.jsonl").code == 0
    assert (tmp_path / "again.jsonl").read_text() == (tmp_path / "s.jsonl").read_text()


def test_an_index_gives_the_same_stories_and_an_assignment_for_each_record(run, small, tmp_path):
    with small.open("a") as file:
        file.write(small.read_text().splitlines()[0] + "\n")
    files = ("--assignments", tmp_path / "a.jsonl", "-o", tmp_path / "s.jsonl")
    assert run("cluster", small, "--index", tmp_path / "n.index", *files).code == 0
    kept = (tmp_path / "a.jsonl").read_text(), (tmp_path / "s.jsonl").read_text()
    assert [row["id"] for row in lines_of(tmp_path / "a.jsonl")] == ["1", "2", "3", "4", "1"]
    assert run("cluster", small, *files).code == 0
    assert ((tmp_path / "a.jsonl").read_text(), (tmp_path / "s.jsonl").read_text()) == kept


def test_dedupe_keeps_all_fields_and_names_the_copies(run, small, tmp_path):
    outcome = run("dedupe", small, "-o", tmp_path / "u.jsonl")
    assert outcome.code == 0
    assert "3 articles kept, 1 copy left out" in outcome.err
    unique = {record["id"]: record for record in lines_of(tmp_path / "u.jsonl")}
    [original] = [record for record in unique.values() if record["duplicates"]]
    assert {original["id"], *original["duplicates"]} == {"1", "3"}
    assert set(unique) == {original["id"], "2", "4"}
    assert unique["4"]["published"] == "2025-03-31T00:00:00Z"


def test_evaluate_does_not_let_the_gold_stories_help(run, tmp_path):
    """Two records that only their gold story has in common stay apart, whatever it says."""
    path = dump(
        tmp_path / "d.jsonl",
        {"id": "1", "title": "Magnitude 6.3 earthquake hits Esmeraldas", "gold": "Esmeraldas quake"},
        {"id": "2", "title": "The city library opens again in March", "gold": "Esmeraldas quake"},
        {"id": "3", "title": "A comet is seen over Lisbon"},
    )
    report = json.loads(run("evaluate", path, "--gold", "gold", "--format", "json").out)
    assert report["articles"] == 2
    assert report["bcubed"] == {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3)}


def test_evaluate_exits_1_below_the_score_that_is_asked_for(run, sample):
    outcome = run("evaluate", sample, "--gold", "story", "--at-least", "1")
    assert outcome.code == 1
    assert "B-cubed" in outcome.out
    assert "is below 1." in outcome.err
    assert run("evaluate", sample, "--gold", "story", "--at-least", "0.5").code == 0


def test_evaluate_on_all_pairs_is_no_worse_informed(run, sample):
    near = json.loads(run("evaluate", sample, "--gold", "story", "--format", "json").out)
    full = json.loads(run("evaluate", sample, "--gold", "story", "--format", "json", "--all-pairs").out)
    assert abs(near["bcubed"]["f1"] - full["bcubed"]["f1"]) < 0.05
