"""The bytes of an input, as UTF-8, whatever wrapped them."""

from __future__ import annotations

import codecs
import gzip
import io
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from clusterer.reading import options as limits

_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK = 1 << 18
_HEAD = 1 << 16
_SPOOLED_IN_MEMORY = 1 << 26
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class ByteStream:
    """Reads an open binary file: gzip undone, UTF-16 with a byte order mark turned into UTF-8, the mark taken off.

    Where the data breaks off (a truncated or damaged gzip file, a failing disk), the stream ends there and `fault` says
    why. What cannot be decoded from UTF-16 becomes bytes that are not UTF-8, so that it costs no other line.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._unpacked = _Unpacked(file)
        self._buffer = io.BufferedReader(self._unpacked, _CHUNK)

    @property
    def fault(self) -> str:
        return self._unpacked.fault

    @property
    def encoding(self) -> str:
        """The encoding of the input, for messages."""
        return "UTF-16" if self._unpacked.decoder else "UTF-8"

    @property
    def head(self) -> bytes:
        """The first bytes, without taking them."""
        return self._unpacked.head

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer at the end only."""
        return self._buffer.read(size)

    def lines(self) -> Iterator[tuple[int, bytes | None]]:
        """Lines with their numbers from 1, never held beyond the limit: None stands for a line that is too long.

        A last line that the fault cut off is left out.
        """
        limit = limits.MAX_RECORD_BYTES
        readline = self._buffer.readline
        number = 0
        while line := readline(limit + 1):
            number += 1
            if line.endswith(b"\n"):
                yield number, line
            elif len(line) > limit:
                while (rest := readline(_CHUNK)) and not rest.endswith(b"\n"):
                    pass
                yield number, None
            elif not self.fault:
                yield number, line

    def seekable(self) -> BinaryIO:
        """The same bytes as a file with random access: the file itself where it is one, else a temporary copy."""
        if not self._unpacked.is_wrapped and self._file.seekable():
            self._file.seek(0)
            return self._file
        copy = tempfile.SpooledTemporaryFile(_SPOOLED_IN_MEMORY)  # noqa: SIM115 - the caller reads it to its end
        shutil.copyfileobj(self._buffer, copy)
        copy.seek(0)
        return cast("BinaryIO", copy)


class _Unpacked(io.RawIOBase):
    """The raw side of a `ByteStream`. Its first bytes are read at once, to see what they are."""

    def __init__(self, file: BinaryIO) -> None:
        self.fault = ""
        self.decoder: codecs.IncrementalDecoder | None = None
        self._file = file
        self._packed: _Rejoined | None = None
        self._gzip: gzip.GzipFile | None = None
        self._unpacked = 0
        raw = self._read_head(b"")
        self.is_wrapped = raw.startswith(_GZIP_MAGIC)
        if self.is_wrapped:
            self._packed = _Rejoined(raw, file)
            self._gzip = gzip.GzipFile(fileobj=self._packed)
            raw = self._read_head(b"")
        if raw[:2] in _UTF16:
            self.is_wrapped = True
            self.decoder = codecs.getincrementaldecoder(_UTF16[raw[:2]])("surrogatepass")
            raw = self._turn(raw[2:])
        self.head = raw.removeprefix(codecs.BOM_UTF8)
        self._pending = memoryview(self.head)

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]  # a narrower buffer than RawIOBase says
        if not self._pending:
            self._pending = memoryview(self._next())
        count = min(len(target), len(self._pending))
        target[:count] = self._pending[:count]
        self._pending = self._pending[count:]
        return count

    def _read_head(self, head: bytes) -> bytes:
        while len(head) < _HEAD and (chunk := self._chunk()):
            head += chunk
        return head

    def _next(self) -> bytes:
        """The next bytes in UTF-8; none at the end only."""
        if self.decoder is None:
            return self._chunk()
        while chunk := self._chunk():
            if turned := self._turn(chunk):
                return turned
        half_a_sign = self.decoder.getstate()[0]
        self.decoder.reset()
        return b"\xff" if half_a_sign else b""

    def _turn(self, chunk: bytes) -> bytes:
        assert self.decoder is not None
        return self.decoder.decode(chunk).encode("utf-8", "surrogatepass")

    def _chunk(self) -> bytes:
        if self.fault:
            return b""
        try:
            if self._gzip is None or self._packed is None:
                return self._file.read(_CHUNK)
            chunk = self._gzip.read1(_CHUNK)
            self._unpacked += len(chunk)
            if self._unpacked > max(limits.UNPACKED_FREELY, limits.MAX_UNPACKED_RATIO * self._packed.taken):
                self.fault = (
                    f"the gzip data grows to more than {limits.MAX_UNPACKED_RATIO} times its size;"
                    f" the first {self._unpacked:,} bytes of it were read"
                )
            return chunk
        except EOFError:
            self.fault = "the gzip data breaks off; what stood before was read"
        except (OSError, zlib.error) as error:
            self.fault = f"the data cannot be read any further ({error}); what stood before was read"
        return b""


class _Rejoined(io.RawIOBase):
    """A file some of whose first bytes were read already."""

    def __init__(self, head: bytes, file: BinaryIO) -> None:
        self.taken = 0
        self._head = head
        self._file = file

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._head:
            count = len(self._head) if size < 0 else size
            data, self._head = self._head[:count], self._head[count:]
        else:
            data = self._file.read(size)
        self.taken += len(data)
        return data
