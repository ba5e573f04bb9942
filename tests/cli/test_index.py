"""`index`, `similar`, `stories`, `story`, `reindex`, `info` and `doctor`: one index, asked in many ways."""

import json
import shutil

import pytest

KEYS = ["rank", "score", "id", "headline", "story", "family", "language", "source", "url", "published"]


def records(outcome) -> list[dict]:
    return [json.loads(line) for line in outcome.out.splitlines()]


@pytest.fixture
def search(run, sample_index):
    return lambda *arguments: run("similar", *arguments, "--index", sample_index)


def test_adding_the_same_dump_twice_adds_nothing(run, sample, sample_index, tmp_path):
    index = tmp_path / "copy.index"
    shutil.copytree(sample_index, index)
    before = json.loads(run("info", "--index", index, "--format", "json").out)
    outcome = run("index", sample, "--index", index)
    assert outcome.code == 0
    assert f"{index}: 0 added, 0 updated, {before['articles']} unchanged" in outcome.err
    assert outcome.out == ""


def test_the_index_is_named_by_option_then_variable_then_default(process, sample_index, tmp_path):
    asked = ("info", "--format", "json")
    assert process(*asked, folder=tmp_path, CLUSTERER_INDEX=str(sample_index)).code == 0
    missing = process(*asked, "--index", "other.index", folder=tmp_path, CLUSTERER_INDEX=str(sample_index))
    assert missing.code == 2
    assert "other.index" in missing.err
    default = process(*asked, folder=tmp_path)
    assert default.code == 2
    assert "news.index" in default.err
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_path_makes_no_index(run, tmp_path):
    assert run("index", tmp_path / "no-dump.jsonl", "--index", tmp_path / "n.index").code == 2
    assert list(tmp_path.iterdir()) == []


def test_similar_finds_other_languages_and_folds_copies(search):
    rows = records(search("Netanyahu meets Trump in Washington"))
    assert [list(row) for row in rows] == [KEYS] * 10
    assert [row["rank"] for row in rows] == list(range(1, 11))
    assert all(0 <= row["score"] <= 1 for row in rows)
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    assert len({row["family"] for row in rows}) == 10
    assert {"en", "ar"} <= {row["language"] for row in rows}


def test_filters_apply_before_the_cut(search):
    rows = records(search("Netanyahu meets Trump in Washington", "--language", "zh", "--top", "3"))
    assert [row["language"] for row in rows] == ["zh"] * 3
    dated = records(search("earthquake", "--since", "2025-06-24", "--until", "2025-06-24"))
    assert dated
    assert {row["published"][:10] for row in dated} == {"2025-06-24"}


def test_nothing_found_exits_1(search):
    outcome = search("Netanyahu meets Trump in Washington", "--since", "2100-01-01")
    assert (outcome.code, outcome.out) == (1, "")
    assert "Nothing is found" in outcome.err


def test_similar_to_an_article_leaves_it_out(search):
    first = records(search("Netanyahu meets Trump in Washington"))[0]
    others = records(search("--id", first["id"]))
    assert others
    assert first["family"] not in {row["family"] for row in others}
    assert search("--id", "no-such-article").code == 2


def test_each_query_of_a_file_has_its_results(search, tmp_path):
    arabic = "زلزال في الإكوادور"
    queries = [{"title": "Earthquake in Ecuador"}, {"text": arabic}, {"title": "Quake", "body": "Ecuador"}]
    path = tmp_path / "queries.jsonl"
    path.write_text("\n".join(map(json.dumps, queries)) + "\n\n", encoding="utf-8")
    rows = records(search("--file", path, "--top", "2"))
    assert [list(row) for row in rows] == [[*KEYS, "query"]] * 6
    assert [row["query"] for row in rows[::2]] == ["Earthquake in Ecuador", arabic, "Quake"]
    assert [row["rank"] for row in rows] == [1, 2] * 3


def test_a_bad_query_is_told_with_its_line(search, tmp_path):
    path = tmp_path / "queries.jsonl"
    path.write_text('{"title": "fine"}\n{"id": 3}\n')
    outcome = search("--file", path)
    assert outcome.code == 2
    assert f"{path}:2: there is no text" in outcome.err


def test_a_text_file_and_standard_input_are_one_query(search, process, sample_index, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("زلزال في الإكوادور", encoding="utf-8")
    rows = records(search("--file", path))
    assert [list(row) for row in rows] == [KEYS] * 10
    piped = process("similar", "-", "--index", sample_index, given="زلزال في الإكوادور")
    assert records(piped) == rows


def test_stories_are_listed_largest_first_and_filtered(run, sample_index):
    listed = records(run("stories", "--index", sample_index))
    assert [story["size"] for story in listed] == sorted((story["size"] for story in listed), reverse=True)
    assert min(story["size"] for story in listed) >= 2
    large = records(run("stories", "--index", sample_index, "--min-size", "4", "--language", "ar", "--limit", "2"))
    assert len(large) == 2
    assert all(story["size"] >= 4 and "ar" in story["languages"] for story in large)
    [quake] = records(run("stories", "--index", sample_index, "--query", "Esmeraldas earthquake", "--limit", "1"))
    assert any("Esmeraldas" in article["headline"] for article in quake["articles"])


def test_a_file_of_stories_holds_all(run, sample_index, tmp_path):
    every = records(run("stories", "--index", sample_index, "--min-size", "1", "--limit", "100000"))
    assert run("stories", "--index", sample_index, "--min-size", "1", "-o", tmp_path / "s.jsonl").out == ""
    written = [json.loads(line) for line in (tmp_path / "s.jsonl").read_text(encoding="utf-8").splitlines()]
    assert written == every
    assert len(every) > 50


def test_a_story_is_shown_with_its_articles(run, sample_index):
    story = records(run("stories", "--index", sample_index, "--limit", "1"))[0]
    assert records(run("story", story["id"], "--index", sample_index)) == [story]
    table = run("story", story["id"], "--index", sample_index, "--format", "table").out
    assert table.count("2025-") == story["size"]
    missing = run("story", "no-such-story", "--index", sample_index)
    assert missing.code == 1
    assert "no story no-such-story" in missing.err


def test_reindex_keeps_the_articles_and_the_stories(run, sample_index, tmp_path):
    index = tmp_path / "copy.index"
    shutil.copytree(sample_index, index)
    every = ("stories", "--min-size", "1", "--limit", "100000")
    before = records(run(*every, "--index", index))
    outcome = run("reindex", "--index", index)
    assert outcome.code == 0
    assert "is made anew" in outcome.err
    assert records(run(*every, "--index", index)) == before
    assert run("reindex", "--index", index, "--threshold", "0.99", "-q").err == ""
    facts = json.loads(run("info", "--index", index, "--format", "json").out)
    assert facts["settings"]["threshold"] == 0.99
    assert facts["stories"] > len(before)


def test_info_is_a_list_of_facts_or_json(run, sample_index):
    facts = json.loads(run("info", "--index", sample_index, "--format", "json").out)
    text = run("info", "--index", sample_index).out
    told = dict(line.split("  ", 1) for line in text.splitlines())
    assert told["articles"].strip() == str(facts["articles"])
    assert told["model name"].strip() == facts["model"]["name"]


def test_doctor_finds_a_damaged_index(run, sample_index, tmp_path):
    sound = run("doctor", "--index", sample_index)
    assert (sound.code, sound.out) == (0, "All is well.\n")
    index = tmp_path / "copy.index"
    shutil.copytree(sample_index, index)
    vectors = next((index / "vectors").iterdir())
    data = bytearray(vectors.read_bytes())
    data[-1] ^= 0x7F
    vectors.write_bytes(data)
    damaged = run("doctor", "--index", index, "--format", "json")
    assert damaged.code == 1
    assert any(vectors.name in finding for finding in json.loads(damaged.out)["findings"])
