"""JSON arrays and the objects that wrap them."""

import contextlib
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.errors import InputError
from clusterer.reading import ReadingReport, json_array, read_articles
from clusterer.reading import options as limits
from clusterer.reading.json_extent import Extent

A, B, C = ({"title": f"Ferry {name} leaves", "n": {"x": ["}", '"', "\\"]}} for name in "ABC")
TITLES = ["Ferry A leaves", "Ferry B leaves", "Ferry C leaves"]


@pytest.fixture(params=[7, 64, 1 << 20])
def _chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in pieces so small that every border falls inside of a record."""
    monkeypatch.setattr(json_array, "_CHUNK", request.param)


pytestmark = pytest.mark.usefixtures("_chunk")


def read(folder: Path, content: str | bytes) -> tuple[list[str], list[tuple[str, str]]]:
    file = folder / "news.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    report = ReadingReport()
    headlines = [article.headline for article in read_articles([file], report=report)]
    return headlines, [(bad.location.removeprefix(f"{folder}/"), bad.reason) for bad in report.bad]


@pytest.mark.parametrize("indent", [None, 0, 1, 4])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda records: records,
        lambda records: {"status": "ok", "articles": records, "total": 3},
        lambda records: {"meta": {"n": [1, 2]}, "Data": {"x": 1, "items": records}},
        lambda records: {"response": {"docs": records}},
    ],
)
def test_arrays_and_their_wrappers(tmp_path: Path, indent: int | None, wrap: Any) -> None:
    assert read(tmp_path, json.dumps(wrap([A, B, C]), indent=indent)) == (TITLES, [])


def test_records_one_after_the_other(tmp_path: Path) -> None:
    assert read(tmp_path, "\n".join(map(json.dumps, (A, B, C)))) == (TITLES, [])
    assert read(tmp_path, "\n".join(json.dumps(record, indent=2) for record in (A, B, C))) == (TITLES, [])


def test_a_single_record(tmp_path: Path) -> None:
    assert read(tmp_path, json.dumps(A)) == (TITLES[:1], [])


def test_an_empty_array_is_an_empty_input(tmp_path: Path) -> None:
    for content in ("[]", "", " \n", '{"articles": []}', "{}"):
        assert read(tmp_path, content) == ([], [])


def test_locations_are_lines(tmp_path: Path) -> None:
    (tmp_path / "news.json").write_text(json.dumps([A, B], indent=1))
    assert [a.location.rpartition(":")[2] for a in read_articles([tmp_path / "news.json"])] == ["2", "12"]


@pytest.mark.parametrize(
    "broken",
    [
        '{"title": nope}',
        '{"title": "x",, "n": [1]}',
        '{"title": "He said "so" there"}',
        "word",
        "17",
        '"text"',
        "[[1], {}]",
        "{}",
        '{"title": "\\ud800"}',
        '{"title": "a\\u0000"}',
    ],
)
def test_a_broken_record_costs_itself_alone(tmp_path: Path, broken: str) -> None:
    headlines, ((location, reason),) = read(tmp_path, f"[{json.dumps(A)},\n{broken},{json.dumps(B)}, {json.dumps(C)}]")
    assert headlines == TITLES
    assert location == "news.json:2"
    assert ("is broken JSON" in reason and "in line 2" in reason) == (
        broken[:3] in ("wor", '{"t') and "\\" not in broken
    )


@pytest.mark.parametrize(
    "broken", ['{"title": "never closed', '{"title": "x', '{"title": "a "b", "c": [{', '{"a": "\\']
)
def test_unclosed_records_end_where_the_next_line_of_their_kind_begins(tmp_path: Path, broken: str) -> None:
    content = f"[\n  {json.dumps(A)},\n  {broken},\n  {json.dumps(B)},\n  {json.dumps(C)}\n]"
    headlines, bad = read(tmp_path, content)
    assert headlines == TITLES
    assert [location for location, _ in bad] == ["news.json:3"]


def test_an_array_that_breaks_off(tmp_path: Path) -> None:
    text = json.dumps([A, B, C])
    for length in range(len(json.dumps([A])), len(text) - 1):
        headlines, bad = read(tmp_path, text[:length])
        assert headlines == TITLES[: len(headlines)]
        assert headlines
        assert bad


@pytest.mark.parametrize("text", [json.dumps({"articles": [A, B]}), json.dumps(A)])
def test_an_object_that_breaks_off_anywhere_is_told(tmp_path: Path, text: str) -> None:
    for length in range(1, len(text)):
        with contextlib.suppress(InputError):
            headlines, bad = read(tmp_path, text[:length])
            assert headlines == TITLES[: len(headlines)]
            assert bad or headlines == TITLES[:2]


def test_what_is_not_utf8_costs_its_record(tmp_path: Path) -> None:
    content = f'[{json.dumps(A)}, {{"title": "caf'.encode() + b'\xe9"}, ' + f"{json.dumps(B)}]".encode()
    assert read(tmp_path, content) == (TITLES[:2], [("news.json:1", "is not UTF-8")])


def test_a_record_over_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_RECORD_BYTES", 10_000)
    huge = json.dumps({"title": "x" * 50_000 + '\\"}{', "n": [1]})
    headlines, bad = read(tmp_path, f"[{json.dumps(A)},{huge},{json.dumps(B)},\n{huge}, {json.dumps(C)}]")
    assert headlines == TITLES
    assert bad == [(f"news.json:{line}", "is larger than 10,000 bytes") for line in (1, 2)]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "news.json"
    with file.open("w") as output:
        output.write("[" + ",\n".join([json.dumps(A)] * 200_000) + "]")
    articles = read_articles([file])
    tracemalloc.start()
    try:
        for _ in range(1000):
            next(articles)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000 < file.stat().st_size
    finally:
        tracemalloc.stop()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=12,
)


@given(st.lists(JSON) | st.dictionaries(st.text(max_size=3), JSON) | st.text(), st.integers(1, 9), st.text())
@settings(deadline=None, max_examples=100)
def test_extents_are_those_of_json(value: object, step: int, after: str) -> None:
    text = json.dumps(value, ensure_ascii=False)
    extent = Extent()
    for length in range(1, len(text), step):
        assert extent.find(text[:length], 0) is None
    assert extent.find(text + after.replace("\n", ""), 0) == len(text)
