"""`clusterer index` and `clusterer reindex`: a news index that grows, and is made anew."""

from __future__ import annotations

from typing import Annotated

import typer

import clusterer
from clusterer.cli import options
from clusterer.cli.follow import following
from clusterer.cli.progress import say, shown_progress
from clusterer.cli.session import chosen_encoder, chosen_settings, limit_threads
from clusterer.cli.source import Source
from clusterer.cli.summary import finish, index_lines


def index(
    inputs: options.Inputs,
    field: options.Fields,
    index: options.Index = options.DEFAULT_INDEX,
    model: options.Model = None,
    prompt: options.Prompt = None,
    dtype: options.DataType = None,
    threshold: options.Threshold = None,
    recall: options.Recall = None,
    threads: options.Threads = None,
    memory: options.Memory = None,
    split: options.SplitOption = "auto",
    input_format: options.InputFormat = None,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow",
            help="Read JSON lines from standard input for ever, and tell on standard output what is stored.",
            rich_help_panel=options.INPUT_PANEL,
        ),
    ] = False,
    every: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=0.1,
            help="With --follow, how long lines are gathered before they are added.",
            rich_help_panel=options.INPUT_PANEL,
        ),
    ] = 5.0,
    errors: options.Errors = None,
    strict: options.Strict = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Add articles to an index, or update them, and bring its stories up to date. A missing index is made."""
    from clusterer.cli.preflight import prepared

    source = Source(inputs, field, split, input_format, errors)
    prepared(source, threads=threads, memory=memory, target=None, index=index)
    encoder, settings = chosen_encoder(model, prompt, dtype, threads), chosen_settings(threshold, recall, index)
    if follow:
        with shown_progress(quiet=quiet, verbose=verbose) as progress:
            following(source, index, seconds=every, encoder=encoder, settings=settings, progress=progress, quiet=quiet)
        finish(source, [], strict=strict, quiet=quiet, verbose=verbose)
        return
    with shown_progress(quiet=quiet, verbose=verbose) as progress:
        articles = source.articles(progress)  # before the index is made, so that a wrong path makes none
        with clusterer.open_index(index, encoder=encoder, settings=settings, create=True, write=True) as opened:
            added = opened.add(articles, progress=progress)
    lines = index_lines(added, index)
    finish(source, lines, strict=strict, quiet=quiet, verbose=verbose)


def reindex(
    index: options.Index = options.DEFAULT_INDEX,
    model: options.Model = None,
    prompt: options.Prompt = None,
    dtype: options.DataType = None,
    threshold: options.Threshold = None,
    recall: options.Recall = None,
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Make vectors, search structure and stories anew from the articles of an index, with another model or not."""
    limit_threads(threads)
    encoder, settings = chosen_encoder(model, prompt, dtype, threads), chosen_settings(threshold, recall, index)
    with (
        shown_progress(quiet=quiet, verbose=verbose) as progress,
        clusterer.open_index(index, write=True) as opened,
    ):
        opened.reindex(encoder=encoder, settings=settings, progress=progress)
    if not quiet:
        say(f"{index} is made anew.")
