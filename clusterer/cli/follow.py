"""`clusterer index - --follow`: articles as they come, each batch of them stored before it is acknowledged."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import clusterer
from clusterer.cli.progress import say
from clusterer.cli.source import Source
from clusterer.cli.summary import index_lines
from clusterer.cli.text import json_text
from clusterer.errors import UsageError
from clusterer.progress import Progress

if TYPE_CHECKING:
    from clusterer.encoding.encoder import Encoder
    from clusterer.reading.feed import LineFeed
    from clusterer.settings import Settings


def following(
    source: Source,
    index: Path,
    *,
    seconds: float,
    encoder: Encoder | None,
    settings: Settings | None,
    progress: Progress,
    quiet: bool,
) -> None:
    """Add JSON lines from standard input, batch after batch, until it ends or the process is told to. A line on
    standard output acknowledges each batch once it is stored.
    """
    from clusterer.reading.feed import LineFeed

    if list(source.inputs) != ["-"]:
        raise UsageError("only standard input can be followed", where="--follow", remedy="Give - as the only input.")
    if source.input_format not in (None, "jsonl"):
        raise UsageError(
            f"{source.input_format} cannot be followed",
            where="--input-format",
            remedy="Send JSON lines, one article each.",
        )
    with clusterer.open_index(index, encoder=encoder, settings=settings, create=True, write=True) as opened:
        # A file object of its own: Python closes that of sys.stdin at its end, though a thread may be reading it.
        feed = LineFeed(open(sys.stdin.fileno(), "rb", closefd=False), "stdin")  # noqa: SIM115 - the feed reads to the end
        with source.reader() as reader, _stopped_by_signals(feed):
            for batch in feed.batches(seconds):
                bad = source.report.bad_count
                articles = list(reader.articles(batch))
                added = opened.add(articles, progress=progress)
                told = {
                    "generation": opened.generation,
                    "added": added.added,
                    "updated": added.updated,
                    "unchanged": added.unchanged,
                    "unreadable": source.report.bad_count - bad,
                }
                sys.stdout.write(f"{json_text(told)}\n")
                sys.stdout.flush()
                if not quiet:
                    for line in index_lines(added, index):
                        say(line)


@contextmanager
def _stopped_by_signals(feed: LineFeed) -> Iterator[None]:
    """The first signal to end ends the feed, and what has come is stored; a second one ends the process."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, _: object) -> None:
        signal.signal(number, before[signal.Signals(number)])
        feed.stop()

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
