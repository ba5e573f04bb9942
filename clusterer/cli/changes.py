"""`clusterer diff`: what became of the stories of an index."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

import clusterer
from clusterer.cli import options
from clusterer.cli.formats import checked_format, deliver
from clusterer.cli.progress import say
from clusterer.cli.records import CHANGES
from clusterer.cli.tables import changes_table


def diff(
    since: Annotated[
        datetime | None,
        typer.Argument(
            metavar="SINCE",
            help="A date, or a time such as 2025-03-31T18:00Z; without one, all that ever happened.",
            parser=options.date,
            show_default=False,
        ),
    ] = None,
    after_generation: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Only what happened after this state of the index, which `info` and each change name.",
            show_default=False,
            rich_help_panel=options.SEARCH_PANEL,
        ),
    ] = None,
    min_size: Annotated[
        int,
        typer.Option(
            min=1,
            help="Only changes of stories that had so many articles before or after.",
            rich_help_panel=options.SEARCH_PANEL,
        ),
    ] = 2,
    output: options.Output = None,
    format: options.FormatOption = None,
    index: options.Index = options.DEFAULT_INDEX,
) -> None:
    """Say what became of the stories: born, grown, shrunk, merged, split, retired. Exits 1 where nothing happened."""
    chosen = checked_format(format, output)
    with clusterer.open_index(index) as opened:
        changes = opened.changes(since, after=after_generation)
    found = [change for change in changes if change.largest_size >= min_size]
    if not found:
        say("Nothing has changed.")
        raise typer.Exit(1)
    deliver(found, CHANGES, output, chosen, changes_table)
