"""Measure duplicate families: `python -m benchmarks.duplicates [--peers PYTHON]`.

Copies made by known edits of texts of the sample, in all its languages, and as many reports from templates: precision
and recall over pairs, and the share of the copies of each kind that lie in the family of their original. With the
Python of an environment that has `benchmarks/peers-duplicates.txt` installed, the peers run on the same texts.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.edits import EDITS, Text, make_corpus, sample_sources
from clusterer.article import Article
from clusterer.encoding.bundled_files import BUNDLED_MODEL
from clusterer.evaluation.clusters import pairwise
from clusterer.grouping.duplicates import find_families

FIRST_DAY = datetime(2025, 6, 1, tzinfo=UTC)
PEERS = Path(__file__).with_name("duplicate_peers.py")
THRESHOLDS = (0.3, 0.5, 0.7, 0.9)
METHODS = ("datasketch MinHashLSH", "text-dedup's MinHash", "rensa", "semhash")


@dataclass(frozen=True, slots=True)
class Result:
    """What a method found: precision and recall over pairs, seconds, the share of found copies of each kind, and how
    many reports from templates it took for copies.
    """

    method: str
    precision: float
    recall: float
    seconds: float
    kinds: dict[str, float]
    reports: int


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.duplicates", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=6, help="corpora, of the seeds from 0")
    parser.add_argument("--peers", type=Path, metavar="PYTHON", help="the Python that has the peers")
    chosen = parser.parse_args()
    corpora = [make_corpus(sample_sources(seed), seed) for seed in range(chosen.seeds)]
    results = [_mean("clusterer", [_ours(corpus) for corpus in corpora])]
    if chosen.peers:
        for method in METHODS:
            for threshold in THRESHOLDS:
                name = f"{method} at {threshold}"
                found = [result for corpus in corpora if (result := _peer(name, corpus, chosen.peers))]
                if found:
                    results.append(_mean(name, found))
                else:
                    sys.stderr.write(f"{name}: could not be run, and is left out\n")
    sys.stdout.write(f"{sum(map(len, corpora)):,} texts in {len(corpora)} corpora\n\n" + table(results) + "\n")


def _ours(texts: Sequence[Text]) -> Result:
    articles = [
        Article(str(number), text.title, text.body, text.language, published=FIRST_DAY + timedelta(days=text.day))
        for number, text in enumerate(texts)
    ]
    started = time.perf_counter()
    families = find_families(articles)
    seconds = time.perf_counter() - started
    return scored("clusterer", texts, [families.original_of[article.id] for article in articles], seconds)


def _peer(method: str, texts: Sequence[Text], python: Path) -> Result | None:
    with tempfile.TemporaryDirectory() as folder:
        given, taken = Path(folder) / "texts.json", Path(folder) / "labels.json"
        # The earliest first, as some keep the first of what they call copies.
        order = sorted(range(len(texts)), key=lambda number: (texts[number].day, number))
        given.write_text(json.dumps([texts[number].body for number in order]), encoding="utf-8")
        command = [str(python), str(PEERS), method, str(given), str(BUNDLED_MODEL), str(taken)]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        if finished.returncode:
            sys.stderr.write(finished.stderr[-500:])
            return None
        told = json.loads(taken.read_text(encoding="utf-8"))
    return scored(method, [texts[number] for number in order], told["labels"], told["seconds"])


def scored(method: str, texts: Sequence[Text], labels: Sequence[Hashable], seconds: float) -> Result:
    """The result of a method that gave text i the label `labels[i]`."""
    found = pairwise([text.family for text in texts], labels)
    original = {text.family: label for text, label in zip(texts, labels, strict=True) if text.kind == "original"}
    right: defaultdict[str, list[bool]] = defaultdict(list)
    sizes = Counter(labels)
    reports = 0
    for text, label in zip(texts, labels, strict=True):
        if text.kind in EDITS:
            right[text.kind].append(label == original[text.family])
        reports += text.kind == "template" and sizes[label] > 1
    kinds = {kind: sum(values) / len(values) for kind, values in right.items()}
    return Result(method, found.precision, found.recall, seconds, kinds, reports)


def _mean(method: str, results: Sequence[Result]) -> Result:
    count = len(results)
    return Result(
        method,
        sum(result.precision for result in results) / count,
        sum(result.recall for result in results) / count,
        sum(result.seconds for result in results),
        {kind: sum(result.kinds[kind] for result in results) / count for kind in EDITS},
        sum(result.reports for result in results),
    )


def table(results: Sequence[Result]) -> str:
    """The results as a Markdown table."""
    lines = [
        f"| | precision | recall | reports taken for copies | seconds | {' | '.join(EDITS)} |",
        f"|{'---|' * (5 + len(EDITS))}",
    ]
    for result in results:
        kinds = " | ".join(f"{result.kinds[kind]:.2f}" for kind in EDITS)
        lines.append(
            f"| {result.method} | {result.precision:.3f} | {result.recall:.3f} | {result.reports:,} | "
            f"{result.seconds:.1f} | {kinds} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
