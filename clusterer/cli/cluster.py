"""`clusterer cluster`: a dump into stories, in one go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import clusterer
from clusterer.cli import options
from clusterer.cli.formats import (
    ASSIGNMENT_SUFFIXES,
    Format,
    checked_file,
    checked_format,
    print_records,
    write_records,
)
from clusterer.cli.progress import say, shown_progress
from clusterer.cli.records import ASSIGNMENTS, STORIES
from clusterer.cli.session import chosen_encoder, chosen_settings
from clusterer.cli.source import Source
from clusterer.cli.summary import finish, story_lines
from clusterer.cli.tables import stories_table
from clusterer.cli.text import counted
from clusterer.errors import UsageError
from clusterer.progress import Progress
from clusterer.settings import Settings
from clusterer.story import Assignment, Story

if TYPE_CHECKING:
    from clusterer.article import Article
    from clusterer.checkpoint import Checkpoint
    from clusterer.encoding.encoder import Encoder

Clustered = tuple[Sequence[Story], Sequence[Assignment]]
_STORIES_IN_TABLE = 50
_ENGINES = ("local",)


def cluster(
    inputs: options.Inputs,
    field: options.Fields,
    output: options.Output = None,
    assignments: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write where each record went to this file, .jsonl or .csv.",
            callback=lambda path: checked_file(path, "--assignments", ASSIGNMENT_SUFFIXES),
            rich_help_panel=options.OUTPUT_PANEL,
        ),
    ] = None,
    format: options.FormatOption = None,
    index: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Keep articles and stories in this index directory, which must be new or empty.",
            rich_help_panel=options.OUTPUT_PANEL,
        ),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Put it in the place of that index.", rich_help_panel=options.OUTPUT_PANEL),
    ] = False,
    engine: Annotated[
        str,
        typer.Option(
            help="What the work runs on: local, which is this machine.",
            rich_help_panel=options.MODEL_PANEL,
        ),
    ] = "local",
    vectors: options.VectorsFile = None,
    model: options.Model = None,
    prompt: options.Prompt = None,
    dtype: options.DataType = None,
    threshold: options.Threshold = None,
    recall: options.Recall = None,
    threads: options.Threads = None,
    memory: options.Memory = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Keep finished blocks beside the output until it is written, and go on from those that are there.",
            rich_help_panel=options.OUTPUT_PANEL,
        ),
    ] = False,
    split: options.SplitOption = "auto",
    input_format: options.InputFormat = None,
    errors: options.Errors = None,
    strict: options.Strict = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Cluster a dump of news into stories: duplicates and related articles together, in any language."""
    from clusterer.cli.preflight import prepared
    from clusterer.cli.resume import started_checkpoint

    _check_engine(engine)
    _check_combination(vectors, model, index, replace)
    _check_resume(resume, output, index)
    chosen = checked_format(format, output)
    source = Source(inputs, field, split, input_format, errors)
    prepared(source, threads=threads, memory=memory, target=output, index=index)
    encoder, settings = chosen_encoder(model, prompt, dtype, threads), chosen_settings(threshold, recall)
    checkpoint = None
    if resume and output:
        model_used = encoder or clusterer.load_encoder()
        checkpoint = started_checkpoint(source, vectors, output, model_used, (split, settings))
    with shown_progress(quiet=quiet, verbose=verbose) as progress:
        if index:
            stories, placed = _in_index(source, index, replace, encoder, settings, progress)
        else:
            stories, placed = _in_memory(source, vectors, encoder, settings, progress, checkpoint)
    if assignments:
        write_records(placed, ASSIGNMENTS, assignments)
    if output:
        write_records(stories, STORIES, output)
    else:
        _print_stories(stories, chosen, quiet)
    if checkpoint:
        checkpoint.remove()
    finish(source, story_lines(stories), strict=strict, quiet=quiet, verbose=verbose)


def _check_engine(name: str) -> None:
    if name not in _ENGINES:
        known = ", ".join(_ENGINES)
        raise UsageError(f"there is no engine {name!r}", where=f"--engine {name}", remedy=f"There is {known}.")


def _check_combination(vectors: Path | None, model: str | None, index: Path | None, replace: bool) -> None:
    """Raises UsageError for options that gainsay each other."""
    if vectors and (model or index):
        other = "--model" if model else "--index"
        raise UsageError(
            f"vectors of one's own do not go together with {other}",
            where=f"--vectors {vectors}",
            remedy=f"Leave out --vectors or {other}.",
        )
    if replace and not index:
        raise UsageError("there is no index to replace", where="--replace", remedy="Name it with --index DIR.")


def _check_resume(resume: bool, output: Path | None, index: Path | None) -> None:
    """Raises UsageError where there is no file beside which finished work could be kept."""
    if resume and (output is None or index is not None):
        raise UsageError(
            "finished work is kept beside the output file, and there is none"
            if output is None
            else "what is finished of an index is not kept before its end",
            where="--resume",
            remedy="Write to a file with -o, without --index.",
        )


def _in_memory(
    source: Source,
    vectors: Path | None,
    encoder: Encoder | None,
    settings: Settings | None,
    progress: Progress,
    checkpoint: Checkpoint | None,
) -> Clustered:
    articles = list(source.articles(progress))
    given = None
    if vectors:
        from clusterer.cli.vectors import load_vectors

        given = load_vectors(vectors, len(articles))
    found = clusterer.cluster(
        articles, encoder=encoder, vectors=given, settings=settings, progress=progress, checkpoint=checkpoint
    )
    return found.stories, found.assignments


def _in_index(
    source: Source,
    index: Path,
    replace: bool,
    encoder: Encoder | None,
    settings: Settings | None,
    progress: Progress,
) -> Clustered:
    ids: list[str] = []

    def noted(articles: Iterable[Article]) -> Iterator[Article]:
        for article in articles:
            ids.append(article.id)
            yield article

    articles = noted(source.articles(progress))  # before the index is made, so that a wrong path makes none
    with clusterer.open_index(
        index, encoder=encoder, settings=settings, new=True, replace=replace, write=True
    ) as opened:
        opened.add(articles, progress=progress)
        placed = {assignment.id: assignment for assignment in opened.assignments()}
        return opened.stories(min_size=1, limit=None), [placed[id] for id in ids]


def _print_stories(stories: Sequence[Story], chosen: Format, quiet: bool) -> None:
    """All stories; in a table the largest of those that have more than one article, for a look at them."""
    if chosen is not Format.TABLE:
        print_records(stories, STORIES, chosen, stories_table)
        return
    shared = [story for story in stories if story.size > 1]
    print_records(shared[:_STORIES_IN_TABLE], STORIES, chosen, stories_table)
    left = len(shared) - _STORIES_IN_TABLE
    if left > 0 and not quiet:
        say(f"and {counted(left, 'smaller story', 'smaller stories')}; -o stories.jsonl writes all.")
