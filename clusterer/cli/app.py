"""The command `clusterer`: its commands, and how errors end them."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Annotated

import typer

import clusterer
from clusterer.cli.changes import diff
from clusterer.cli.cluster import cluster
from clusterer.cli.dedupe import dedupe
from clusterer.cli.evaluate import evaluate
from clusterer.cli.explain import explain
from clusterer.cli.index import index, reindex
from clusterer.cli.info import doctor, info
from clusterer.cli.remove import remove
from clusterer.cli.similar import similar
from clusterer.cli.stories import stories, story, threads
from clusterer.errors import ClustererError

# Two examples for each command. A test runs them on the sample dump.
COMMANDS: dict[Callable[..., None], tuple[str, ...]] = {
    cluster: ("clusterer cluster data/", "clusterer cluster data/sample-news.jsonl -o stories.jsonl"),
    index: ("clusterer index data/", "cat data/*.jsonl | clusterer index - --follow"),
    similar: (
        'clusterer similar "Netanyahu meets Trump in Washington"',
        'clusterer similar "earthquake" --language ar --top 3 --format json',
    ),
    stories: ("clusterer stories --min-size 3", "clusterer stories --query earthquake --language ar --format csv"),
    story: ("clusterer story STORY_ID", "clusterer story STORY_ID --history"),
    diff: ("clusterer diff 2025-03-31", "clusterer diff --after-generation 0 --format jsonl"),
    threads: ("clusterer threads", "clusterer threads --min-stories 3 -o threads.jsonl"),
    explain: ("clusterer explain ARTICLE_ID ANOTHER_ID", "clusterer explain ARTICLE_ID ANOTHER_ID --format json"),
    dedupe: ("clusterer dedupe data/ -o unique.jsonl", "cat data/*.jsonl | clusterer dedupe - --input-format jsonl"),
    reindex: ("clusterer reindex", "clusterer reindex --index news.index --threshold 0.6"),
    remove: ("clusterer remove ARTICLE_ID", "clusterer remove --before 2025-01-01 --purge"),
    evaluate: (
        "clusterer evaluate data/sample-news.jsonl --gold story",
        "clusterer evaluate data/sample-news.jsonl --gold story --at-least 0.9 --format json",
    ),
    doctor: ("clusterer doctor", "clusterer doctor --index news.index --repair"),
    info: ("clusterer info", "clusterer info --index news.index --format json"),
}

app = typer.Typer(
    name="clusterer",
    help="Find duplicate and related news articles in fifty languages, and group them into stories.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"clusterer {clusterer.__version__}")
        raise typer.Exit


@app.callback()
def _start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    del version
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


for _command, _examples in COMMANDS.items():
    app.command(epilog="\n\n".join(("Examples:", *_examples)))(_command)


def main() -> None:
    """Run the command line. Exits 2 on wrong use, unreadable input, or a fault; 130 when interrupted."""
    if not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")  # type: ignore[union-attr]  # typed as any TextIO
    try:
        app(prog_name="clusterer")
    except ClustererError as error:
        _end(f"error: {error}")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _end(f"error: {where}{error.strerror or error}. Check the path, its rights and the space left.")
    except Exception:
        traceback.print_exc()
        _end("error: this is a fault in clusterer. Please report it with the lines above.")


def _end(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.exit(2)
