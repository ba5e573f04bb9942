"""Hold the stories against other ways to cluster: `python -m benchmarks.peers --peers PYTHON [--model NAME]`.

On every gold set, the same vectors of the same texts go to each peer: as the model gives them, and centred by language
as ours are. B-cubed F1 at the usual setting and at the best of a grid, chosen for each set and with the gold stories in
sight: of a peer, and of our stories and threads, whose grid is of `--threshold`. An article of the noise is a story of
its own. PYTHON is that of an environment that has `benchmarks/peers.txt` installed. Each peer is a process of its own,
with a time limit; what was found is kept in the work folder and not done twice.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.corpora import story_sets
from benchmarks.gold_set import GoldSet, load_gold_set
from clusterer.article_features import article_vectors, encode_articles
from clusterer.encoding.encoder import Encoder, Vectors
from clusterer.encoding.loading import load_encoder
from clusterer.evaluation.clusters import bcubed
from clusterer.grouping.calibration import evidence_at
from clusterer.grouping.partition import partition_with_threads
from clusterer.settings import Settings

PEERS = Path(__file__).with_name("clustering_peers.py")
METHODS = (
    "hdbscan",
    "fast_hdbscan",
    "fast_hdbscan PLSCAN",
    "BERTopic (UMAP + HDBSCAN)",
    "community_detection",
    "EVoC",
    "Leiden",
    "agglomerative, average linkage",
)
TIME_LIMIT = 900
OUR_THRESHOLDS = (Settings().threshold, 0.2, 0.3, 0.4, 0.6, 0.7)


@dataclass(frozen=True, slots=True)
class GridScore:
    """B-cubed F1 at the usual setting, and at the best one, with that setting's name."""

    usual: float
    best: float
    setting: str

    def __str__(self) -> str:
        return f"{self.usual:.3f}; {self.best:.3f} ({self.setting})"


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, metavar="PYTHON", required=True, help="the Python that has the peers")
    parser.add_argument("--model", help="a sentence-transformers model; without it the bundled one")
    parser.add_argument("--work", type=Path, default=Path("build/peers"), help="folder for vectors and labels")
    chosen = parser.parse_args()
    encoder = load_encoder(chosen.model)
    sets = story_sets()
    columns: list[dict[str, str]] = []
    for path in sets:
        folder = chosen.work / encoder.fingerprint[:12] / path.name.split(".")[0]
        folder.mkdir(parents=True, exist_ok=True)
        columns.append(_column(path, encoder, folder, chosen.peers))
        sys.stderr.write(f"{path.name}: {columns[-1]}\n")
    sys.stdout.write(table([path.name.split(".")[0] for path in sets], columns) + "\n")


def _column(path: Path, encoder: Encoder, folder: Path, python: Path) -> dict[str, str]:
    """What stands in a set's column: the scores of ours, and of each peer on plain and on centred vectors."""
    gold = load_gold_set(path, encoder)
    place = {article.id: number for number, article in enumerate(gold.articles)}
    scored = np.array([place[id] for id in gold.ids])
    plain = article_vectors(encode_articles(gold.articles, encoder))
    centred = gold.constants.centre(plain, [article.language for article in gold.articles])
    column = our_scores(gold)
    for kind, vectors in (("", plain), (", centred", centred)):
        for method in METHODS:
            found = _peer(method, vectors, folder / f"{method.split(' (')[0]}{kind}.npz", python)
            if found:
                column[method + kind] = str(grid_score(found, scored, gold.stories))
            else:
                column[method + kind] = "-"
    return column


def our_scores(gold: GoldSet) -> dict[str, str]:
    """The scores of our stories and of our threads."""
    found = {
        f"threshold {threshold}": partition_with_threads(
            gold.features, least_evidence=evidence_at(threshold), neighbours=Settings().neighbours
        )
        for threshold in OUR_THRESHOLDS
    }
    stories = {name: partition.stories.astype(np.int64) for name, partition in found.items()}
    threads = {name: partition.threads.astype(np.int64) for name, partition in found.items()}
    return {
        "**ours**": f"**{grid_score(stories, gold.rows, gold.stories)}**",
        "**ours, threads**": str(grid_score(threads, gold.rows, gold.stories)),
    }


def _peer(method: str, vectors: Vectors, labels: Path, python: Path) -> dict[str, npt.NDArray[np.int64]]:
    """The labels of each setting of a method; nothing where it cannot be run, or not in time."""
    if not labels.exists():
        given = labels.with_suffix(".npy")
        np.save(given, vectors)
        command = [str(python), str(PEERS), method, str(given), str(labels)]
        try:
            finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIME_LIMIT)
            failure = finished.stderr[-300:] if finished.returncode else ""
        except subprocess.TimeoutExpired:
            failure = f"more than {TIME_LIMIT} s"
        given.unlink()
        if failure:
            sys.stderr.write(f"{method}: {failure}\n")
            return {}
    with np.load(labels, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files if name != "seconds"}


def grid_score(found: dict[str, npt.NDArray[np.int64]], scored: npt.NDArray[np.intp], gold: Sequence[str]) -> GridScore:
    """The score at the first setting and at the best one, over the items at `scored`, whose stories are `gold`."""
    scores = {name: bcubed(gold, alone_if_noise(labels)[scored].tolist()).f1 for name, labels in found.items()}
    best = max(scores, key=lambda name: scores[name])
    return GridScore(next(iter(scores.values())), scores[best], best)


def alone_if_noise(labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The same labels with one of its own for each item of the noise, whose label is -1."""
    noise = labels < 0
    alone = labels.copy()
    alone[noise] = labels.max(initial=-1) + 1 + np.arange(np.count_nonzero(noise))
    return alone


def table(sets: Sequence[str], columns: Sequence[dict[str, str]]) -> str:
    """A row for each method, a column for each set."""
    lines = [f"| usual setting; best of a grid | {' | '.join(sets)} |", f"|{'---|' * (len(sets) + 1)}"]
    lines += [f"| {method} | {' | '.join(column[method] for column in columns)} |" for method in columns[0]]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
