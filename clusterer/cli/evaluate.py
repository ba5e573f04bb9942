"""`clusterer evaluate`: how right the stories, the evidence or the vectors are, where that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

import clusterer
from clusterer.article import Article
from clusterer.cli import options
from clusterer.cli.formats import ReportFormat, print_report
from clusterer.cli.progress import say, shown_progress
from clusterer.cli.session import chosen_encoder, limit_threads
from clusterer.cli.source import Source
from clusterer.cli.summary import finish
from clusterer.errors import InputError, UsageError
from clusterer.progress import Progress
from clusterer.settings import Settings
from clusterer.story import Story

if TYPE_CHECKING:
    from clusterer.encoding.encoder import Encoder
    from clusterer.evaluation.report import Evaluation


def evaluate(
    field: options.Fields,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[INPUT]...",
            help="Files, folders, globs, or - for standard input; not with --parallel.",
            show_default=False,
        ),
    ] = None,
    gold: Annotated[
        str | None, typer.Option(metavar="FIELD", help="The field that names the right story.", show_default=False)
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Judged pairs of the articles: JSON lines with id1, id2, label (1 is one story), perhaps score "
            "(1, one story, to 4).",
            show_default=False,
        ),
    ] = None,
    parallel: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Texts and their translations: JSON lines, {language: text}.", show_default=False
        ),
    ] = None,
    target: Annotated[
        str, typer.Option(metavar="LANGUAGE", help="The language among whose texts --parallel looks for translations.")
    ] = "en",
    at_least: Annotated[
        float | None,
        typer.Option(
            metavar="SCORE",
            min=0,
            max=1,
            help="Exit 1 if the score is below this: B-cubed F1, ROC AUC, or mean top-1 accuracy.",
            show_default=False,
        ),
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
    dtype: options.DataType = None,
    threshold: options.Threshold = None,
    threads: options.Threads = None,
    split: options.SplitOption = "auto",
    input_format: options.InputFormat = None,
    errors: options.Errors = None,
    strict: options.Strict = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Say how near the result comes to what is known: right stories, judged pairs of articles, or translations."""
    _check_gold(inputs or [], gold, pairs, parallel)
    limit_threads(threads)
    source = Source(inputs or [], field, split if gold else "never", input_format, errors)
    encoder = chosen_encoder(model, prompt, dtype, threads)
    found: _Found
    with shown_progress(quiet=quiet, verbose=verbose) as progress:
        if gold:
            found = _of_stories(source, gold, _settings(threshold), encoder, progress, all_pairs=all_pairs)
        elif pairs:
            found = _of_pairs(source, pairs, encoder or clusterer.load_encoder(), progress)
        else:
            assert parallel is not None
            found = _of_translations(parallel, target, encoder or clusterer.load_encoder(), progress)
    print_report(found.report.as_text(), found.report.as_dict(), format)
    finish(source, found.messages, strict=strict, quiet=quiet, verbose=verbose)
    if at_least is not None and found.score < at_least:
        say(f"{found.measure} {found.score:.4f} is below {at_least:g}.")
        raise typer.Exit(1)


class _Report(Protocol):
    def as_text(self) -> str: ...

    def as_dict(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class _Found:
    """What was measured: all of it, the score that `--at-least` holds, and what there is to say beside."""

    report: _Report
    measure: str
    score: float
    messages: Sequence[str] = ()


def _check_gold(inputs: Sequence[str], gold: str | None, pairs: Path | None, parallel: Path | None) -> None:
    """Raises UsageError unless there is one thing to measure by, with an input where it needs one."""
    if sum(choice is not None for choice in (gold, pairs, parallel)) != 1:
        raise UsageError(
            "there must be one thing to measure by",
            where="evaluate",
            remedy="Give --gold FIELD, or --pairs FILE, or --parallel FILE.",
        )
    if parallel and inputs:
        raise UsageError("--parallel takes no INPUT", where=inputs[0], remedy="Leave the INPUT out.")
    if not parallel and not inputs:
        raise UsageError("there is no INPUT", where="evaluate", remedy="Name the files that hold the articles.")


def _of_stories(
    source: Source,
    gold: str,
    settings: Settings,
    encoder: Encoder | None,
    progress: Progress,
    *,
    all_pairs: bool,
) -> _Found:
    from clusterer.evaluation.gold import gold_stories

    articles = list(source.articles(progress))
    right = gold_stories(articles, gold)
    if all_pairs and articles:
        settings = replace(settings, neighbours=len(articles))
    found = clusterer.cluster(
        [_without(article, gold) for article in articles], encoder=encoder, settings=settings, progress=progress
    )
    report = _report(articles, right, found.stories)
    return _Found(report, "B-cubed F1", report.bcubed.f1)


def _of_pairs(source: Source, pairs: Path, encoder: Encoder, progress: Progress) -> _Found:
    from clusterer.evaluation.gold_files import read_pairs
    from clusterer.evaluation.pair_report import evaluate_pairs
    from clusterer.identity import identify
    from clusterer.pipeline import with_languages

    read = read_pairs(pairs)
    articles = with_languages(identify(list(source.articles(progress))).articles, progress=progress)
    report = evaluate_pairs(articles, read.items, encoder, progress=progress)
    return _Found(report, "ROC AUC", report.overall.roc_auc or 0.0, read.bad)


def _of_translations(parallel: Path, target: str, encoder: Encoder, progress: Progress) -> _Found:
    from clusterer.evaluation.gold_files import read_parallel
    from clusterer.evaluation.parallel_report import evaluate_parallel

    read = read_parallel(parallel)
    report = evaluate_parallel(read.items, encoder, target, progress=progress)
    return _Found(report, "mean top-1 accuracy", report.mean, read.bad)


def _settings(threshold: float | None) -> Settings:
    return Settings() if threshold is None else Settings(threshold=threshold)


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
