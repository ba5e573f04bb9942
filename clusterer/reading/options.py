"""How an input is to be read, and the formats there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from clusterer.errors import UsageError
from clusterer.reading.field_names import OUR_NAMES, our_name

InputFormat = Literal["jsonl", "json", "csv", "tsv", "parquet", "text"]

FORMATS: dict[str, InputFormat] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jsonlines": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".txt": "text",
}
"""The format that each suffix stands for. Any of them may be followed by .gz."""

MAX_RECORD_BYTES = 100_000_000
"""A record whose line or body is larger costs that record."""


UNPACKED_FREELY = 1_000_000_000
MAX_UNPACKED_RATIO = 200
"""Packed data that gives more bytes than that, and more than so many times its own size, is read no further: of news no
packing makes so little.
"""


def too_large() -> str:
    """Why a record over the limit is not read."""
    return f"is larger than {MAX_RECORD_BYTES:,} bytes"


def supported_suffixes() -> str:
    """The suffixes that can be read, for messages."""
    return f"{', '.join(FORMATS)}, each of them also with .gz"


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How records become articles.

    `fields` maps our names (`title`, `body`, `url`, ...) to the names that the input uses; other fields are found by
    their usual names. `split` says whether bodies are searched for embedded articles and teasers. `input_format` is the
    format of files that are named one by one and of standard input; None goes by the suffix or, without one, by the
    content. Raises UsageError for an unknown name.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    split: Literal["auto", "never"] = "auto"
    input_format: InputFormat | None = None

    def __post_init__(self) -> None:
        if self.split not in ("auto", "never"):
            raise UsageError(f"{self.split!r} is no way to split", where="--split", remedy="Give auto or never.")
        if self.input_format is not None and self.input_format not in get_args(InputFormat):
            raise UsageError(
                f"{self.input_format!r} is no input format",
                where="--input-format",
                remedy=f"Give one of {', '.join(get_args(InputFormat))}.",
            )
        mapped: dict[str, str] = {}
        for name, theirs in self.fields.items():
            ours = our_name(name)
            if ours is None:
                raise UsageError(
                    f"{name!r} is not a field of an article",
                    where="--field",
                    remedy=f"Map one of {', '.join(OUR_NAMES)}, as in title=headline_text.",
                )
            if ours in mapped:
                raise UsageError(f"{ours!r} is mapped twice", where="--field", remedy="Map each field once.")
            mapped[ours] = theirs
        object.__setattr__(self, "fields", mapped)
