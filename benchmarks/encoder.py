"""Measure an encoder: `python -m benchmarks.encoder [--model NAME]`, on ../shared/eval.

Translations found among English sentences (FLORES), and how the evidence of pairs of news agrees with their judges.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from clusterer.encoding.encoder import Encoder
from clusterer.encoding.lexicon import Lexicon
from clusterer.encoding.loading import load_encoder
from clusterer.evaluation.pairs import pearson, roc_auc
from clusterer.evaluation.retrieval import top1_accuracy
from clusterer.grouping.evidence import pair_evidence
from clusterer.pipeline import (
    constants_of,
    dense_vectors,
    encode_articles,
    features_of,
    in_content_order,
    with_languages,
)
from clusterer.reading import ReadingOptions, read_articles

GOLD = Path(__file__).parent.parent.parent / "shared" / "eval"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.encoder", description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a sentence-transformers model; without it the bundled one")
    encoder = load_encoder(parser.parse_args().model)
    if not GOLD.is_dir():
        parser.error(f"{GOLD}: the gold sets are not there")
    accuracy = _translations_found(encoder)
    mean = float(np.mean(list(accuracy.values())))
    ordered = sorted(accuracy.items(), key=lambda item: -item[1])
    lines = [f"FLORES, mean top-1 to English: {mean:.4f}", " ".join(f"{code} {value:.3f}" for code, value in ordered)]
    lines += [_pairs_judged(path, encoder) for path in sorted(GOLD.glob("*.pairs.jsonl.gz"))]
    sys.stdout.write("\n".join(lines) + "\n")


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _translations_found(encoder: Encoder) -> dict[str, float]:
    rows = _rows(GOLD / "flores.parallel.jsonl.gz")
    english = encoder.encode([row["en"] for row in rows])
    return {
        code: top1_accuracy(encoder.encode([row.get(code) or "" for row in rows]), english)
        for code in rows[0]
        if code != "en"
    }


def _pairs_judged(path: Path, encoder: Encoder) -> str:
    """ROC AUC of the evidence of judged pairs; Pearson too where they are judged by degrees, from 1, same, to 4."""
    name = path.name.split(".")[0]
    read = read_articles([GOLD / f"{name}.articles.jsonl.gz"], ReadingOptions(split="never"))
    articles = in_content_order(with_languages(list(read)))
    constants = constants_of(encoder)
    encoded = encode_articles(articles, encoder)
    features = features_of(articles, dense_vectors(encoded, constants), constants, Lexicon(), encoded.tokens)
    row = {article.id: number for number, article in enumerate(articles)}
    pairs = [pair for pair in _rows(path) if pair["id1"] in row and pair["id2"] in row]
    left, right = (np.array([row[pair[side]] for pair in pairs], dtype=np.intp) for side in ("id1", "id2"))
    evidence = pair_evidence(features, left, right)
    told = f"{name}, {len(pairs):,} pairs: ROC AUC {roc_auc([pair['label'] for pair in pairs], evidence):.3f}"
    if all("score" in pair for pair in pairs):
        told += f", Pearson {pearson([-pair['score'] for pair in pairs], evidence):.3f}"
    return told


if __name__ == "__main__":
    main()
