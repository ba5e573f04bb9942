"""Measure an encoder: `python -m benchmarks.encoder [--model NAME]`, on ../shared/eval.

Translations found among English sentences (FLORES), and how the evidence of pairs of news agrees with their judges.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
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

BODY_CHARACTERS = 600
GOLD = Path(__file__).parent.parent.parent / "shared" / "eval"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.encoder", description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a sentence-transformers model; without it the bundled one")
    chosen = parser.parse_args().model
    encoder = load_encoder(chosen)
    if not GOLD.is_dir():
        parser.error(f"{GOLD}: the gold sets are not there")
    accuracy = _translations_found(encoder)
    mean = float(np.mean(list(accuracy.values())))
    ordered = sorted(accuracy.items(), key=lambda item: -item[1])
    lines = [f"FLORES, mean top-1 to English: {mean:.4f}", " ".join(f"{code} {value:.3f}" for code, value in ordered)]
    lines += [line for path in sorted(GOLD.glob("*.pairs.jsonl.gz")) for line in _pairs_judged(path, encoder)]
    lines += _speed(load_encoder(chosen))
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


def _pairs_judged(path: Path, encoder: Encoder) -> list[str]:
    """ROC AUC of the evidence of judged pairs; Pearson too where they are judged by degrees, from 1, same, to 4: of the
    evidence and, in each language, of the cosines alone.
    """
    name = path.name.split(".")[0]
    read = read_articles([GOLD / f"{name}.articles.jsonl.gz"], ReadingOptions(split="never"))
    articles = in_content_order(with_languages(list(read)))
    constants = constants_of(encoder)
    encoded = encode_articles(articles, encoder)
    dense = dense_vectors(encoded, constants)
    features = features_of(articles, dense, constants, Lexicon(), encoded.tokens)
    row = {article.id: number for number, article in enumerate(articles)}
    pairs = [pair for pair in _rows(path) if pair["id1"] in row and pair["id2"] in row]
    left, right = (np.array([row[pair[side]] for pair in pairs], dtype=np.intp) for side in ("id1", "id2"))
    evidence = pair_evidence(features, left, right)
    told = f"{name}, {len(pairs):,} pairs: ROC AUC {roc_auc([pair['label'] for pair in pairs], evidence):.3f}"
    cosines = np.einsum("ij,ij->i", dense[left], dense[right])
    told += f", of the cosines alone {roc_auc([pair['label'] for pair in pairs], cosines):.3f}"
    if not all("score" in pair for pair in pairs):
        return [told]
    alike = np.array([-pair["score"] for pair in pairs])
    told += f"; Pearson {pearson(alike, evidence):.3f}"
    languages = np.array([articles[row].language for row in left])
    same = languages == np.array([articles[row].language for row in right])
    by_language = [
        f"{language} {pearson(alike[rows], cosines[rows]):.3f}"
        for language in sorted(set(languages))
        if (rows := same & (languages == language)).any()
    ]
    return [told, f"  Pearson of the cosines alone: {', '.join(by_language)}"]


def _speed(encoder: Encoder) -> list[str]:
    """How many texts a second an encoder that has just been loaded encodes; each text comes once."""
    records = [row for path in sorted(GOLD.glob("*.*s.jsonl.gz")) for row in _rows(path)]
    headlines = list(dict.fromkeys(row["title"] for row in records if row.get("title")))
    bodies = list(dict.fromkeys(row["body"][:BODY_CHARACTERS] for row in records if row.get("body")))
    bodies = [body for body in bodies if len(body) == BODY_CHARACTERS]
    encoder.encode(["warm"])
    told = []
    for name, texts in (("headlines", headlines), (f"bodies of {BODY_CHARACTERS} characters", bodies)):
        started = time.perf_counter()
        encoder.encode(texts)
        told.append(f"{len(texts):,} {name}: {len(texts) / (time.perf_counter() - started):,.0f} a second")
    return told


if __name__ == "__main__":
    main()
