"""How far the work is, on standard error: a bar for each stage on a terminal, the stages' times with --verbose."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clusterer.progress import Progress, silent

if TYPE_CHECKING:
    import rich.progress


@contextmanager
def shown_progress(*, quiet: bool, verbose: bool) -> Iterator[Progress]:
    """Progress for the length of a command. Nothing is shown where standard error is no terminal, or with `quiet`."""
    if quiet:
        yield silent
        return
    clock = _StageClock()
    if sys.stderr.isatty():
        with _rich_progress() as display:
            yield _Bars(display, clock)
    else:
        yield clock
    if verbose:
        for stage, span in clock.spans.items():
            say(f"{stage}: {span.done:,} in {span.end - span.start:.2f} s")


def say(message: str) -> None:
    """A line for the user on standard error."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


@dataclass(slots=True)
class _Span:
    start: float
    end: float
    done: int


@dataclass(slots=True)
class _StageClock:
    """Progress that remembers when each stage began and when it was last heard of."""

    spans: dict[str, _Span] = field(default_factory=dict)
    last: float = field(default_factory=time.monotonic)

    def __call__(self, stage: str, done: int, total: int | None) -> None:  # noqa: ARG002 - every Progress gets a total
        now = time.monotonic()
        span = self.spans.setdefault(stage, _Span(self.last, now, done))
        span.end, span.done = now, done
        self.last = now


@dataclass(slots=True)
class _Bars:
    """Progress as one bar for each stage."""

    display: rich.progress.Progress
    clock: _StageClock
    tasks: dict[str, rich.progress.TaskID] = field(default_factory=dict)

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        self.clock(stage, done, total)
        if stage not in self.tasks:
            self.tasks[stage] = self.display.add_task(stage, total=total, rate="")
        task = self.tasks[stage]
        speed = self.display.tasks[task].speed
        self.display.update(task, completed=done, total=total, rate=f"{speed:,.0f}/s" if speed else "")


def _rich_progress() -> rich.progress.Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr, markup=False, highlight=False),
        transient=True,
    )
