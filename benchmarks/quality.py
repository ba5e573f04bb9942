"""Measure quality: `python -m benchmarks.quality [--model NAME]`.

B-cubed F1 on the sample and on the gold sets of ../shared/eval where they are, at the default settings: from FAISS's
neighbours, from all pairs, and of `hdbscan` as it comes on the same vectors.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks.corpora import story_sets
from benchmarks.gold_set import GoldSet, load_gold_set
from benchmarks.hdbscan_baseline import hdbscan_labels
from clusterer.article_features import article_vectors, encode_articles
from clusterer.encoding.encoder import Encoder
from clusterer.encoding.loading import load_encoder
from clusterer.evaluation.clusters import bcubed
from clusterer.grouping.calibration import evidence_at
from clusterer.grouping.neighbours import all_pairs
from clusterer.grouping.partition import floor_of, found_edges, partition
from clusterer.settings import Settings


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a sentence-transformers model; without it the bundled one")
    encoder = load_encoder(parser.parse_args().model)
    heading = "| set | articles | neighbours: F1 (precision, recall) | all pairs | hdbscan as it comes |"
    lines = [heading, "|---|---|---|---|---|"]
    for path in story_sets():
        lines.append(_row(load_gold_set(path, encoder), encoder))
        sys.stderr.write(lines[-1] + "\n")
    sys.stdout.write("\n".join(lines) + "\n")


def _row(gold: GoldSet, encoder: Encoder) -> str:
    settings = Settings()
    least = evidence_at(settings.threshold)
    ours = gold.score(partition(gold.features, least_evidence=least, neighbours=settings.neighbours))
    every = found_edges(gold.features, all_pairs(len(gold.features)), floor=floor_of(least))
    whole = gold.score(partition(gold.features, least_evidence=least, neighbours=0, edges=every))
    return (
        f"| {gold.name} | {len(gold.ids):,} | {ours.f1:.3f} ({ours.precision:.3f}, {ours.recall:.3f}) | "
        f"{whole.f1:.3f} | {_plain_hdbscan(gold, encoder):.3f} |"
    )


def _plain_hdbscan(gold: GoldSet, encoder: Encoder) -> float:
    """B-cubed F1 of hdbscan, min_cluster_size 5, on the articles' plain vectors."""
    labels = hdbscan_labels(article_vectors(encode_articles(gold.articles, encoder)))
    label_of = {article.id: int(label) for article, label in zip(gold.articles, labels, strict=True)}
    return bcubed(gold.stories, [label_of[id] for id in gold.ids]).f1


if __name__ == "__main__":
    main()
