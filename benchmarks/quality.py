"""Measure quality: `python -m benchmarks.quality [--model NAME]`.

B-cubed F1 on the sample and on the gold sets of ../shared/eval where they are, at the default settings: from FAISS's
neighbours, from all pairs, and of `hdbscan` as it comes on the same vectors.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.hdbscan_baseline import hdbscan_labels
from clusterer.article import Article
from clusterer.encoding.encoder import Encoder
from clusterer.encoding.lexicon import Lexicon
from clusterer.encoding.loading import load_encoder
from clusterer.evaluation.clusters import bcubed
from clusterer.evaluation.gold import gold_stories
from clusterer.grouping.calibration import evidence_at
from clusterer.grouping.neighbours import all_pairs
from clusterer.grouping.partition import partition
from clusterer.identity import identify
from clusterer.pipeline import (
    article_vectors,
    constants_of,
    dense_vectors,
    encode_articles,
    features_of,
    find_families,
    in_content_order,
    with_languages,
)
from clusterer.reading import read_articles
from clusterer.settings import Settings

ROOT = Path(__file__).parent.parent
GOLD_SETS = ROOT.parent / "shared" / "eval"


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a sentence-transformers model; without it the bundled one")
    encoder = load_encoder(parser.parse_args().model)
    heading = "| set | articles | neighbours: F1 (precision, recall) | all pairs | hdbscan as it comes |"
    lines = [heading, "|---|---|---|---|---|"]
    sets = [(ROOT / "data" / "sample-news.jsonl", "story")]
    sets += [(path, "cluster") for path in sorted(GOLD_SETS.glob("*.stories.jsonl.gz"))]
    for path, field in sets:
        lines.append(_row(path, field, encoder))
        sys.stderr.write(lines[-1] + "\n")
    sys.stdout.write("\n".join(lines) + "\n")


def _row(path: Path, field: str, encoder: Encoder) -> str:
    records = list(read_articles([path]))
    right = gold_stories(records, field)
    scored = [(article.id, story) for article, story in zip(records, right, strict=True) if story is not None]
    articles = with_languages(identify(records).articles)
    families = find_families(articles)
    originals = in_content_order(families.originals)
    encoded = encode_articles(originals, encoder)
    constants = constants_of(encoder)
    features = features_of(originals, dense_vectors(encoded, constants), constants, Lexicon(), encoded.tokens)
    settings, row = Settings(), {article.id: number for number, article in enumerate(originals)}

    def score(labels: Sequence[int]) -> tuple[float, float, float]:
        predicted = [int(labels[row[families.original_of[id]]]) for id, _ in scored]
        found = bcubed([story for _, story in scored], predicted)
        return found.f1, found.precision, found.recall

    least = evidence_at(settings.threshold)
    ours = score(partition(features, least_evidence=least, neighbours=settings.neighbours).tolist())
    every = all_pairs(len(features))
    whole = score(partition(features, least_evidence=least, neighbours=0, pairs=every).tolist())
    peer = _plain_hdbscan(articles, scored, encoder)
    name = path.name.split(".")[0]
    return f"| {name} | {len(scored):,} | {ours[0]:.3f} ({ours[1]:.3f}, {ours[2]:.3f}) | {whole[0]:.3f} | {peer:.3f} |"


def _plain_hdbscan(articles: Sequence[Article], scored: Sequence[tuple[str, str]], encoder: Encoder) -> float:
    """B-cubed F1 of hdbscan, min_cluster_size 5, on the articles' plain vectors."""
    labels = hdbscan_labels(article_vectors(encode_articles(articles, encoder)))
    label_of = {article.id: int(label) for article, label in zip(articles, labels, strict=True)}
    return bcubed([story for _, story in scored], [label_of[id] for id, _ in scored]).f1


if __name__ == "__main__":
    main()
