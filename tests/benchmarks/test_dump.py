from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks import dump
from benchmarks.dump import LEAD_LENGTH, write_dump


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def news(language: str, count: int, mark: str = "") -> list[dict[str, str]]:
    body = f"The {{0}} report {mark} says that the harbour will open again. " * 10
    return [{"lang": language, "title": f"Report {mark}{i}", "body": body.format(i)} for i in range(count)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files of news, one large, one in two languages, one small with repetitions and gaps; and one of no news."""
    files = {
        "large.news.jsonl.gz": news("en", 500, "large"),
        "two.news.jsonl.gz": [*news("ru", 60, "two"), *news("ar", 60, "three")],
        "small.news.jsonl": [*news("de", 5), *news("de", 5), {"lang": "de", "title": "No body", "body": ""}],
        "other.lex.jsonl.gz": news("fr", 50, "other"),
    }
    for name, records in files.items():
        lines = "".join(json.dumps(record) + "\n" for record in records).encode()
        (tmp_path / name).write_bytes(gzip.compress(lines) if name.endswith(".gz") else lines)
    return tmp_path


def test_records_are_different_and_spread_over_files_and_languages(folder: Path, tmp_path: Path) -> None:
    assert write_dump(tmp_path / "dump.jsonl", 200, seed=1, source=folder) == 200
    records = read(tmp_path / "dump.jsonl")
    assert len({record["id"] for record in records}) == 200
    assert len({(record["title"], record["body"]) for record in records}) == 200
    counts = Counter((record["source"], record["lang"]) for record in records)
    assert counts == {("small", "de"): 5, ("two", "ru"): 60, ("two", "ar"): 60, ("large", "en"): 75}


def test_bodies_are_cut_to_leads_after_a_word(folder: Path, tmp_path: Path) -> None:
    write_dump(tmp_path / "dump.jsonl", 100, seed=1, source=folder)
    words = set(news("en", 1)[0]["body"].split())
    for record in read(tmp_path / "dump.jsonl"):
        assert LEAD_LENGTH - 10 < len(record["body"]) <= LEAD_LENGTH
        assert record["body"].split()[-1] in words | {"large", "two", "three"} or record["body"].split()[-1].isdigit()


def test_the_seed_decides(folder: Path, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.jsonl" for name in "abc"]
    for path, seed in zip(paths, (1, 1, 2), strict=True):
        write_dump(path, 100, seed, folder)
    first, again, other = (path.read_bytes() for path in paths)
    assert first == again != other


def test_one_file_is_a_source_too(folder: Path, tmp_path: Path) -> None:
    write_dump(tmp_path / "dump.jsonl", 20, seed=1, source=folder / "large.news.jsonl.gz")
    assert {record["source"] for record in read(tmp_path / "dump.jsonl")} == {"large"}


def test_too_few_records_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="only 5 different records of 6"):
        write_dump(tmp_path / "dump.jsonl", 6, seed=1, source=folder / "small.news.jsonl")
    assert not (tmp_path / "dump.jsonl").exists()


def test_without_a_source_words_of_the_sample_are_recombined_in_their_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = [
        {"language": "en", "headline": "Harbour opens after storm", "body": "Ships return to the harbour today"},
        {"language": "en", "headline": "Storm closes harbour", "body": "Waves keep all ships outside"},
        {"language": "zh", "headline": "港口重新开放", "body": "船只今天返回港口"},
    ]
    path = tmp_path / "sample.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in sample), encoding="utf-8")
    monkeypatch.setattr(dump, "SAMPLE", path)
    write_dump(tmp_path / "dump.jsonl", 300, seed=3)
    records = read(tmp_path / "dump.jsonl")
    assert len({(record["title"], record["body"]) for record in records}) == 300
    assert 60 < sum(record["lang"] == "zh" for record in records) < 140
    letters = set("".join(record["headline"] + record["body"] for record in sample[2:]))
    words = {word for record in sample[:2] for word in (record["headline"] + " " + record["body"]).split()}
    for record in records:
        text = record["title"] + " " + record["body"]
        assert set(text.split()) <= words if record["lang"] == "en" else set(text) <= letters | {" "}
