"""Measure an encoder: `python -m benchmarks.encoder [--model NAME]`, on ../shared/eval.

Translations found among English sentences (FLORES), how the evidence of pairs of news agrees with their judges, and
speed.
"""

from __future__ import annotations

import argparse
import sys
import time

from benchmarks.corpora import GOLD, gold_records, measure_pairs, measure_parallel
from clusterer.encoding.encoder import Encoder
from clusterer.encoding.loading import load_encoder

BODY_CHARACTERS = 600


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.encoder", description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a sentence-transformers model; without it the bundled one")
    chosen = parser.parse_args().model
    encoder = load_encoder(chosen)
    if not GOLD.is_dir():
        parser.error(f"{GOLD}: the gold sets are not there")
    lines = [measure_parallel(path, encoder).as_text() for path in sorted(GOLD.glob("*.parallel.jsonl.gz"))]
    for path in sorted(GOLD.glob("*.pairs.jsonl.gz")):
        lines += [path.name, measure_pairs(path, encoder).as_text()]
    lines += _speed(load_encoder(chosen))
    sys.stdout.write("\n".join(lines) + "\n")


def _speed(encoder: Encoder) -> list[str]:
    """How many texts a second an encoder that has just been loaded encodes; each text comes once."""
    records = [row for path in sorted(GOLD.glob("*.*s.jsonl.gz")) for row in gold_records(path)]
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
