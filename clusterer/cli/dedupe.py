"""`clusterer dedupe`: each article once, with the ids of its copies."""

from __future__ import annotations

from clusterer.cli import options
from clusterer.cli.formats import checked_format, deliver
from clusterer.cli.progress import shown_progress
from clusterer.cli.records import UNIQUE_ARTICLES
from clusterer.cli.session import limit_threads
from clusterer.cli.source import Source
from clusterer.cli.summary import finish
from clusterer.cli.tables import unique_table
from clusterer.cli.text import counted


def dedupe(
    inputs: options.Inputs,
    field: options.Fields,
    output: options.Output = None,
    format: options.FormatOption = None,
    threads: options.Threads = None,
    split: options.SplitOption = "auto",
    input_format: options.InputFormat = None,
    errors: options.Errors = None,
    strict: options.Strict = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Keep one article of each duplicate family, with all its fields, its copies in `duplicates` and `overlaps`."""
    limit_threads(threads)
    from clusterer.pipeline import find_families

    chosen = checked_format(format, output)
    source = Source(inputs, field, split, input_format, errors)
    with shown_progress(quiet=quiet, verbose=verbose) as progress:
        families = find_families(source.articles(progress), progress=progress)
    copies_of = families.copies
    unique = [
        (article, {id: families.overlap_of.get(id, 1.0) for id in copies_of[article.id]})
        for article in families.originals
    ]
    deliver(unique, UNIQUE_ARTICLES, output, chosen, unique_table)
    copies = sum(len(ids) for _, ids in unique)
    line = f"{counted(len(unique), 'article')} kept, {counted(copies, 'copy', 'copies')} left out"
    finish(source, [line], strict=strict, quiet=quiet, verbose=verbose)
