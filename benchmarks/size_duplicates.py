"""Duplicate families beside peers as the dump grows: `python -m benchmarks.size_duplicates --peers PYTHON`.

Dumps are generated, and it is known which of their records are copies of which. Each method gets the same bodies, the
earliest first, ours with headlines and days too, at the threshold that is best on the copies of
`benchmarks.duplicates`; its time is that from texts to labels, its memory that of its process. Precision and recall are
over pairs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.duplicates import PEERS
from benchmarks.generated import write_generated
from benchmarks.size_duplicates_ours import earliest_first
from benchmarks.sizes import OURS, Outcome, compare, run_within
from clusterer.encoding.bundled_files import BUNDLED_MODEL
from clusterer.evaluation.clusters import pairwise

METHODS = (OURS, "datasketch MinHashLSH at 0.5", "rensa at 0.5", "semhash at 0.9")


def main() -> None:
    """Measure and print a Markdown table."""
    title = "from texts to labels: seconds, peak memory, precision and recall over pairs"
    compare(
        "benchmarks.size_duplicates", __doc__.splitlines()[0], title, METHODS, "build/size-duplicates", _prepare, _run
    )


def _prepare(folder: Path, size: int) -> None:
    """A dump of this size, the bodies in it and the families that they are known to be of."""
    if (folder / "gold.json").exists():
        return
    write_generated(folder / "dump.jsonl", size)
    articles = earliest_first(folder / "dump.jsonl")
    (folder / "texts.json").write_text(json.dumps([article.body for article in articles]), encoding="utf-8")
    gold = [str(article.extra.get("copy_of") or article.id) for article in articles]
    (folder / "gold.json").write_text(json.dumps(gold), encoding="utf-8")


def _run(peers: Path, limit: int, folder: Path, method: str) -> Outcome:
    labels = folder / "labels.json"
    if method == OURS:
        command = [sys.executable, "-m", "benchmarks.size_duplicates_ours", str(folder / "dump.jsonl"), str(labels)]
    else:
        command = [str(peers), str(PEERS), method, str(folder / "texts.json"), str(BUNDLED_MODEL), str(labels)]
    run = run_within(limit, command)
    if isinstance(run, Outcome):
        return run
    told = json.loads(labels.read_text(encoding="utf-8"))
    found = pairwise(json.loads((folder / "gold.json").read_text(encoding="utf-8")), told["labels"])
    scores = {"precision": found.precision, "recall": found.recall}
    return Outcome(told["seconds"], run.peak_megabytes, scores)


if __name__ == "__main__":
    main()
