"""CSV and TSV: a header, then a record a row; quoted fields may span lines."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator

from clusterer.reading import options as limits
from clusterer.reading.field_names import is_text_field, our_name
from clusterer.reading.report import RawRecord
from clusterer.reading.streams import ByteStream

_DELIMITERS = ",;\t|"


def read_csv(stream: ByteStream, name: str) -> Iterator[RawRecord]:
    """The rows of a CSV file whose delimiter (comma, semicolon, tab or bar) its header shows."""
    yield from _read(stream, name, None)


def read_tsv(stream: ByteStream, name: str) -> Iterator[RawRecord]:
    """The rows of a file with tabs between fields."""
    yield from _read(stream, name, "\t")


def has_header(line: str) -> bool:
    """Whether a line reads like the header of a table of articles."""
    columns = line.strip().split(_delimiter(line))
    return len(columns) > 1 and any(is_text_field(column.strip('" ')) for column in columns)


def _delimiter(header: str) -> str:
    """The delimiter that finds most usual names in a header, then most names."""
    return max(_DELIMITERS, key=lambda sign: _header_quality(header.strip().split(sign)))


def _header_quality(columns: list[str]) -> tuple[int, int]:
    return sum(our_name(column.strip('" ')) is not None for column in columns), len(columns)


class _TooLongError(Exception):
    """A line over the limit came where a row goes on."""


class _Lines:
    """The lines of a table; those that a row took can be given back."""

    def __init__(self, stream: ByteStream) -> None:
        self._lines = stream.lines()
        self._returned: deque[tuple[int, bytes | None]] = deque()
        self.taken: list[tuple[int, bytes | None]] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, line = self._returned.popleft() if self._returned else next(self._lines)
        self.taken.append((number, line))
        if line is None:
            raise _TooLongError
        return line.decode("utf-8", "surrogateescape")

    def give_back_all_but_first(self) -> None:
        self._returned.extendleft(reversed(self.taken[1:]))


def _read(stream: ByteStream, name: str, delimiter: str | None) -> Iterator[RawRecord]:
    # The limit of the csv module is one for the whole process; ours is the one that counts.
    csv.field_size_limit(max(csv.field_size_limit(), 2 * limits.MAX_RECORD_BYTES))
    table = _Table(_Lines(stream), delimiter, stream.encoding)
    for number, record, fault in table.rows():
        yield RawRecord(f"{name}:{number}", record, fault)
    if stream.fault:
        yield RawRecord(name, None, stream.fault)


Row = tuple[int, dict[str, str] | None, str]


class _Table:
    """Goes through the rows once.

    A row that cannot be read costs its first line; reading goes on at the next one, so that a quotation mark too many
    does not swallow the rows after it. `damaged` until a row with all fields shows that rows begin here again.
    """

    def __init__(self, lines: _Lines, delimiter: str | None, encoding: str) -> None:
        self.lines = lines
        self.delimiter = delimiter
        self.encoding = encoding
        self.names: list[str] = []
        self.damaged = False

    def rows(self) -> Iterator[Row]:
        while (row := self._next()) is not None:
            number, fields, fault = row
            if fault:
                yield number, None, fault
                if not self.names:
                    return
                self.damaged = True
            elif not self.names:
                self.names = _distinct_names(fields)
            elif fields and any(fields):
                yield self._record(number, fields)

    def _next(self) -> tuple[int, list[str], str] | None:
        """A row's first line with its fields, or with the fault for which there are none; None at the end."""
        self.lines.taken.clear()
        if not self.names:
            return self._header()
        try:
            fields = next(csv.reader(self.lines, delimiter=self.delimiter or ",", strict=True))
        except StopIteration:
            return None
        except (csv.Error, _TooLongError) as error:
            return self._only_first_line(error)
        number = self.lines.taken[0][0]
        size = sum(len(line or b"") for _, line in self.lines.taken)
        return number, fields, limits.too_large() if size > limits.MAX_RECORD_BYTES else ""

    def _header(self) -> tuple[int, list[str], str] | None:
        try:
            line = next(self.lines)
            while not line.strip() or line.lower().startswith("sep="):
                self.lines.taken.clear()
                line = next(self.lines)
            self.delimiter = self.delimiter or _delimiter(line)
            return self.lines.taken[0][0], next(csv.reader([line], delimiter=self.delimiter)), ""
        except StopIteration:
            return None
        except _TooLongError:
            fault = limits.too_large()
        except csv.Error as error:
            fault = f"is no header: {error}"
        return self.lines.taken[0][0], [], f"{fault}; the rows below it are not read"

    def _only_first_line(self, error: Exception) -> tuple[int, list[str], str]:
        """Give back the lines that a broken row took but the first, which may be whole if its quotes are mere signs."""
        number, line = self.lines.taken[0]
        self.lines.give_back_all_but_first()
        if line is None:
            return number, [], limits.too_large()
        text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
        fields = text.split(self.delimiter)
        if len(fields) == len(self.names):
            return number, fields, ""
        return number, [], f"is a broken row: {error or 'a quoted field runs into a line that is too long'}"

    def _record(self, number: int, fields: list[str]) -> Row:
        expected = len(self.names)
        if len(fields) > expected and any(field.strip() for field in fields[expected:]):
            return number, None, f"has {len(fields)} fields where the header has {expected}"
        if len(fields) < expected and self.damaged:
            return number, None, f"has {len(fields)} fields where the header has {expected}, after a broken row"
        self.damaged = False
        if any("\udc80" <= sign <= "\udcff" for field in fields if not field.isascii() for sign in field):
            return number, None, f"is not {self.encoding}"
        return number, dict(zip(self.names, fields, strict=False)), ""


def _distinct_names(header: list[str]) -> list[str]:
    """Names for all columns: those without a name are numbered, and so is a name that comes again."""
    names: list[str] = []
    for number, name in enumerate(header, 1):
        name = name.strip() or f"column {number}"
        names.append(name if name not in names else f"{name} {number}")
    return names
