"""`clusterer evaluate`: how right the stories are, where the right ones are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

import clusterer
from clusterer.article import Article
from clusterer.cli import options
from clusterer.cli.formats import ReportFormat, print_report
from clusterer.cli.progress import say, shown_progress
from clusterer.cli.session import chosen_encoder, limit_threads
from clusterer.cli.source import Source
from clusterer.cli.summary import finish
from clusterer.errors import InputError
from clusterer.settings import Settings
from clusterer.story import Story

if TYPE_CHECKING:
    from clusterer.evaluation.report import Evaluation


def evaluate(
    inputs: options.Inputs,
    field: options.Fields,
    gold: Annotated[
        str, typer.Option(metavar="FIELD", help="The field that names the right story.", show_default=False)
    ],
    at_least: Annotated[
        float | None,
        typer.Option(metavar="F1", min=0, max=1, help="Exit 1 if B-cubed F1 is below this.", show_default=False),
    ] = None,
    all_pairs: Annotated[
        bool,
        typer.Option(
            "--all-pairs",
            help="Compare every pair of articles, not only neighbours.",
            rich_help_panel=options.MODEL_PANEL,
        ),
    ] = False,
    format: options.ReportFormatOption = ReportFormat.TABLE,
    model: options.Model = None,
    prompt: options.Prompt = None,
    dtype: options.DataType = "float32",
    threshold: options.Threshold = None,
    threads: options.Threads = None,
    split: options.SplitOption = "auto",
    input_format: options.InputFormat = None,
    errors: options.Errors = None,
    strict: options.Strict = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Cluster a dump whose right stories are known, and say how near the result comes to them."""
    from clusterer.evaluation.gold import gold_stories

    limit_threads(threads)
    source = Source(inputs, field, split, input_format, errors)
    encoder = chosen_encoder(model, prompt, dtype, threads)
    with shown_progress(quiet=quiet, verbose=verbose) as progress:
        articles = list(source.articles(progress))
        right = gold_stories(articles, gold)
        settings = _settings(threshold, len(articles) if all_pairs else None)
        found = clusterer.cluster(
            [_without(article, gold) for article in articles], encoder=encoder, settings=settings, progress=progress
        )
    report = _report(articles, right, found.stories)
    print_report(report.as_text(), report.as_dict(), format)
    finish(source, [], strict=strict, quiet=quiet, verbose=verbose)
    if at_least is not None and report.bcubed.f1 < at_least:
        say(f"B-cubed F1 {report.bcubed.f1:.4f} is below {at_least:g}.")
        raise typer.Exit(1)


def _settings(threshold: float | None, neighbours: int | None) -> Settings:
    settings = Settings()
    if threshold is not None:
        settings = replace(settings, threshold=threshold)
    if neighbours:
        settings = replace(settings, neighbours=neighbours)
    return settings


def _without(article: Article, field: str) -> Article:
    """The article without its gold story, so that nothing can peep at it."""
    return replace(article, extra={name: value for name, value in article.extra.items() if name != field})


def _report(articles: Sequence[Article], right: Sequence[str | None], stories: Sequence[Story]) -> Evaluation:
    """The score over the articles whose right story is known, each told once, in the language that was found."""
    from clusterer.evaluation.report import evaluate as measure

    found = {member.article.id: (story.id, member.article) for story in stories for member in story.articles}
    scored = {article.id: story for article, story in zip(articles, right, strict=True) if story is not None}
    if not scored:
        raise InputError("there is no article", where="INPUT", remedy="Give a dump with records to score.")
    return measure(
        list(scored.values()),
        [found[id][0] for id in scored],
        [found[id][1].language for id in scored],
        [found[id][1].headline for id in scored],
    )
