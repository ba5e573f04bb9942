"""JSON Lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator

from clusterer.reading import options as limits
from clusterer.reading.report import RawRecord
from clusterer.reading.streams import ByteStream

# Control characters inside of strings do no harm, and NaN is what data frames write for a missing value.
DECODER = json.JSONDecoder(strict=False, parse_constant=lambda _: None)


def read_jsonl(stream: ByteStream, name: str) -> Iterator[RawRecord]:
    """The records of JSON Lines; blank lines are no records."""
    for number, line in stream.lines():
        record = json_line(f"{name}:{number}", line, stream.encoding)
        if record is not None:
            yield record
    if stream.fault:
        yield RawRecord(name, None, stream.fault)


def json_line(location: str, line: bytes | None, encoding: str = "UTF-8") -> RawRecord | None:
    """The record of a line, which is None where it was too long; None for a blank one."""
    if line is None:
        return RawRecord(location, None, limits.too_large())
    try:
        text = line.decode().rstrip()
        return RawRecord(location, DECODER.decode(text)) if text else None
    except UnicodeDecodeError:
        return RawRecord(location, None, f"is not {encoding}")
    except (ValueError, RecursionError) as error:
        return RawRecord(location, None, json_fault(error, b"\0" in line))


def json_fault(error: Exception, has_nul: bool = False) -> str:
    """Why a text is not JSON, with the column where that shows."""
    if has_nul:
        return "holds a NUL byte"
    if isinstance(error, json.JSONDecodeError):
        return f"is broken JSON: {error.msg[:1].lower()}{error.msg[1:]} in column {error.colno}"
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    return f"is broken JSON: {error}"
