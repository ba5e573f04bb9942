"""Articles from files, folders, globs and standard input."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from clusterer.article import Article
from clusterer.errors import InputError
from clusterer.reading.delimited import has_header, read_csv, read_tsv
from clusterer.reading.inputs import InputFile, find_files
from clusterer.reading.json_array import read_json
from clusterer.reading.jsonl import read_jsonl
from clusterer.reading.options import InputFormat, ReadingOptions, supported_suffixes
from clusterer.reading.parquet import read_parquet
from clusterer.reading.records import RecordReader
from clusterer.reading.report import BadRecord, RawRecord, ReadingReport
from clusterer.reading.streams import ByteStream
from clusterer.reading.text_page import read_text_page

_READERS: dict[InputFormat, Callable[[ByteStream, str], Iterator[RawRecord]]] = {
    "jsonl": read_jsonl,
    "json": read_json,
    "csv": read_csv,
    "tsv": read_tsv,
    "parquet": read_parquet,
    "text": read_text_page,
}


def read_articles(
    inputs: Sequence[str | Path],
    options: ReadingOptions | None = None,
    report: ReadingReport | None = None,
    *,
    on_bad: Callable[[BadRecord], None] | None = None,
) -> Iterator[Article]:
    """The articles of files, folders, globs and standard input (`-`), one at a time, in the order of the input.

    A record that cannot be read costs that record alone: it is counted in `report`, and `on_bad` is told. Raises
    InputError at once for a path that does not exist or a file of a kind that is not read, and at the end where there
    was input but none of it could be read, or where a field that `options` maps was in no record. An empty input is no
    error.
    """
    options = options or ReadingOptions()
    report = report if report is not None else ReadingReport()
    return _articles(inputs, find_files(inputs, options, report), options, report, on_bad)


def _articles(
    inputs: Sequence[str | Path],
    files: list[InputFile],
    options: ReadingOptions,
    report: ReadingReport,
    on_bad: Callable[[BadRecord], None] | None,
) -> Iterator[Article]:
    reader = RecordReader(options, report, on_bad)
    for file in files:
        report.files += 1
        yield from reader.articles(_records(file))
    named = ", ".join("stdin" if str(given) == "-" else str(given) for given in inputs)
    reader.finish(named)
    if not files and report.skipped_files:
        skipped = report.skipped_files[0]
        raise InputError(
            f"it holds no file that is read; {skipped.path} is one of those that are not",
            where=named,
            remedy=f"Give files of the kinds {supported_suffixes()}, or name the kind with --input-format.",
        )


def _records(file: InputFile) -> Iterator[RawRecord]:
    """The records of a file; a fault of the file as a whole is told as a bad record at its name."""
    try:
        opened = nullcontext(sys.stdin.buffer) if file.path is None else file.path.open("rb")
    except OSError as error:
        yield RawRecord(file.name, None, f"cannot be opened: {error.strerror or error}")
        return
    with opened as raw:
        stream = ByteStream(raw)
        yield from _READERS[file.format or sniffed_format(stream.head)](stream, file.name)


def sniffed_format(head: bytes) -> InputFormat:
    """The format that the first bytes of an input show."""
    if head.startswith(b"PAR1"):
        return "parquet"
    start = head.lstrip()[:1]
    if start in (b"{", b"["):
        return "json"
    lines = head.decode("utf-8", "replace").lstrip().splitlines()
    if lines and has_header(lines[0]):
        return "csv"
    return "text"
