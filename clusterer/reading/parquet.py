"""Parquet: a record a row, read batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clusterer.reading.report import RawRecord
from clusterer.reading.streams import ByteStream

_ROWS_AT_ONCE = 512


def read_parquet(stream: ByteStream, name: str) -> Iterator[RawRecord]:
    """The rows of a Parquet file; the first one is ``news.parquet:row 1``. An empty file holds none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not stream.head:
        return
    row = 0
    try:
        with pq.ParquetFile(stream.seekable()) as file:
            for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
                for record in _records(_in_microseconds(batch)):
                    row += 1
                    location = f"{name}:row {row}"
                    yield (
                        RawRecord(location, record) if record is not None else RawRecord(location, None, "is not UTF-8")
                    )
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        where = f"{name}:row {row + 1}" if row else name
        yield RawRecord(where, None, f"is no Parquet that can be read: {reason}")
    if stream.fault:
        yield RawRecord(name, None, stream.fault)


def _records(batch: Any) -> list[dict[str, Any] | None]:
    """The rows as plain values; None for one with a text that is not UTF-8."""
    try:
        return list(batch.to_pylist())
    except UnicodeDecodeError:
        return [_record(batch, row) for row in range(batch.num_rows)]


def _record(batch: Any, row: int) -> dict[str, Any] | None:
    try:
        return dict(batch.slice(row, 1).to_pylist()[0])
    except UnicodeDecodeError:
        return None


def _in_microseconds(batch: Any) -> Any:
    """The batch with its times cut to what `datetime` holds; nanoseconds of a column would cost the whole batch."""
    import pyarrow as pa

    for place, column in enumerate(batch.schema):
        if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
            coarse = batch.column(place).cast(pa.timestamp("us", tz=column.type.tz), safe=False)
            batch = batch.set_column(place, column.name, coarse)
    return batch
