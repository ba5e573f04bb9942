"""What was read, and what could not be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

KEPT_BAD_RECORDS = 10_000
"""How many bad records a report keeps; all are counted, and `on_bad` is told of all."""


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that could not be read: where it stands, as ``news.jsonl:812``, and why."""

    location: str
    reason: str

    def as_dict(self) -> dict[str, str]:
        """The record as plain values, for JSON."""
        return {"location": self.location, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file of a folder that was not read, since its kind is not supported."""

    path: str
    reason: str


class RawRecord(NamedTuple):
    """What a format's reader found at one place: a record, or the fault for which there is none."""

    location: str
    record: object
    fault: str = ""


@dataclass(slots=True)
class ReadingReport:
    """Counts, filled while articles are read.

    `records` are those of the input, bad ones included; `articles` all that came out of them, of which `derived` are
    the embedded articles and teasers of pages. `bad` keeps the first 10,000 bad records, `bad_count` counts all.
    `unreadable_dates` are dates that were given and could not be read; their records are kept. `files` counts the files
    (and standard input) that were opened.
    """

    records: int = 0
    articles: int = 0
    derived: int = 0
    bad: list[BadRecord] = field(default_factory=list)
    bad_count: int = 0
    unreadable_dates: int = 0
    skipped_files: list[SkippedFile] = field(default_factory=list)
    files: int = 0

    def add_bad(self, bad: BadRecord, on_bad: Callable[[BadRecord], None] | None = None) -> None:
        """Count a bad record, keep it while there are not too many, and tell `on_bad`."""
        self.bad_count += 1
        if len(self.bad) < KEPT_BAD_RECORDS:
            self.bad.append(bad)
        if on_bad is not None:
            on_bad(bad)
