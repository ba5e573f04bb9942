"""Grouping alone, from vectors in memory to story labels, beside `hdbscan` on the same vectors."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks.hdbscan_baseline import run_baseline
from clusterer.article_features import dense_vectors, encode_articles, features_of
from clusterer.encoding.constants import bundled_constants
from clusterer.encoding.loading import load_encoder
from clusterer.grouping.calibration import evidence_at
from clusterer.grouping.features import Features
from clusterer.grouping.grid import STEPS
from clusterer.grouping.partition import partition
from clusterer.identity import identify
from clusterer.pipeline import find_families, in_content_order, with_languages
from clusterer.reading import read_articles
from clusterer.settings import Settings


def grouping_speed(dump: Path, runs: int) -> list[str]:
    """A Markdown table: seconds of our grouping and of hdbscan, run in turn, and their ratio."""
    features = _features(dump)
    vectors = features.dense.astype(np.float32) / np.float32(STEPS)
    settings = Settings()
    _group(features.take(np.arange(200)), settings)  # imports are not counted, neither here nor there
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(runs):
        start = time.perf_counter()
        _group(features, settings)
        ours.append(time.perf_counter() - start)
        theirs.append(run_baseline(vectors).seconds)
    own, peer = statistics.median(ours), statistics.median(theirs)
    return [
        f"| grouping of {len(features):,} families, {vectors.shape[1]} dimensions | seconds, median of {runs} |",
        "|---|---|",
        f"| FAISS build and search, evidence, density, average linkage | {own:.2f} |",
        f"| hdbscan.HDBSCAN(min_cluster_size=5) | {peer:.1f} |",
        f"| ratio | {peer / own:.0f} |",
    ]


def _group(features: Features, settings: Settings) -> None:
    partition(features, least_evidence=evidence_at(settings.threshold), neighbours=settings.neighbours)


def _features(dump: Path) -> Features:
    known = with_languages(identify(read_articles([dump])).articles)
    originals = in_content_order(find_families(known).originals)
    encoded = encode_articles(originals, load_encoder())
    constants = bundled_constants()
    return features_of(originals, dense_vectors(encoded, constants), constants)
