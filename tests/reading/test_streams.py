"""Gzip, UTF-16 and byte order marks."""

import gzip
import hashlib
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterer.reading import ReadingReport, read_articles
from clusterer.reading import options as limits
from clusterer.reading.streams import ByteStream

TEXT = "Лёд сошёл 😀\nzweite Zeile\n" * 20_000


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_all_wrappings_give_the_same_bytes(pack: object, encoding: str) -> None:
    stream = ByteStream(io.BytesIO(pack(TEXT.encode(encoding))))  # type: ignore[operator]  # two kinds of callables
    assert stream.read(10_000_000).decode() == TEXT
    assert stream.fault == ""


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_both_orders_of_utf16(encoding: str) -> None:
    assert ByteStream(io.BytesIO(("\ufeff" + TEXT).encode(encoding))).read(10_000_000).decode() == TEXT


def test_several_gzip_members() -> None:
    packed = gzip.compress(b"one\n") + gzip.compress(b"two\n")
    assert ByteStream(io.BytesIO(packed)).read(100) == b"one\ntwo\n"


@given(st.binary(max_size=300), st.booleans(), st.booleans())
def test_any_bytes_are_read_without_an_error(content: bytes, packed: bool, utf16: bool) -> None:
    content = b"\xff\xfe" + content if utf16 else content
    content = gzip.compress(content)[:-5] if packed else content
    stream = ByteStream(io.BytesIO(content))
    assert [number for number, _ in stream.lines()] == list(
        range(1, 1 + len(list(ByteStream(io.BytesIO(content)).lines())))
    )


def test_broken_utf16_costs_its_lines_alone(tmp_path: Path) -> None:
    good, lone = '{"title": "Лёд"}\n'.encode("utf-16-le"), b'"\x00\x00\xd8"\x00\n\x00'
    (tmp_path / "a.jsonl").write_bytes(b"\xff\xfe" + good + lone + good + b"{\x00\x00")
    report = ReadingReport()
    assert [article.headline for article in read_articles([tmp_path / "a.jsonl"], report=report)] == ["Лёд", "Лёд"]
    assert [bad.reason for bad in report.bad] == ["is not UTF-16", "is not UTF-16"]


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "txt"])
def test_truncated_gzip_keeps_what_was_read(tmp_path: Path, suffix: str) -> None:
    records = [{"id": number, "title": f"Ferry {number * 7919 % 10007} leaves"} for number in range(50_000)]
    content = {
        "jsonl": "\n".join(map(json.dumps, records)),
        "json": json.dumps(records),
        "csv": "id,title\n" + "\n".join(f"{record['id']},{record['title']}" for record in records),
        "txt": "\n\n".join(f"{record['title']}." for record in records),
    }[suffix]
    file = tmp_path / f"news.{suffix}.gz"
    packed = gzip.compress(content.encode())
    file.write_bytes(packed[: len(packed) // 2])
    report = ReadingReport()
    articles = list(read_articles([file], report=report))
    assert len(articles) > (0 if suffix == "txt" else 20_000)
    assert [article.headline for article in articles][:-1] == [record["title"] for record in records][
        : len(articles) - 1
    ]
    assert report.bad[-1].location == str(file)
    assert report.bad[-1].reason == "the gzip data breaks off; what stood before was read"


def test_damaged_gzip_is_told(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b'{"title": "Ferry leaves"}\n' * 1000))
    packed[-8:] = b"\0" * 8
    (tmp_path / "news.jsonl.gz").write_bytes(bytes(packed))
    report = ReadingReport()
    assert sum(1 for _ in read_articles([tmp_path / "news.jsonl.gz"], report=report)) == 1000
    assert "cannot be read any further" in report.bad[0].reason


def test_a_gzip_suffix_on_plain_text_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "news.jsonl.gz").write_bytes(b'{"title": "Ferry leaves"}\n')
    assert [article.headline for article in read_articles([tmp_path / "news.jsonl.gz"])] == ["Ferry leaves"]


def test_packed_data_that_grows_without_end_is_read_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNPACKED_FREELY", 1_000_000)
    line = b'{"title": "Ferry leaves"}\n'
    stream = ByteStream(io.BytesIO(gzip.compress(line * 1_000_000, mtime=0)))
    read = sum(1 for _ in stream.lines())
    assert 1_000_000 < read * len(line) < 10_000_000
    assert "grows to more than 200 times its size" in stream.fault


def test_packed_data_that_is_small_or_dense_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    line = b'{"title": "Ferry leaves"}\n'
    assert sum(1 for _ in ByteStream(io.BytesIO(gzip.compress(line * 100_000))).lines()) == 100_000
    monkeypatch.setattr(limits, "UNPACKED_FREELY", 1_000)
    lines = [json.dumps({"title": hashlib.sha256(bytes(n)).hexdigest()}).encode() + b"\n" for n in range(2000)]
    assert sum(1 for _ in ByteStream(io.BytesIO(gzip.compress(b"".join(lines)))).lines()) == 2000
