"""`clusterer explain`: why two articles are in one story, or are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

import clusterer
from clusterer.cli import options
from clusterer.cli.formats import ReportFormat, print_report
from clusterer.cli.session import limit_threads
from clusterer.cli.text import counted, day, printable

if TYPE_CHECKING:
    from clusterer.explaining import ExplainedArticle, Explanation, Term


def explain(
    first: Annotated[str, typer.Argument(metavar="ID", help="An article of the index.", show_default=False)],
    second: Annotated[str, typer.Argument(metavar="ID", help="Another.", show_default=False)],
    format: options.ReportFormatOption = ReportFormat.TABLE,
    index: options.Index = options.DEFAULT_INDEX,
    threads: options.Threads = None,
) -> None:
    """Say why two articles are in one story, or why not: what they share, and what joined them or kept them apart."""
    limit_threads(threads)
    with clusterer.open_index(index) as opened:
        found = opened.explain(first, second)
    print_report("\n".join(_lines(found)), asdict(found) | {"weakest": _weakest(found)}, format)


def _weakest(found: Explanation) -> object:
    return asdict(found.weakest) if found.weakest else None


def _lines(found: Explanation) -> Iterator[str]:
    yield _article_line("A", found.first)
    yield _article_line("B", found.second)
    yield ""
    yield from _verdict(found)
    yield ""
    yield "What speaks for one story, and against it:"
    yield from (_term_line(term) for term in found.terms)
    yield f"  {'in all':<11} {found.evidence:>23.3f}   probability of one story: {found.probability:.2f}"
    if found.neighbours is None:
        return
    yield _term_line(found.neighbours)
    told = f"probability of one story: {found.probability_with_neighbours:.2f}"
    yield f"  {'with them':<11} {found.evidence + found.neighbours.contribution:>23.3f}   {told}"
    yield ""
    yield from _together(found) if found.together else _apart(found)


def _article_line(name: str, article: ExplainedArticle) -> str:
    when = f", {day(article.published)}" if article.published else ""
    return f"{name}  {printable(article.headline)}  ({printable(article.language)}{when}; {printable(article.id)})"


def _verdict(found: Explanation) -> Iterator[str]:
    first, second = found.first, found.second
    if found.copies:
        yield f"They are copies: both are in the duplicate family of {printable(first.family)}."
    elif found.together:
        yield f"They are in one story: {printable(first.story_headline)} ({first.story})."
    else:
        yield "They are in two stories:"
        yield f"  A in {printable(first.story_headline)} ({first.story})"
        yield f"  B in {printable(second.story_headline)} ({second.story})"
        if first.thread and first.thread == second.thread:
            yield f"The two stories are of one thread ({first.thread})."


def _term_line(term: Term) -> str:
    words = f"   {printable(', '.join(term.words))}" if term.words else ""
    sign = "-" if term.weight < 0 else " "
    return (
        f"  {term.name:<11} {term.value:.3f} x {sign}{abs(term.weight):.2f} = {term.contribution:>7.3f}{words}".rstrip()
    )


def _together(found: Explanation) -> Iterator[str]:
    yield "How they came together, link by link, with what is near both:"
    for link in found.path:
        mark = "   the weakest link" if link is found.weakest and len(found.path) > 1 else ""
        yield f"  {printable(link.first_headline)}"
        yield f"    | {link.probability:.2f}{mark}"
    yield f"  {printable(found.path[-1].second_headline)}"
    if found.joining:
        one, other = (counted(size, "article") for size in found.joining.sizes)
        yield (
            f"They began in two groups, of {one} and of {other}, which were joined: "
            f"over all pairs the mean is {found.joining.probability:.2f}, and {found.joining.enough:.2f} is enough."
        )


def _apart(found: Explanation) -> Iterator[str]:
    assert found.joining is not None
    strongest = found.path[0]
    yield "The strongest link between the two stories, with what is near both:"
    yield f"  {printable(strongest.first_headline)}"
    yield f"    | {strongest.probability:.2f}"
    yield f"  {printable(strongest.second_headline)}"
    one, other = (counted(size, "article") for size in found.joining.sizes)
    yield (
        f"Over all pairs of the two stories, of {one} and of {other}, the mean is {found.joining.probability:.2f}: "
        f"{_why_apart(found)}."
    )


def _why_apart(found: Explanation) -> str:
    assert found.joining is not None
    if found.joining.probability < found.joining.enough:
        return f"stories that hold together as these do are joined from {found.joining.enough:.2f} on"
    return "enough to join them, but neither is among the nearest of the other"
