"""What an index that grows in batches comes to beside one that is made at once: `python -m benchmarks.living DUMP`.

The first articles of a dump are indexed, and the next ones added in batches, in an order of chance; then all of them
at once, into another index. Told are the seconds of both, how near the stories of the two are to each other by B-cubed,
and how near to the right ones, where the dump tells them. With `--approximate-from` a dump is searched, and brought up
to date, as a large one is.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from benchmarks.corpora import gold_field
from benchmarks.environment import described
from clusterer.article import Article
from clusterer.evaluation.clusters import bcubed
from clusterer.evaluation.gold import gold_stories
from clusterer.grouping import search_index
from clusterer.news_index import NewsIndex, open_index
from clusterer.reading import read_articles


@dataclass(frozen=True, slots=True)
class Grown:
    """Seconds of the first indexing, of each batch and of all at once; and B-cubed F1: of the grown index to that made
    at once, and of both to the right stories, None where these are not known.
    """

    articles: int
    first: float
    batches: tuple[float, ...]
    at_once: float
    to_at_once: float
    to_gold: tuple[float, float] | None


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.living", description=__doc__.splitlines()[0])
    parser.add_argument("dumps", type=Path, nargs="+")
    parser.add_argument("--batch", type=int, default=50, help="articles of a batch")
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--gold", metavar="FIELD", help="the field of the right stories, unless it is a gold set")
    parser.add_argument("--orders", type=int, default=1, help="orders of chance, of which the mean is told")
    parser.add_argument("--limit", type=int, help="articles of a dump that are looked at")
    parser.add_argument("--approximate-from", type=int, help="families from which on the search is approximate")
    chosen = parser.parse_args()
    if chosen.approximate_from is not None:
        search_index.EXACT_UP_TO = chosen.approximate_from
    lines = [
        described(),
        "",
        "| dump | articles | first, s | a batch, s, median | its share | at once, s | B-cubed to at once "
        "| to gold: grown, at once |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for path in chosen.dumps:
        field = chosen.gold or gold_field(path)
        orders = [
            measure(path, field, chosen.batch, chosen.batches, chosen.limit, order=order)
            for order in range(chosen.orders)
        ]
        first = fmean(grown.first for grown in orders)
        batch = fmean(median(grown.batches) for grown in orders)
        told = [grown.to_gold for grown in orders if grown.to_gold]
        gold = "{:.3f}, {:.3f}".format(*map(fmean, zip(*told, strict=True))) if told else "-"
        least = f" (from {min(grown.to_at_once for grown in orders):.3f})" if len(orders) > 1 else ""
        lines.append(
            f"| {path.name.split('.')[0]} | {orders[0].articles:,}, of which {chosen.batches} batches of"
            f" {chosen.batch:,} | {first:.1f} | {batch:.2f} | {batch / first:.1%}"
            f" | {fmean(grown.at_once for grown in orders):.1f}"
            f" | {fmean(grown.to_at_once for grown in orders):.3f}{least} | {gold} |"
        )
    sys.stdout.write("\n".join(lines) + "\n")


def measure(path: Path, gold_name: str, batch: int, batches: int, limit: int | None, *, order: int = 0) -> Grown:
    """Grow an index, and make one at once, of articles in an order of chance that has this number."""
    articles = list(read_articles([path]))
    known = gold_stories(articles, gold_name)
    right = {article.id: story for article, story in zip(articles, known, strict=True) if story is not None}
    random.Random(order).shuffle(articles)
    articles = articles[:limit]
    split = len(articles) - batch * batches
    if split <= 0:
        sys.exit(f"{path} has {len(articles):,} articles, too few for {batches} batches of {batch}")
    with tempfile.TemporaryDirectory() as folder:
        with open_index(Path(folder) / "grown", create=True) as index:
            first = _added(index, articles[:split])
            seconds = tuple(
                _added(index, articles[start : start + batch]) for start in range(split, len(articles), batch)
            )
            grown = {assignment.id: assignment.story for assignment in index.assignments()}
        with open_index(Path(folder) / "at once", create=True) as index:
            at_once = _added(index, articles)
            expected = {assignment.id: assignment.story for assignment in index.assignments()}
    ids = list(grown)
    told = [id_ for id_ in ids if id_ in right]
    to_gold = None
    if told:
        gold = [right[id_] for id_ in told]
        to_gold = bcubed(gold, [grown[i] for i in told]).f1, bcubed(gold, [expected[i] for i in told]).f1
    to_at_once = bcubed([expected[id_] for id_ in ids], [grown[id_] for id_ in ids]).f1
    return Grown(len(ids), first, seconds, at_once, to_at_once, to_gold)


def _added(index: NewsIndex, articles: Sequence[Article]) -> float:
    started = time.perf_counter()
    index.add(articles)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
