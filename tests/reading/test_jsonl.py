"""JSON Lines: what is bad costs its line."""

import json
import tracemalloc
from pathlib import Path

import pytest

from clusterer.reading import ReadingReport, read_articles
from clusterer.reading import options as limits

GOOD = json.dumps({"title": "Harbour reopens"}).encode()


def read(path: Path, content: bytes) -> tuple[list[str], list[tuple[str, str]]]:
    file = path / "news.jsonl"
    file.write_bytes(content)
    report = ReadingReport()
    headlines = [article.headline for article in read_articles([file], report=report)]
    return headlines, [(bad.location.removeprefix(f"{path}/"), bad.reason) for bad in report.bad]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"title": "x"', "is broken JSON: expecting ',' delimiter in column 14"),
        (b'{"title": nope}', "is broken JSON: expecting value in column 11"),
        (b'{"title": "x"} more', "is broken JSON: extra data in column 16"),
        (b'{"title": "caf\xe9"}', "is not UTF-8"),
        (b'{"title": "\\ud800"}', "holds an unpaired surrogate"),
        (b'{"title": "a\\u0000b"}', "holds a NUL byte"),
        (b'{"title": "a\0b"}', "holds a NUL byte"),
        (b"\0\0\0", "holds a NUL byte"),
        (b"[1, 2]", "is not an object with fields but a list"),
        (b"null", "is not an object with fields but null"),
        (b"{}", "has neither a headline nor a body"),
        (b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_a_bad_line_costs_that_line(tmp_path: Path, line: bytes, reason: str) -> None:
    headlines, bad = read(tmp_path, b"\n".join([GOOD, b"", line, GOOD]))
    assert headlines == ["Harbour reopens"] * 2
    assert bad == [("news.jsonl:3", reason)]


def test_numbers_that_python_refuses_cost_their_line(tmp_path: Path) -> None:
    headlines, ((location, reason),) = read(tmp_path, GOOD + b'\n{"title": "x", "n": ' + b"9" * 5000 + b"}")
    assert (headlines, location) == (["Harbour reopens"], "news.jsonl:2")
    assert reason.startswith("is broken JSON: ")


def test_what_is_harmless_is_read(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbf{"title": "tab\there", "n": NaN}\r\n\r\n  \n{"title": "\\ud83d\\ude00"}'
    assert read(tmp_path, content) == (["tab here", "😀"], [])


def test_a_line_over_the_limit_costs_that_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_RECORD_BYTES", 1_000_000)
    huge = b'{"title": "' + b"x" * 3_000_000 + b'"}'
    headlines, bad = read(tmp_path, b"\n".join([GOOD, huge, GOOD, huge]))
    assert headlines == ["Harbour reopens"] * 2
    assert bad == [(f"news.jsonl:{line}", "is larger than 1,000,000 bytes") for line in (2, 4)]


def test_a_line_without_end_is_never_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_RECORD_BYTES", 1_000_000)
    file = tmp_path / "news.jsonl"
    with file.open("wb") as output:
        output.write(GOOD + b"\n")
        output.truncate(200_000_000)
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_articles([file])) == 1
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_200_000_lines_take_flat_memory(tmp_path: Path) -> None:
    file = tmp_path / "news.jsonl"
    with file.open("w", encoding="utf-8") as output:
        for number in range(200_000):
            record = {"id": number, "title": f"Ferry {number} leaves", "body": "It left at dawn. " * 5, "extra": "e"}
            output.write(json.dumps(record) + "\n" if number % 10 else "broken\n")
    tracemalloc.start()
    try:
        report = ReadingReport()
        articles = read_articles([file], report=report)
        for _ in range(90_000):
            next(articles)
        after_half = tracemalloc.get_traced_memory()[0]
        assert sum(1 for _ in articles) == 90_000
        assert tracemalloc.get_traced_memory()[1] < after_half + 2_000_000
    finally:
        tracemalloc.stop()
    assert (report.records, report.articles, report.bad_count, len(report.bad)) == (200_000, 180_000, 20_000, 10_000)
