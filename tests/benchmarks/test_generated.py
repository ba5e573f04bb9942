from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.generated import BODY_CHARACTERS, story_records, write_generated
from benchmarks.wording import join_words, load_wording, spelled_name, split_units
from clusterer.evaluation.clusters import bcubed
from clusterer.pipeline import cluster
from clusterer.reading import read_articles


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("generated") / "dump.jsonl"
    assert write_generated(path, 1500, seed=4) == 1500
    return path


def records_of(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_record_has_what_it_takes(dump: Path) -> None:
    records = records_of(dump)
    assert len({record["id"] for record in records}) == 1500
    assert all(record["title"] and 0 < len(record["body"]) <= BODY_CHARACTERS + 2 for record in records)
    assert len({record["lang"] for record in records}) > 30
    stories = Counter(record["story"] for record in records)
    assert max(stories.values()) > 20
    assert sum(size == 1 for size in stories.values()) > len(stories) / 3
    languages: dict[str, set[str]] = {}
    for record in records:
        languages.setdefault(record["story"], set()).add(record["lang"])
    assert sum(len(some) > 1 for some in languages.values()) > 20


def test_copies_are_of_their_story_and_copy_an_original(dump: Path) -> None:
    by_id = {record["id"]: record for record in records_of(dump)}
    copies = [record for record in by_id.values() if record["copy_of"] in by_id]
    assert 0.02 < len(copies) / len(by_id) < 0.2
    for copy in copies:
        original = by_id[copy["copy_of"]]
        assert (original["story"], original["lang"]) == (copy["story"], copy["lang"])
        assert original["copy_of"] is None
    assert any(copy["body"] == by_id[copy["copy_of"]]["body"] for copy in copies)


def test_the_same_seed_gives_the_same_dump_and_another_another(tmp_path: Path) -> None:
    dumps = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_generated(tmp_path / name, 120, seed=seed)
        dumps.append((tmp_path / name).read_bytes())
    assert dumps[0] == dumps[1] != dumps[2]


def test_its_stories_are_found_but_not_all_of_them(dump: Path) -> None:
    """Neither hopeless nor easy."""
    articles = list(read_articles([dump]))
    placed = {assignment.id: assignment.story for assignment in cluster(articles).assignments}
    score = bcubed([str(a.extra["story"]) for a in articles], [placed[a.id] for a in articles])
    assert 0.75 < score.f1 < 0.97


def test_a_gold_set_is_hidden_whole(tmp_path: Path) -> None:
    gold = tmp_path / "quay.jsonl"
    lines = [{"id": str(n), "title": f"Quay {n} opens", "body": f"Body {n}.", "cluster": str(n % 3)} for n in range(9)]
    gold.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert write_generated(tmp_path / "dump.jsonl", 100, hidden=[gold]) == 109
    guests = [record for record in records_of(tmp_path / "dump.jsonl") if record["id"].startswith("quay/")]
    assert {record["hidden_story"] for record in guests} == {"quay/0", "quay/1", "quay/2"}
    assert {record["id"] for record in guests} == {f"quay/{n}" for n in range(9)}


def test_words_of_any_language_are_put_together_again() -> None:
    for text, language in (("Der Hafen bleibt zu", "de"), ("港口今天重新开放", "zh"), ("ท่าเรือเปิดแล้ว", "th")):
        assert join_words(split_units(text, language), language) == text


def test_a_name_is_one_in_every_script() -> None:
    names = {language: spelled_name(987654321, language) for language in ("en", "ru", "ar", "hi", "ja", "ko", "el")}
    assert len(set(names.values())) == len(names)
    assert spelled_name(987654321, "fr") == names["en"]


def test_an_event_does_not_depend_on_others() -> None:
    wording = load_wording(None)
    assert story_records(wording, 0, 77) == story_records(wording, 0, 77)
