"""`clusterer stories`, `clusterer story` and `clusterer threads`: the stories of an index, and the sagas they make."""

from __future__ import annotations

from typing import Annotated

import typer

import clusterer
from clusterer.cli import options
from clusterer.cli.formats import checked_format, deliver
from clusterer.cli.progress import say
from clusterer.cli.records import CHANGES, STORIES, THREADS
from clusterer.cli.session import limit_threads
from clusterer.cli.tables import changes_table, stories_table, story_articles_table, threads_table
from clusterer.cli.text import day, printable

_PRINTED = 50

_Limit = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="At most so many.",
        show_default=f"{_PRINTED} when printed, all in a file",
        rich_help_panel=options.SEARCH_PANEL,
    ),
]


def stories(
    since: options.Since = None,
    until: options.Until = None,
    language: options.Language = None,
    min_size: Annotated[
        int,
        typer.Option(min=1, help="Only stories of so many articles or more.", rich_help_panel=options.SEARCH_PANEL),
    ] = 2,
    query: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="Only stories on this, the nearest first.", rich_help_panel=options.SEARCH_PANEL
        ),
    ] = None,
    limit: _Limit = None,
    output: options.Output = None,
    format: options.FormatOption = None,
    index: options.Index = options.DEFAULT_INDEX,
    threads: options.Threads = None,
) -> None:
    """List the stories of an index, the largest first."""
    limit_threads(threads)
    chosen = checked_format(format, output)
    most = limit or (None if output else _PRINTED)
    with clusterer.open_index(index) as opened:
        found = opened.stories(since=since, until=until, language=language, min_size=min_size, query=query, limit=most)
    deliver(found, STORIES, output, chosen, stories_table)


def story(
    id: Annotated[str, typer.Argument(metavar="ID", help="The id of a story.", show_default=False)],
    history: Annotated[
        bool, typer.Option("--history", help="What became of the story, in place of its articles.")
    ] = False,
    output: options.Output = None,
    format: options.FormatOption = None,
    index: options.Index = options.DEFAULT_INDEX,
) -> None:
    """Show a story and its articles, the most telling first; of a story that was merged, the one that it is in. Exits 1
    where the index has no such story.
    """
    chosen = checked_format(format, output)
    with clusterer.open_index(index) as opened:
        found, events = opened.story(id), opened.history(id)
    if history and events:
        deliver(events, CHANGES, output, chosen, changes_table)
        return
    if found is None:
        gone = f" any more: {events[-1].event} on {day(events[-1].time)}" if events else ""
        say(f"{index} has no story {printable(id)}{gone}.")
        raise typer.Exit(1)
    if found.id != id:
        say(f"{printable(id)} was merged into {found.id}.")
    deliver([found], STORIES, output, chosen, story_articles_table)


def threads(
    min_stories: Annotated[
        int,
        typer.Option(min=1, help="Only threads of so many stories or more.", rich_help_panel=options.SEARCH_PANEL),
    ] = 2,
    limit: _Limit = None,
    output: options.Output = None,
    format: options.FormatOption = None,
    index: options.Index = options.DEFAULT_INDEX,
) -> None:
    """List the threads of an index, which are stories of one saga, those of most stories first."""
    chosen = checked_format(format, output)
    with clusterer.open_index(index) as opened:
        found = opened.threads(min_stories=min_stories, limit=limit or (None if output else _PRINTED))
    deliver(found, THREADS, output, chosen, threads_table)
