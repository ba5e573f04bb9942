"""Coverage-guided fuzzing of whatever reads what others wrote: `python -m tests.fuzz [TARGET ...] [--runs N]`.

Each target gets bytes that atheris (libFuzzer) finds to reach new code, grown from seeds of our own writing. Whatever
the bytes, nothing may be raised, an article that is read has an id and a headline in clean UTF-8, and each fault names
its place. A finding is told with its traceback and the bytes, in a file `crash-*`, and ends with exit code 1.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["clusterer.reading", "clusterer.pages", "clusterer.page_markers"]):
    from clusterer.errors import IndexFormatError, InputError
    from clusterer.index.records import from_json
    from clusterer.pages import split_page
    from clusterer.reading import ReadingOptions
    from clusterer.reading.dates import parse_date
    from clusterer.reading.delimited import read_csv, read_tsv
    from clusterer.reading.feed import LineFeed
    from clusterer.reading.json_array import read_json
    from clusterer.reading.jsonl import read_jsonl
    from clusterer.reading.parquet import read_parquet
    from clusterer.reading.read import sniffed_format
    from clusterer.reading.records import RecordReader, articles_from_records
    from clusterer.reading.report import BadRecord, RawRecord, ReadingReport
    from clusterer.reading.streams import ByteStream
    from clusterer.reading.text_page import read_text_page

RUNS = 100_000
LARGEST = 4096
FOUND = 77

_RECORDS = [
    {"title": "Ferry to Skarholm runs again", "body": "The storm is over.", "published": "2025-07-01T08:00:00+02:00"},
    {
        "id": 7,
        "headline": "Лёд сошёл",
        "text": ["Первый.", "Второй."],
        "lang": "ru",
        "tags": "a; b",
        "url": "http://x.example/a",
    },
    {"name": "無題", "content": {"rendered": "<p>本文</p>"}, "pubDate": "Tue, 01 Jul 2025 08:00:00 GMT", "extra": None},
]
_PAGE = """Bridge reopens after two years

By A. Writer
The bridge over the Orla reopened on Tuesday.

Read also: Ferry fares rise in spring
Keywords: bridge, Orla
Related articles
- Council votes on the tram
Source: Orla Herald
"""


def _checked(reader: RecordReader, records: Iterable[RawRecord]) -> None:
    for article in reader.articles(records):
        assert article.id and article.headline.strip() and article.location
        for text in (article.id, article.headline, article.body, article.source or "", *article.keywords):
            assert "\0" not in text
            text.encode()
    assert all(bad.location and bad.reason for bad in reader.report.bad)


def _reader() -> RecordReader:
    bad: list[BadRecord] = []
    return RecordReader(ReadingOptions(), ReadingReport(), bad.append)


def _of_format(read: Callable[[ByteStream, str], Iterable[RawRecord]]) -> Callable[[bytes], None]:
    return lambda data: _checked(_reader(), read(ByteStream(io.BytesIO(data)), "fuzz"))


def _sniffed(data: bytes) -> None:
    sniffed_format(ByteStream(io.BytesIO(data)).head)


def _record(data: bytes) -> None:
    """Any JSON value as a record that a program holds."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    with contextlib.suppress(InputError):
        list(articles_from_records([value]))


def _page(data: bytes) -> None:
    text = data.decode("utf-8", "ignore")
    for known in (True, False):
        page = split_page(text, headline_known=known)
        assert all(teaser.strip() for teaser in page.teasers)
        assert page.headline is None or page.headline.strip()


def _feed(data: bytes) -> None:
    for batch in LineFeed(io.BytesIO(data), "fuzz").batches(1):
        _checked(_reader(), batch)


def _date(data: bytes) -> None:
    moment = parse_date(data.decode("utf-8", "ignore"))
    assert moment is None or moment.tzinfo is not None


def _stored(data: bytes) -> None:
    """What an index's database says in JSON, damaged."""
    with contextlib.suppress(IndexFormatError):
        from_json(data.decode("utf-8", "ignore"), "fuzz")


def _parquet_seed() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table({"title": ["Ferry runs", None], "body": ["Text.", ""]}), buffer, compression="none")
    return buffer.getvalue()


_LINES = b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in _RECORDS)
_CSV = 'title,body,published\n"Ferry, again","He said ""no"".",2025-07-01\nЛёд,,1.7.2025\n'.encode()

TARGETS: dict[str, tuple[Callable[[bytes], None], list[bytes]]] = {
    "jsonl": (_of_format(read_jsonl), [_LINES, gzip.compress(_LINES), _LINES.decode().encode("utf-16")]),
    "json": (_of_format(read_json), [json.dumps(_RECORDS).encode(), json.dumps({"articles": _RECORDS}).encode()]),
    "csv": (_of_format(read_csv), [_CSV, _CSV.replace(b",", b";")]),
    "tsv": (_of_format(read_tsv), [_CSV.replace(b",", b"\t")]),
    "text": (_of_format(read_text_page), [_PAGE.encode()]),
    "parquet": (_of_format(read_parquet), [_parquet_seed()]),
    "sniff": (_sniffed, [_LINES, _CSV, _PAGE.encode(), _parquet_seed()]),
    "record": (_record, [json.dumps(record).encode() for record in _RECORDS]),
    "page": (_page, [_PAGE.encode(), "Читайте также\nМост открыт\n\nИсточник: Вестник\n".encode()]),
    "feed": (_feed, [_LINES]),
    "date": (_date, [b"2025-07-01", b"Tue, 01 Jul 2025 08:00:00 GMT", b"1751356800", "1 июля 2025".encode()]),
    "stored": (_stored, [b'{"en": ["word"]}', b"[1.5, null]"]),
}


def fuzz(target: str, runs: int) -> None:
    """Fuzz one target in this process, which ends with it."""
    function, seeds = TARGETS[target]
    folder = Path(tempfile.mkdtemp())
    for number, seed in enumerate(seeds):
        (folder / str(number)).write_bytes(seed)
    options = [f"-runs={runs}", f"-max_len={LARGEST}", "-seed=1", "-print_final_stats=1", f"-error_exitcode={FOUND}"]
    atheris.Setup([sys.argv[0], *options, str(folder)], function)
    atheris.Fuzz()


def main() -> None:
    """Fuzz targets, each in a process of its own, and tell how many executions there were."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--runs", type=int, default=RUNS, help="executions of each target")
    chosen = parser.parse_args()
    total = 0
    for target in chosen.targets or TARGETS:
        process = os.fork()
        if not process:
            fuzz(target, chosen.runs)
        _, status = os.waitpid(process, 0)
        if status:
            sys.exit(f"{target}: a finding, told above")
        total += chosen.runs
        sys.stdout.write(f"{target}: {chosen.runs:,} executions\n")
        sys.stdout.flush()
    sys.stdout.write(f"all: {total:,} executions\n")


if __name__ == "__main__":
    main()
