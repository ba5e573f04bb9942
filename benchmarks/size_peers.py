"""Grouping beside its peers as the dump grows: `python -m benchmarks.size_peers --peers PYTHON [--sizes N ...]`.

Dumps are generated, with their gold. The same vectors, centred by language, go to each peer at its usual setting, and
with words and names to ours. A method is a process of its own; its time is that from vectors to labels, its memory that
of the process. A method that does not end in time, or fails, is not run at a larger size. What was found is kept in the
work folder, and not done twice.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.generated import write_generated
from benchmarks.peers import PEERS, alone_if_noise
from benchmarks.size_peers_ours import save_features
from benchmarks.sizes import OURS, Outcome, compare, run_within
from clusterer.article_features import bundled_features
from clusterer.evaluation.clusters import bcubed
from clusterer.grouping.grid import STEPS
from clusterer.identity import identify
from clusterer.pipeline import find_families, in_content_order, with_languages
from clusterer.reading import read_articles

METHODS = (
    OURS,
    "hdbscan",
    "fast_hdbscan",
    "fast_hdbscan, neighbour graph",
    "scikit-learn HDBSCAN",
    "BERTopic (UMAP + HDBSCAN)",
    "EVoC",
)


def main() -> None:
    """Measure and print a Markdown table."""
    title = "from vectors to labels: seconds, peak memory, B-cubed F1"
    compare("benchmarks.size_peers", __doc__.splitlines()[0], title, METHODS, "build/sizes", _prepare, _run)


def _prepare(folder: Path, size: int) -> None:
    """A dump of this size; the features of its families, their vectors alone, and their gold."""
    if (folder / "gold.json").exists():
        return
    write_generated(folder / "dump.jsonl", size)
    known = with_languages(identify(read_articles([folder / "dump.jsonl"])).articles)
    originals = in_content_order(find_families(known).originals)
    features = bundled_features(originals)
    save_features(folder, features)
    np.save(folder / "vectors.npy", features.dense.astype(np.float32) / np.float32(STEPS))
    gold = [str(article.extra["story"]) for article in originals]
    (folder / "gold.json").write_text(json.dumps(gold), encoding="utf-8")


def _run(peers: Path, limit: int, folder: Path, method: str) -> Outcome:
    labels = folder / "labels.npz"
    if method == OURS:
        command = [sys.executable, "-m", "benchmarks.size_peers_ours", str(folder), str(labels)]
    else:
        command = [str(peers), str(PEERS), method, str(folder / "vectors.npy"), str(labels), "usual"]
    run = run_within(limit, command)
    if isinstance(run, Outcome):
        return run
    with np.load(labels, allow_pickle=False) as stored:
        seconds = float(stored["seconds"])
        found: npt.NDArray[np.int64] = next(stored[name] for name in stored.files if name != "seconds")
    gold = json.loads((folder / "gold.json").read_text(encoding="utf-8"))
    return Outcome(seconds, run.peak_megabytes, {"F1": bcubed(gold, alone_if_noise(found).tolist()).f1})


if __name__ == "__main__":
    main()
