"""What a command says at its end, on standard error, and how it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from clusterer.cli.progress import say
from clusterer.cli.source import Source
from clusterer.cli.text import counted, printable
from clusterer.story import Story

if TYPE_CHECKING:
    from clusterer.reading import ReadingReport
    from clusterer.updating import Added

_BAD_RECORDS_TOLD = 5
_FILES_TOLD = 5
_LANGUAGES_TOLD = 12


def story_lines(stories: Sequence[Story]) -> list[str]:
    """What a clustering came to."""
    articles = sum(story.size for story in stories)
    shared = sum(story.size > 1 for story in stories)
    copies = Counter(member.family for story in stories for member in story.articles)
    families = sum(count > 1 for count in copies.values())
    sagas = sum(count > 1 for count in Counter(story.thread for story in stories).values())
    lines = [
        f"{counted(articles, 'article')} in {counted(len(stories), 'story', 'stories')}, "
        f"{shared:,} of them of more than one article; {counted(families, 'family', 'families')} with copies; "
        f"{counted(sagas, 'thread')} of more than one story"
    ]
    languages: Counter[str] = Counter()
    for story in stories:
        languages.update(story.languages)
    return [*lines, *_cut_lines(stories), *_language_lines(languages)]


def _cut_lines(stories: Sequence[Story]) -> Iterator[str]:
    """How many bodies are compared by their beginning alone."""
    from clusterer.article_features import LEAD_CHARACTERS

    cut = sum(len(member.article.body) > LEAD_CHARACTERS for story in stories for member in story.articles)
    if cut:
        yield (
            f"{counted(cut, 'body', 'bodies')} longer than {LEAD_CHARACTERS:,} characters: "
            "only the beginning is compared"
        )


def index_lines(added: Added, index: Path) -> list[str]:
    """What was put into an index."""
    return [f"{index}: {added.added:,} added, {added.updated:,} updated, {added.unchanged:,} unchanged"]


def _language_lines(languages: Counter[str]) -> list[str]:
    ordered = sorted(languages.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = ", ".join(f"{language} {count:,}" for language, count in islice(ordered, _LANGUAGES_TOLD))
    left = len(ordered) - _LANGUAGES_TOLD
    more = f" and {left} more" if left > 0 else ""
    return [f"{counted(len(ordered), 'language')}: {shown}{more}"] if ordered else []


def _reading_lines(report: ReadingReport, verbose: bool) -> Iterator[str]:
    """What could not be read, in whole or in part, and what was not looked at."""
    if report.bad_count:
        yield f"{counted(report.bad_count, 'record')} could not be read:"
        told = report.bad if verbose else report.bad[:_BAD_RECORDS_TOLD]
        for bad in told:
            yield f"  {printable(bad.location)}: {printable(bad.reason)}"
        if left := report.bad_count - len(told):
            yield f"  and {left:,} more; --errors bad.jsonl writes them all"
    if report.unreadable_dates:
        yield f"{counted(report.unreadable_dates, 'date')} could not be read; the articles are kept"
    if skipped := report.skipped_files:
        names = ", ".join(printable(file.path) for file in skipped[:_FILES_TOLD])
        more = f" and {len(skipped) - _FILES_TOLD:,} more" if len(skipped) > _FILES_TOLD else ""
        yield f"{counted(len(skipped), 'file')} skipped: {names}{more}"


def finish(source: Source, lines: Sequence[str], *, strict: bool, quiet: bool, verbose: bool) -> None:
    """Tell the summary, and exit 1 if strictness asks for it."""
    if not quiet:
        for line in (*lines, *_reading_lines(source.report, verbose), f"{source.seconds:.1f} s"):
            say(line)
    if strict and source.report.bad_count:
        raise typer.Exit(1)
