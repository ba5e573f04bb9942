"""`clusterer similar`: the articles of an index that resemble a text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

import clusterer
from clusterer.cli import options
from clusterer.cli.formats import checked_format, print_records, write_records
from clusterer.cli.progress import say
from clusterer.cli.queries import chosen_queries
from clusterer.cli.records import SIMILAR, SIMILAR_TO_QUERIES
from clusterer.cli.session import chosen_encoder, limit_threads
from clusterer.cli.tables import similar_table
from clusterer.story import SimilarArticle


def similar(
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="The text, or - for standard input.", show_default=False)
    ] = None,
    id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="An article of the index.", show_default=False)
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A text file; or .jsonl, one query a line with title, body or text.",
            show_default=False,
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many articles.", rich_help_panel=options.SEARCH_PANEL)] = 10,
    min_score: Annotated[
        float,
        typer.Option(min=0, max=1, help="Only articles with this score or more.", rich_help_panel=options.SEARCH_PANEL),
    ] = 0.0,
    language: options.Language = None,
    since: options.Since = None,
    until: options.Until = None,
    duplicates: Annotated[
        bool,
        typer.Option("--duplicates", help="Show copies too, each for itself.", rich_help_panel=options.SEARCH_PANEL),
    ] = False,
    output: options.Output = None,
    format: options.FormatOption = None,
    index: options.Index = options.DEFAULT_INDEX,
    model: options.Model = None,
    prompt: options.Prompt = None,
    dtype: options.DataType = None,
    threads: options.Threads = None,
) -> None:
    """Find the articles that resemble a text, in whatever language. Exits 1 where nothing is found."""
    limit_threads(threads)
    chosen = checked_format(format, output)
    queries = chosen_queries(text, id, file)
    found: list[SimilarArticle] = []
    with clusterer.open_index(index, encoder=chosen_encoder(model, prompt, dtype, threads)) as opened:
        for query in queries:
            rows = opened.similar(
                query.text,
                id=query.id,
                top=top,
                min_score=min_score,
                language=language,
                since=since,
                until=until,
                duplicates=duplicates,
            )
            found += [replace(row, query=query.name) for row in rows]
    kind = SIMILAR_TO_QUERIES if any(query.name for query in queries) else SIMILAR
    if output:
        write_records(found, kind, output)
    elif found:
        print_records(found, kind, chosen, similar_table)
    if not found:
        say("Nothing is found.")
        raise typer.Exit(1)
