"""Our grouping, in a process of its own: `python -m benchmarks.size_peers_ours FOLDER LABELS.npz`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from clusterer.grouping import row_products
from clusterer.grouping.calibration import evidence_at
from clusterer.grouping.features import Features
from clusterer.grouping.neighbours import Pairs, neighbour_pairs
from clusterer.grouping.partition import floor_of, found_edges, partition
from clusterer.grouping.search_index import build_search_index
from clusterer.settings import Settings

FEW = 300


def main() -> None:
    """Group what `save_features` stored in a folder; write the labels and the seconds."""
    folder, labels = map(Path, sys.argv[1:])
    features = load_features(folder)
    row_products.FEWEST_ENTRIES_COMPILED = 0
    _grouped(features.take(np.arange(min(FEW, len(features)))))  # imports and compilation are not counted
    started = time.perf_counter()
    found = _grouped(features)
    np.savez(labels, allow_pickle=False, seconds=np.array(time.perf_counter() - started), stories=found)


def _grouped(features: Features) -> np.ndarray:
    """The stories: peers make no threads."""
    settings = Settings()
    least_evidence = evidence_at(settings.threshold)
    return partition(
        features,
        least_evidence=least_evidence,
        neighbours=settings.neighbours,
        # Not named here, so that they can be let go.
        edges=found_edges(features, *_pairs(features, settings), floor=floor_of(least_evidence)),
    )


def _pairs(features: Features, settings: Settings) -> tuple[Pairs, np.ndarray]:
    index = build_search_index(features.dense, settings.neighbours, settings.recall)
    return neighbour_pairs(features.dense, settings.neighbours, index)


def save_features(folder: Path, features: Features) -> None:
    """Store features in a folder, as arrays."""
    from scipy.sparse import save_npz

    save_npz(folder / "lexical.npz", features.lexical, compressed=False)
    save_npz(folder / "names.npz", features.names, compressed=False)
    scale = np.array(features.dense_scale)
    np.savez(
        folder / "features.npz",
        allow_pickle=False,
        dense=features.dense,
        language=features.language,
        day=features.day,
        scale=scale,
    )


def load_features(folder: Path) -> Features:
    """What `save_features` stored."""
    from scipy.sparse import load_npz

    with np.load(folder / "features.npz", allow_pickle=False) as stored:
        dense, language, day, scale = (stored[name] for name in ("dense", "language", "day", "scale"))
    return Features(
        dense, load_npz(folder / "lexical.npz"), language, day, float(scale), load_npz(folder / "names.npz")
    )


if __name__ == "__main__":
    main()
