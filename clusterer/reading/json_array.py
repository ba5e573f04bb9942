"""JSON files: an array of records, an object that wraps one, or records one after the other; never held as a whole."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator

from clusterer.reading import options as limits
from clusterer.reading.json_extent import Extent
from clusterer.reading.jsonl import DECODER, json_fault, read_jsonl
from clusterer.reading.report import RawRecord
from clusterer.reading.streams import ByteStream

_WRAPPERS = frozenset(
    ("articles", "items", "data", "results", "records", "documents", "docs", "news", "hits", "response")
)
_DEEPEST_WRAPPER = 4
_CHUNK = 1 << 20
_SPACE = re.compile(r"[ \t\n\r\x0b\x0c]*")


def read_json(stream: ByteStream, name: str) -> Iterator[RawRecord]:
    """The records of a JSON file; `location` has the line on which a record starts.

    JSON Lines under the suffix .json are read as such.
    """
    if _is_json_lines(stream.head):
        yield from read_jsonl(stream, name)
        return
    yield from _JsonReader(stream, name).records()
    if stream.fault:
        yield RawRecord(name, None, stream.fault)


def _is_json_lines(head: bytes) -> bool:
    """Whether the first line is an object and another object begins on the next one."""
    first, _, rest = head.lstrip().partition(b"\n")
    if not first.startswith(b"{") or not rest.lstrip().startswith(b"{"):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


class _Window:
    """The part of a text that is at hand: everything before `position` is done with."""

    def __init__(self, stream: ByteStream) -> None:
        self.text = ""
        self.position = 0
        self.line = 1
        self.indent: str | None = None
        self.ended = False
        self._stream = stream
        # What is not UTF-8 becomes lone surrogates, which the record they stand in is refused for.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def fill(self) -> None:
        """Bring in more text, as much again as is at hand, so that long records are not searched over and over."""
        self.text = self.text[self.position :]
        self.position = 0
        chunk = self._stream.read(max(_CHUNK, len(self.text)))
        self.ended = not chunk
        self.text += self._decoder.decode(chunk, final=self.ended)

    def advance(self, position: int) -> None:
        """Be done with the text before a position. `indent` is the white space before it on its line, None if more."""
        passed = self.text[self.position : position]
        breaks = passed.count("\n")
        if breaks:
            self.line += breaks
            self.indent, passed = "", passed[passed.rfind("\n") + 1 :]
        if passed and self.indent is not None:
            self.indent = self.indent + passed if passed.isspace() else None
        self.position = position

    def next_sign(self) -> str:
        """The next sign that is not white space, without taking it; "" at the end."""
        while True:
            space = _SPACE.match(self.text, self.position)
            self.advance(space.end() if space else self.position)
            if self.position < len(self.text):
                return self.text[self.position]
            if self.ended:
                return ""
            self.fill()


class _JsonReader:
    """Goes through a file once. A broken record ends where its brackets close, or where the next one starts."""

    def __init__(self, stream: ByteStream, name: str) -> None:
        self.window = _Window(stream)
        self.encoding = stream.encoding
        self.name = name
        self.taken = 0
        self.lost = False

    def records(self) -> Iterator[RawRecord]:
        window = self.window
        while not self.lost and (sign := window.next_sign()):
            if sign == "[":
                yield from self._array()
            elif sign == "{":
                yield from self._object()
            elif sign == ",":
                window.advance(window.position + 1)
            else:
                yield self._lose(self._location(), "is no JSON array or object; the file is not read any further")

    def _lose(self, location: str, fault: str) -> RawRecord:
        """Give the file up where nothing tells what the rest of it means."""
        self.lost = True
        return RawRecord(location, None, fault)

    def _location(self) -> str:
        return f"{self.name}:{self.window.line}"

    def _array(self) -> Iterator[RawRecord]:
        window = self.window
        window.advance(window.position + 1)
        while True:
            sign = window.next_sign()
            if sign == "]":
                window.advance(window.position + 1)
                return
            if sign == ",":
                window.advance(window.position + 1)
            elif not sign:
                yield RawRecord(self._location(), None, "the array breaks off; what stood before was read")
                return
            else:
                yield self._value()

    def _object(self, depth: int = 1) -> Iterator[RawRecord]:
        """The records of the array that an object wraps; the object itself where it wraps none."""
        window, location = self.window, self._location()
        window.advance(window.position + 1)
        fields: dict[str, object] = {}
        wraps, taken_before = False, self.taken
        while (sign := window.next_sign()) != "}":
            if sign == ",":
                window.advance(window.position + 1)
                continue
            name, fault = self._name()
            if fault:
                yield self._lose(location, fault)
                return
            sign = window.next_sign()
            if name.casefold() in _WRAPPERS and (sign == "[" or (sign == "{" and depth < _DEEPEST_WRAPPER)):
                wraps = True
                yield from self._array() if sign == "[" else self._object(depth + 1)
                if self.lost:
                    return
                continue
            value = self._value()
            if value.fault:
                yield value
            fields[name] = value.record
            if wraps or self.taken - taken_before > limits.MAX_RECORD_BYTES:
                fields.clear()
        window.advance(window.position + 1)
        if self.taken - taken_before > limits.MAX_RECORD_BYTES and not wraps:
            yield RawRecord(location, None, limits.too_large())
        elif fields and not wraps:
            yield RawRecord(location, fields)

    def _name(self) -> tuple[str, str]:
        """Take the name of a field and the colon after it; and a fault where they are not there."""
        window = self.window
        if window.next_sign() != '"':
            return "", "is broken JSON: the name of a field is missing"
        name = self._value()
        if name.fault or window.next_sign() != ":":
            return "", name.fault or "is broken JSON: a colon is missing"
        window.advance(window.position + 1)
        return str(name.record), ""

    def _value(self) -> RawRecord:
        """Take the value at the position; a fault where it is none, and then the place after it."""
        window, location = self.window, self._location()
        indent = window.indent
        extent: Extent | None = None
        while True:
            try:
                value, end = DECODER.raw_decode(window.text, window.position)
                if end < len(window.text) or window.ended:
                    return self._taken(location, value, end)
                error: Exception | None = None
            except (ValueError, RecursionError) as raised:
                error = raised
            extent = extent or Extent()
            found = extent.find(window.text, window.position)
            if error and found is not None:
                return self._skipped(location, error, found, indent)
            if window.ended:
                return self._skipped(location, error or ValueError("it breaks off"), len(window.text), indent)
            if len(window.text) - window.position > limits.MAX_RECORD_BYTES:
                return self._too_large(location, extent, indent)
            window.fill()

    def _taken(self, location: str, value: object, end: int) -> RawRecord:
        window = self.window
        start = window.position
        window.advance(end)
        self.taken += end - start
        if end - start > limits.MAX_RECORD_BYTES:
            return RawRecord(location, None, limits.too_large())
        try:
            window.text[start:end].encode()
        except UnicodeEncodeError:
            return RawRecord(location, None, f"is not {self.encoding}")
        return RawRecord(location, value)

    def _skipped(self, location: str, error: Exception, end: int, indent: str | None) -> RawRecord:
        window = self.window
        start = window.position
        fault = json_fault(error)
        if isinstance(error, json.JSONDecodeError):
            # The line may have begun before the window, so that its column is not known.
            line = window.line + window.text.count("\n", start, error.pos)
            fault = f"{fault.rpartition(' in column')[0]} in line {line}"
        window.advance(self._next_record(start, end, indent))
        return RawRecord(location, None, fault)

    def _next_record(self, start: int, end: int, indent: str | None) -> int:
        """Where to go on after a broken record: at `end`, or earlier where a line looks like the start of another one.

        A quotation mark too many makes brackets close in the wrong place. But where records start on lines of their
        own, all of them are indented alike.
        """
        if indent is None:
            return end
        following = self.window.text.find(f"\n{indent}{{", start + 1, end)
        return end if following < 0 else following + 1

    def _too_large(self, location: str, extent: Extent, indent: str | None) -> RawRecord:
        """Pass over a record that is too large, holding one chunk of it at a time."""
        window = self.window
        following = self._next_record(window.position, len(window.text), indent)
        if following < len(window.text):
            window.advance(following)
            return RawRecord(location, None, limits.too_large())
        while True:
            window.advance(window.position + extent.searched)
            extent.forget()
            window.fill()
            found = extent.find(window.text, window.position)
            if found is not None or window.ended:
                window.advance(len(window.text) if found is None else found)
                return RawRecord(location, None, limits.too_large())
