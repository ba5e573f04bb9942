"""Results on standard output in the format that was asked for, or in a file by its suffix."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from clusterer.cli.parquet import write_parquet
from clusterer.cli.records import RecordKind
from clusterer.cli.text import json_text
from clusterer.errors import UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

T = TypeVar("T")
Table = Callable[[Sequence[T]], "RenderableType"]
_WIDTH_OF_A_PIPE = 120


class Format(StrEnum):
    """How records are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


class ReportFormat(StrEnum):
    """How a report, which is one thing and no list of records, is printed."""

    TABLE = "table"
    JSON = "json"


FILE_SUFFIXES = (".jsonl", ".json", ".csv", ".parquet")
ASSIGNMENT_SUFFIXES = (".jsonl", ".csv")


def checked_file(path: Path | None, option: str, suffixes: Sequence[str]) -> Path | None:
    """The path of a file to be written, once it is sure that its format is known and its folder is there.

    Raises UsageError where not, so that nothing is computed in vain.
    """
    if path is None:
        return None
    if path.suffix.lower() not in suffixes:
        raise UsageError(
            f"no output format has the suffix {path.suffix or '(none)'}",
            where=f"{option} {path}",
            remedy=f"There is {', '.join(suffixes)}.",
        )
    if path.is_dir():
        raise UsageError("this is a folder", where=f"{option} {path}", remedy="Give the name of a file in it.")
    if not path.absolute().parent.is_dir():
        raise UsageError(
            "there is no such folder", where=f"{option} {path}", remedy=f"Make the folder {path.parent} first."
        )
    return path


def checked_format(chosen: Format | None, output: Path | None) -> Format:
    """The format of standard output: what was chosen, else a table on a terminal and JSON lines in a pipe.

    Raises UsageError where a format was chosen that the suffix of the output file gainsays.
    """
    if chosen and output and output.suffix.lower() != f".{chosen}":
        raise UsageError(
            f"the file's suffix says {output.suffix}, the format {chosen}",
            where=f"--format {chosen}",
            remedy="Leave --format out: a file is written in the format of its suffix.",
        )
    if chosen:
        return chosen
    return Format.TABLE if sys.stdout.isatty() else Format.JSONL


def print_records(records: Sequence[T], kind: RecordKind[T], chosen: Format, table: Table[T]) -> None:
    """Print records on standard output."""
    if chosen is Format.TABLE:
        print_table(table(records))
        return
    _WRITERS[chosen](records, kind, sys.stdout)
    sys.stdout.flush()


def write_records(records: Iterable[T], kind: RecordKind[T], path: Path) -> None:
    """Write records to a file in the format of its suffix. The file is whole, or as it was before."""
    suffix = path.suffix.lower()
    with _replacing(path) as temporary:
        if suffix == ".parquet":
            write_parquet(map(kind.as_record, records), kind.schema and kind.schema(), temporary)
        else:
            with temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                _WRITERS[Format(suffix[1:])](records, kind, file)


def deliver(records: Sequence[T], kind: RecordKind[T], output: Path | None, chosen: Format, table: Table[T]) -> None:
    """Write records to the file `output`, or print them where there is none."""
    if output:
        write_records(records, kind, output)
    else:
        print_records(records, kind, chosen, table)


def print_table(table: RenderableType) -> None:
    """Print a table, as wide as the terminal."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDTH_OF_A_PIPE
    console = Console(file=sys.stdout, markup=False, highlight=False, emoji=False, width=width)
    console.print(table)


def print_report(text: str, plain: object, chosen: ReportFormat) -> None:
    """Print a report: its text as it is, or its plain values as JSON."""
    sys.stdout.write(f"{json_text(plain) if chosen is ReportFormat.JSON else text}\n")
    sys.stdout.flush()


def _write_json_lines(records: Iterable[T], kind: RecordKind[T], file: TextIO) -> None:
    for record in records:
        file.write(json_text(kind.as_record(record)) + "\n")


def _write_json(records: Iterable[T], kind: RecordKind[T], file: TextIO) -> None:
    separator = "\n"
    file.write("[")
    for record in records:
        file.write(separator + json_text(kind.as_record(record)))
        separator = ",\n"
    file.write("\n]\n")


def _write_csv(records: Iterable[T], kind: RecordKind[T], file: TextIO) -> None:
    rows: Iterable[dict[str, object]] = (row for record in records for row in kind.rows(record))
    columns = kind.columns
    if columns is None:
        rows = list(rows)
        columns = list(dict.fromkeys(name for row in rows for name in row))
    # Lines end as RFC 4180 has it: with a bare line feed the writer would leave a carriage return in a cell unquoted.
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    writer.writerows(rows)


_WRITERS = {Format.JSON: _write_json, Format.JSONL: _write_json_lines, Format.CSV: _write_csv}


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place once it is whole, and is removed if it never is."""
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
