"""`clusterer remove`: articles that are no longer to be there."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated

import typer

import clusterer
from clusterer.cli import options
from clusterer.cli.progress import say, shown_progress
from clusterer.cli.session import limit_threads
from clusterer.cli.text import counted, printable
from clusterer.errors import UsageError

_MISSING_TOLD = 5


def remove(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID", help="Ids of articles, or - for one a line on standard input.", show_default=False
        ),
    ] = None,
    before: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE",
            help="Also what was published before; what has no date stays.",
            parser=options.date,
            show_default=False,
            rich_help_panel=options.SEARCH_PANEL,
        ),
    ] = None,
    purge: Annotated[
        bool,
        typer.Option(
            "--purge",
            help="Write vectors and database anew, so that no byte of what was ever removed is left.",
            rich_help_panel=options.SEARCH_PANEL,
        ),
    ] = False,
    index: options.Index = options.DEFAULT_INDEX,
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Remove articles, with what was found on their pages, and bring the stories up to date. Exits 1 where none of
    them is there.
    """
    limit_threads(threads)
    asked = _asked(ids or [])
    if not (asked or before or purge):
        raise UsageError("there is nothing to remove", where="remove", remedy="Give ids, --before DATE, or --purge.")
    with (
        shown_progress(quiet=quiet, verbose=verbose) as progress,
        clusterer.open_index(index, write=True) as opened,
    ):
        done = opened.remove(asked, before=before, purge=purge, progress=progress)
    if not quiet:
        say(f"{index}: {counted(done.removed, 'article')} removed")
        for id in done.missing[:_MISSING_TOLD]:
            say(f"  {printable(id)}: there is no such article")
        if len(done.missing) > _MISSING_TOLD:
            say(f"  and {len(done.missing) - _MISSING_TOLD:,} more that are not there")
    if not done.overwritten:
        say("A reader still looks at the state before: its text goes from the disk with the next command that writes.")
    if not done.removed and not purge:
        raise typer.Exit(1)


def _asked(ids: list[str]) -> list[str]:
    if ids != ["-"]:
        return ids
    return [line.strip() for line in sys.stdin.buffer.read().decode("utf-8", "replace").splitlines() if line.strip()]
