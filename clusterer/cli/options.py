"""The options, each once. A command takes those it needs by naming them in its signature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Annotated, Literal

import typer

from clusterer.cli.formats import (
    ASSIGNMENT_SUFFIXES,
    FILE_SUFFIXES,
    Format,
    ReportFormat,
    checked_file,
)
from clusterer.errors import UsageError

INPUT_PANEL = "Input"
MODEL_PANEL = "Model and grouping"
OUTPUT_PANEL = "Output"
SEARCH_PANEL = "Which ones"

INDEX_VARIABLE = "CLUSTERER_INDEX"
DEFAULT_INDEX = Path("news.index")


ElementType = Literal["float32", "bfloat16"]
Split = Literal["auto", "never"]


def _written(option: str, suffixes: Sequence[str]) -> Callable[[Path | None], Path | None]:
    """A check, before any work, that a file can be written."""
    return lambda path: checked_file(path, option, suffixes)


def date(text: str) -> datetime:
    """A date or a time, in UTC unless it says otherwise."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date such as 2025-03-31 or 2025-03-31T18:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _last_moment(text: str) -> datetime:
    """A date; where only a day is given, its last moment, so that the day itself is included."""
    moment = date(text)
    return datetime.combine(moment.date(), time.max, UTC) if len(text.strip()) <= len("2025-03-31") else moment


def _fields(pairs: list[str]) -> list[str]:
    for pair in pairs:
        name, equals, input_name = pair.partition("=")
        if not (name and equals and input_name):
            raise UsageError(
                f"{pair!r} does not name a field",
                where="--field",
                remedy="Give NAME=INPUT_NAME, such as --field title=headline_text.",
            )
    return pairs


Inputs = Annotated[
    list[str],
    typer.Argument(metavar="INPUT", help="Files, folders, globs, or - for standard input.", show_default=False),
]
InputFormat = Annotated[
    str | None,
    typer.Option(
        metavar="FORMAT", help="Format of the input where its suffix does not say it.", rich_help_panel=INPUT_PANEL
    ),
]
Fields = Annotated[
    list[str],
    typer.Option(
        "--field",
        metavar="NAME=INPUT_NAME",
        help="Name of a field in the input, such as title=headline_text. May be repeated.",
        callback=_fields,
        default_factory=list,
        show_default=False,
        rich_help_panel=INPUT_PANEL,
    ),
]
SplitOption = Annotated[
    Split,
    typer.Option("--split", help="Whether pages are split into the articles they hold.", rich_help_panel=INPUT_PANEL),
]
Errors = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write the records that could not be read to this file, .jsonl or .csv.",
        callback=_written("--errors", ASSIGNMENT_SUFFIXES),
        rich_help_panel=INPUT_PANEL,
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit 1 if any record could not be read.", rich_help_panel=INPUT_PANEL)
]
VectorsFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.npy",
        help="Use these vectors, one row for each record of the input, in place of a model.",
        rich_help_panel=MODEL_PANEL,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="bundled-deep, which is slower and better, or any sentence-transformers model, by hub name or folder; else"
        " the bundled one, or the one the index has.",
        show_default=False,
        rich_help_panel=MODEL_PANEL,
    ),
]
Prompt = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help="What goes before each text, for a model that declares no prompt.",
        show_default=False,
        rich_help_panel=MODEL_PANEL,
    ),
]
DataType = Annotated[
    ElementType | None,
    typer.Option(
        "--dtype",
        help="Number format in which a transformer computes; else float32, or for bundled-deep what is quicker here.",
        show_default=False,
        rich_help_panel=MODEL_PANEL,
    ),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        help="Probability of one story, 0 to 1, at which groups join: higher gives more and smaller stories.",
        show_default=False,
        rich_help_panel=MODEL_PANEL,
    ),
]
Recall = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        help="Share of the true nearest articles that the search of a large dump has to find; 1 searches exactly.",
        show_default=False,
        rich_help_panel=MODEL_PANEL,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, help="How many processor threads to use.", show_default=False, rich_help_panel=MODEL_PANEL
    ),
]
Memory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="How much memory may be used, such as 4GB; what needs more is refused before it begins.",
        show_default=False,
        rich_help_panel=MODEL_PANEL,
    ),
]
Index = Annotated[
    Path,
    typer.Option(metavar="DIR", help="The index directory.", envvar=INDEX_VARIABLE, rich_help_panel=INPUT_PANEL),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write to this file, by its suffix .jsonl, .json, .csv or .parquet, and print nothing.",
        callback=_written("-o", FILE_SUFFIXES),
        show_default=False,
        rich_help_panel=OUTPUT_PANEL,
    ),
]
FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format",
        help="What is printed: a table by default on a terminal, jsonl in a pipe.",
        show_default=False,
        rich_help_panel=OUTPUT_PANEL,
    ),
]
ReportFormatOption = Annotated[
    ReportFormat, typer.Option("--format", help="What is printed.", rich_help_panel=OUTPUT_PANEL)
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="No progress and no summary on standard error.", rich_help_panel=OUTPUT_PANEL),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="Tell each stage's time and every unreadable record.", rich_help_panel=OUTPUT_PANEL
    ),
]
Language = Annotated[
    str | None,
    typer.Option(
        metavar="CODE",
        help="Only articles in this language, such as ar.",
        show_default=False,
        rich_help_panel=SEARCH_PANEL,
    ),
]
Since = Annotated[
    datetime | None,
    typer.Option(
        metavar="DATE",
        help="Only what was published then or later.",
        parser=date,
        show_default=False,
        rich_help_panel=SEARCH_PANEL,
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option(
        metavar="DATE",
        help="Only what was published then or earlier; a day is meant with its end.",
        parser=_last_moment,
        show_default=False,
        rich_help_panel=SEARCH_PANEL,
    ),
]
