"""How quick a search in an index is: `python -m benchmarks.similar_speed INDEX [--queries N] [--runs N]`.

Whole processes of `clusterer similar`, one after another, and in one warm process a query after another: headlines of
the largest stories, with their last word left out so that each is a text of its own.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

import clusterer
from benchmarks.environment import described
from benchmarks.processes import measured_run

COMMAND = str(Path(sys.executable).with_name("clusterer"))
WARMING = 5


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.similar_speed", description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--runs", type=int, default=5, help="whole processes")
    chosen = parser.parse_args()
    articles, queries = _queries(chosen.index, chosen.queries)
    runs = [measured_run([COMMAND, "similar", query, "--index", str(chosen.index)]) for query in queries[: chosen.runs]]
    times = sorted(warm_times(chosen.index, queries))
    lines = [
        described(),
        "",
        f"| `similar` in an index of {articles:,} articles | median | largest of {len(runs)}, or 99 of 100 |",
        "|---|---|---|",
        f"| whole process, seconds | {statistics.median(run.seconds for run in runs):.2f} "
        f"| {max(run.seconds for run in runs):.2f} |",
        f"| its peak memory, MB | {statistics.median(run.peak_megabytes for run in runs):,.0f} "
        f"| {max(run.peak_megabytes for run in runs):,.0f} |",
        f"| in a warm process, milliseconds | {1000 * statistics.median(times):.1f} "
        f"| {1000 * times[int(0.99 * (len(times) - 1))]:.1f} |",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _queries(index: Path, wanted: int) -> tuple[int, list[str]]:
    """How many articles the index has, and different headlines of its largest stories, each less its last word."""
    with clusterer.open_index(index) as opened:
        stories = opened.stories(min_size=1, limit=wanted)
        headlines = dict.fromkeys(member.article.headline for story in stories for member in story.articles)
        texts = [headline.rpartition(" ")[0] or headline for headline in headlines]
        return int(opened.info()["articles"]), texts[:: max(len(texts) // wanted, 1)][:wanted]


def warm_times(index: Path, queries: list[str]) -> list[float]:
    """Seconds that each query takes in a process that has done some before."""
    times = []
    with clusterer.open_index(index) as opened:
        for query in queries[:WARMING]:
            opened.similar(query)
        for query in queries:
            started = time.perf_counter()
            opened.similar(query)
            times.append(time.perf_counter() - started)
    return times


if __name__ == "__main__":
    main()
