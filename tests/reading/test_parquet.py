"""Parquet files, written by the real library."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clusterer.errors import InputError
from clusterer.reading import ReadingReport, read_articles


def write(path: Path, columns: dict[str, object]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_rows_become_articles(tmp_path: Path) -> None:
    moment = datetime(2024, 5, 1, 8, tzinfo=UTC)
    file = write(
        tmp_path / "news.parquet",
        {
            "id": [1, 2],
            "title": ["Ferry leaves", "Ice melts"],
            "published": pa.array([moment, None], pa.timestamp("ns", tz="UTC")),
            "source": [{"name": "Norvik Times"}, None],
            "tags": [["ice", "port"], []],
            "score": [0.5, None],
        },
    )
    first, second = read_articles([file])
    assert (first.id, first.headline, first.published, first.source) == ("1", "Ferry leaves", moment, "Norvik Times")
    assert (first.keywords, first.extra) == (("ice", "port"), {"score": 0.5})
    assert first.location == f"{file}:row 1"
    assert second.published is None


def test_nanoseconds_and_many_batches(tmp_path: Path) -> None:
    count = 1500
    file = write(
        tmp_path / "news.pq",
        {
            "title": [f"Ferry {number}" for number in range(count)],
            "date": pa.array([1_714_550_400_000_000_001] * count, pa.timestamp("ns")),
        },
    )
    articles = list(read_articles([file]))
    assert len(articles) == count
    assert articles[-1].location == f"{file}:row {count}"
    assert articles[-1].published == datetime(2024, 5, 1, 8, tzinfo=UTC)


def test_bad_rows_cost_themselves_alone(tmp_path: Path) -> None:
    wrong = pa.array([b"First", b"caf\xe9", b"a\0b", b"", b"Last"], pa.binary()).cast(pa.string(), safe=False)
    file = tmp_path / "news.parquet"
    try:
        pq.write_table(pa.table({"title": wrong}), file)
    except pa.ArrowInvalid:
        pytest.skip("this pyarrow writes no invalid text")
    report = ReadingReport()
    assert [article.headline for article in read_articles([file], report=report)] == ["First", "Last"]
    assert [(bad.location.rpartition(":")[2], bad.reason) for bad in report.bad] == [
        ("row 2", "is not UTF-8"),
        ("row 3", "holds a NUL byte"),
        ("row 4", "has neither a headline nor a body"),
    ]


def test_gzip_around_it(tmp_path: Path) -> None:
    file = write(tmp_path / "news.parquet", {"title": ["Ferry leaves"]})
    packed = tmp_path / "news.parquet.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert [article.headline for article in read_articles([packed])] == ["Ferry leaves"]


def test_a_damaged_file_costs_that_file(tmp_path: Path) -> None:
    content = write(tmp_path / "a.parquet", {"title": ["Ferry leaves"]}).read_bytes()
    (tmp_path / "b.parquet").write_bytes(content[: len(content) // 2])
    (tmp_path / "c.parquet").write_bytes(b"")
    report = ReadingReport()
    assert [article.headline for article in read_articles([tmp_path], report=report)] == ["Ferry leaves"]
    assert [bad.location.rpartition("/")[2] for bad in report.bad] == ["b.parquet"]
    with pytest.raises(InputError, match="no Parquet"):
        list(read_articles([tmp_path / "b.parquet"]))
    assert list(read_articles([tmp_path / "c.parquet"])) == []


def test_bytes_are_text_where_they_are_utf8_and_none_else(tmp_path: Path) -> None:
    titles = ["Лёд сошёл".encode(), b"\xc6x", b"a\0b"]
    file = write(tmp_path / "news.parquet", {"title": titles, "body": ["Text one here.", "Text two here.", ""]})
    report = ReadingReport()
    first, second = read_articles([file], report=report)
    assert first.headline == "Лёд сошёл"
    assert (second.headline, second.headline_derived) == ("Text two here.", True)
    assert [bad.reason for bad in report.bad] == ["has neither a headline nor a body"]
