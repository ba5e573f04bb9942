"""The input of a command: articles, and a report of what was read and what could not be."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from clusterer.article import Article
from clusterer.cli.formats import write_records
from clusterer.cli.options import Split
from clusterer.cli.records import BAD_RECORDS
from clusterer.progress import Progress

if TYPE_CHECKING:
    from clusterer.reading import BadRecord, InputFormat, ReadingOptions, ReadingReport
    from clusterer.reading.records import RecordReader

_TOLD_EVERY = 500


@dataclass(slots=True)
class Source:
    """What a command reads: the inputs as they were given, how to read them, and the report that grows meanwhile.

    `errors` is the file that takes the records that could not be read.
    """

    inputs: Sequence[str]
    fields: Sequence[str]
    split: Split
    input_format: str | None
    errors: Path | None = None
    report: ReadingReport = field(init=False)
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        from clusterer.reading import ReadingReport

        self.report = ReadingReport()

    def articles(self, progress: Progress) -> Iterator[Article]:
        """The articles, one after the other. When they end, however that is, the bad records are written.

        Raises UsageError and InputError at once for what is wrong with the command line.
        """
        from clusterer.reading import read_articles

        bad: list[BadRecord] = []
        articles = read_articles(self.inputs, self._options(), self.report, on_bad=bad.append if self.errors else None)
        return self._told(articles, bad, progress)

    @contextmanager
    def reader(self) -> Iterator[RecordReader]:
        """What turns records into articles that come otherwise than from the inputs, and reports on them likewise."""
        from clusterer.reading.records import RecordReader

        bad: list[BadRecord] = []
        try:
            yield RecordReader(self._options(), self.report, bad.append if self.errors else None)
        finally:
            if self.errors:
                write_records(bad, BAD_RECORDS, self.errors)

    def _options(self) -> ReadingOptions:
        from clusterer.reading import ReadingOptions

        names = dict(pair.split("=", 1) for pair in self.fields)
        return ReadingOptions(
            fields=names, split=self.split, input_format=cast("InputFormat | None", self.input_format)
        )

    def _told(self, articles: Iterator[Article], bad: Sequence[BadRecord], progress: Progress) -> Iterator[Article]:
        count = 0
        try:
            for count, article in enumerate(articles, start=1):
                if count % _TOLD_EVERY == 0:
                    progress("read", count, None)
                yield article
        finally:
            if self.errors:
                write_records(bad, BAD_RECORDS, self.errors)
        progress("read", count, count)

    def files(self) -> list[Path]:
        """The files that are read; none where standard input is among the inputs."""
        from clusterer.reading import ReadingOptions, ReadingReport
        from clusterer.reading.inputs import find_files

        options = ReadingOptions(input_format=cast("InputFormat | None", self.input_format))
        found = find_files(self.inputs, options, ReadingReport())
        return [] if any(file.path is None for file in found) else [file.path for file in found if file.path]

    @property
    def seconds(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self.started
