"""Plain text: the whole file is one page."""

from __future__ import annotations

from collections.abc import Iterator

from clusterer.reading import options as limits
from clusterer.reading.report import RawRecord
from clusterer.reading.streams import ByteStream


def read_text_page(stream: ByteStream, name: str) -> Iterator[RawRecord]:
    """The page as a record with nothing but a body; an empty file holds none."""
    content = stream.read(limits.MAX_RECORD_BYTES + 1)
    location = f"{name}:1"
    if len(content) > limits.MAX_RECORD_BYTES:
        yield RawRecord(location, None, limits.too_large())
    elif content:
        try:
            yield RawRecord(location, {"body": content.decode()})
        except UnicodeDecodeError:
            yield RawRecord(location, None, f"is not {stream.encoding}")
    if stream.fault:
        yield RawRecord(name, None, stream.fault)
