"""Grouping beside its peers as the dump grows: `python -m benchmarks.size_peers --peers PYTHON [--sizes N ...]`.

Dumps are generated, with their gold. The same vectors, centred by language, go to each peer at its usual setting, and
with words and names to ours. A method is a process of its own; its time is that from vectors to labels, its memory that
of the process. A method that does not end in time, or fails, is not run at a larger size. What was found is kept in the
work folder, and not done twice.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.environment import described
from benchmarks.generated import write_generated
from benchmarks.peers import PEERS, alone_if_noise
from benchmarks.processes import measured_run
from benchmarks.size_peers_ours import save_features
from clusterer.article_features import bundled_features
from clusterer.evaluation.clusters import bcubed
from clusterer.grouping.grid import STEPS
from clusterer.identity import identify
from clusterer.pipeline import find_families, in_content_order, with_languages
from clusterer.reading import read_articles

METHODS = (
    "hdbscan",
    "fast_hdbscan",
    "fast_hdbscan, neighbour graph",
    "scikit-learn HDBSCAN",
    "BERTopic (UMAP + HDBSCAN)",
    "EVoC",
)
SIZES = (20_000, 100_000, 1_000_000)
LIMIT = 900


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds, peak memory in MB and B-cubed F1 of a method; or why there are none."""

    seconds: float = 0.0
    megabytes: float = 0.0
    f1: float = 0.0
    failure: str = ""

    def __str__(self) -> str:
        return self.failure or f"{self.seconds:,.1f} s, {self.megabytes:,.0f} MB, {self.f1:.3f}"


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.size_peers", description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, metavar="PYTHON", required=True, help="the Python that has the peers")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--limit", type=int, default=LIMIT, help="seconds that a method may take")
    parser.add_argument("--work", type=Path, default=Path("build/sizes"), help="folder for dumps and labels")
    chosen = parser.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)
    rows: dict[str, list[str]] = {"**ours**": [], **{method: [] for method in METHODS}}
    failed: set[str] = set()
    for size in chosen.sizes:
        folder = _prepared(chosen.work, size)
        for method, row in rows.items():
            if method in failed:
                outcome = Outcome(failure="-")
            elif method == "**ours**":
                outcome = _measured(folder, "ours", partial(_ours, folder))
            else:
                outcome = _measured(folder, method, partial(_peer, folder, method, chosen.peers, chosen.limit))
            if outcome.failure:
                failed.add(method)
            row.append(str(outcome))
            sys.stderr.write(f"{size:,} {method}: {outcome}\n")
    lines = [
        described(),
        "",
        f"| from vectors to labels: seconds, peak memory, B-cubed F1 | {' | '.join(f'{n:,}' for n in chosen.sizes)} |",
        f"|{'---|' * (len(chosen.sizes) + 1)}",
        *(f"| {method} | {' | '.join(row)} |" for method, row in rows.items()),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _prepared(work: Path, size: int) -> Path:
    """The folder of a size, with its dump; the features of its families, their vectors alone, and their gold."""
    folder = work / str(size)
    if not (folder / "gold.json").exists():
        folder.mkdir(exist_ok=True)
        write_generated(folder / "dump.jsonl", size)
        known = with_languages(identify(read_articles([folder / "dump.jsonl"])).articles)
        originals = in_content_order(find_families(known).originals)
        features = bundled_features(originals)
        save_features(folder, features)
        np.save(folder / "vectors.npy", features.dense.astype(np.float32) / np.float32(STEPS))
        gold = [str(article.extra["story"]) for article in originals]
        (folder / "gold.json").write_text(json.dumps(gold), encoding="utf-8")
    return folder


def _measured(folder: Path, name: str, run: Callable[[], Outcome]) -> Outcome:
    """What is known of a method, found out if need be."""
    stored = folder / f"{name.split(' (')[0]}.json"
    if not stored.exists():
        outcome = run()
        stored.write_text(json.dumps(asdict(outcome)), encoding="utf-8")
    return Outcome(**json.loads(stored.read_text(encoding="utf-8")))


def _ours(folder: Path) -> Outcome:
    labels = folder / "ours.npz"
    return _outcome(folder, [sys.executable, "-m", "benchmarks.size_peers_ours", str(folder), str(labels)], labels)


def _peer(folder: Path, method: str, python: Path, limit: int) -> Outcome:
    labels = folder / "peer.npz"
    program = [str(python), str(PEERS), method, str(folder / "vectors.npy"), str(labels), "usual"]
    return _outcome(folder, ["timeout", str(limit), *program], labels)


def _outcome(folder: Path, command: list[str], labels: Path) -> Outcome:
    begun = time.monotonic()
    try:
        run = measured_run(command)
    except subprocess.CalledProcessError as error:
        last = (error.stderr or "").strip().splitlines()[-1:] or [f"exit {error.returncode}"]
        return Outcome(failure=f"not in {time.monotonic() - begun:,.0f} s" if error.returncode == 124 else last[0][:80])
    with np.load(labels, allow_pickle=False) as stored:
        seconds = float(stored["seconds"])
        found: npt.NDArray[np.int64] = next(stored[name] for name in stored.files if name != "seconds")
    gold = json.loads((folder / "gold.json").read_text(encoding="utf-8"))
    return Outcome(seconds, run.peak_megabytes, bcubed(gold, alone_if_noise(found).tolist()).f1)


if __name__ == "__main__":
    main()
