"""Results as Parquet: nested, with real dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from clusterer.cli.text import json_text

_ROWS_AT_ONCE = 10_000


def stories_schema() -> Any:
    """The Parquet schema of stories: the articles are a list of structures, languages and keywords are maps."""
    import pyarrow as pa

    text = pa.string()
    member = pa.struct(
        [
            *((name, text) for name in ("id", "headline", "language", "url", "source")),
            ("published", _moment()),
            ("family", text),
            ("overlap", pa.float64()),
            ("role", text),
            ("strength", pa.float64()),
        ]
    )
    return pa.schema([*_story_fields(), ("thread", text), ("articles", pa.list_(member))])


def threads_schema() -> Any:
    """The Parquet schema of threads: the stories are a list of structures."""
    import pyarrow as pa

    return pa.schema(
        [
            ("id", pa.string()),
            ("name", pa.string()),
            ("size", pa.int64()),
            ("first_published", _moment()),
            ("last_published", _moment()),
            ("stories", pa.list_(pa.struct(_story_fields()))),
        ]
    )


def changes_schema() -> Any:
    """The Parquet schema of what became of stories."""
    import pyarrow as pa

    text = pa.string()
    return pa.schema(
        [
            ("generation", pa.int64()),
            ("time", _moment()),
            *((name, text) for name in ("event", "story", "other")),
            ("size", pa.int64()),
            ("moved", pa.int64()),
            ("headline", text),
            ("members", pa.list_(text)),
        ]
    )


def _moment() -> Any:
    import pyarrow as pa

    return pa.timestamp("us", tz="UTC")


def _story_fields() -> list[tuple[str, Any]]:
    """What is told of a story but for its thread and articles."""
    import pyarrow as pa

    text = pa.string()
    return [
        ("id", text),
        ("headline", text),
        ("size", pa.int64()),
        ("languages", pa.map_(text, pa.int64())),
        ("sources", pa.list_(text)),
        ("first_published", _moment()),
        ("last_published", _moment()),
        ("keywords", pa.map_(text, pa.list_(text))),
    ]


def write_parquet(records: Iterable[Mapping[str, Any]], schema: Any | None, path: Path) -> None:
    """Write records to a file, a block at a time; without a schema it is inferred, which takes all of them at once."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if schema is None:
        pq.write_table(_inferred_table(list(records)), path)
        return
    with pq.ParquetWriter(path, schema) as writer:
        for block in _blocks(records):
            writer.write_table(pa.Table.from_pylist(block, schema=schema))


def _blocks(records: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    remaining = iter(records)
    while block := list(islice(remaining, _ROWS_AT_ONCE)):
        yield block


def _inferred_table(records: Sequence[Mapping[str, Any]]) -> Any:
    import pyarrow as pa

    names = list(dict.fromkeys(name for record in records for name in record))
    return pa.table({name: _inferred_column([record.get(name) for record in records]) for name in names})


def _inferred_column(values: list[Any]) -> Any:
    """A column of the type that its values have in common; JSON text where they have none that Parquet can hold."""
    import pyarrow as pa

    try:
        column = pa.array(values)
        if not _has_empty_structure(column.type):
            return column
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        pass  # what Arrow has no one type for is written as JSON
    return pa.array([None if value is None else json_text(value) for value in values], pa.string())


def _has_empty_structure(kind: Any) -> bool:
    """Whether there is a structure without a field anywhere in a type."""
    import pyarrow as pa

    if pa.types.is_struct(kind) and kind.num_fields == 0:
        return True
    return any(_has_empty_structure(kind.field(number).type) for number in range(kind.num_fields))
