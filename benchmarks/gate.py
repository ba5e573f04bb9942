"""The quality gate: `python -m benchmarks.gate`, which is `make evaluate`.

Every corpus that is there is measured at the default settings, with each model that ships, and held against its floors,
pinned in `floors.json` with the corpus's SHA-256. A floor goes up with `--raise`; it goes down only with `--lower
REASON`, which writes the reason into the changelog. Exits 1 under a floor, or where a corpus is not the one that was
pinned.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.corpora import GOLD, ROOT, SAMPLE, measure_pairs, measure_parallel, measure_stories
from clusterer.encoding.bundled import BUNDLED_NAME
from clusterer.encoding.bundled_deep import DEEP_NAME
from clusterer.encoding.encoder import Encoder
from clusterer.encoding.loading import load_encoder

FLOORS = Path(__file__).with_name("floors.json")
CHANGELOG = ROOT / "CHANGELOG.md"
CHANGED = "### Changed\n"
MODELS = (BUNDLED_NAME, DEEP_NAME)
# Arithmetic of other processors may move a figure by so much.
TOLERANCE = 0.004

Measures = dict[str, float]


@dataclass(slots=True)
class Corpus:
    """What is pinned of a corpus: its SHA-256 in hex, and the floor of each measure."""

    sha256: str
    floors: Measures = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A measure of a corpus beside its floor, None where there is none yet."""

    corpus: str
    measure: str
    floor: float | None
    measured: float

    @property
    def passed(self) -> bool:
        """Whether it is not under its floor."""
        return self.floor is None or self.measured >= self.floor


def main() -> None:
    """Measure, tell, and exit 1 where something is under its floor."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate", description=__doc__.splitlines()[0])
    change = parser.add_mutually_exclusive_group()
    change.add_argument("--raise", dest="raised", action="store_true", help="raise the floors to what was measured")
    change.add_argument("--lower", metavar="REASON", help="pin what was measured, and write REASON into the changelog")
    chosen = parser.parse_args()
    pinned = read_floors(FLOORS)
    verdicts: list[Verdict] = []
    changed: dict[str, str] = {}
    for model in MODELS:
        found, others = run_gate([SAMPLE, *sorted(GOLD.glob("*.jsonl.gz"))], pinned, load_encoder(model))
        verdicts += found
        changed |= others
    for name in sorted(pinned.keys() - {verdict.corpus for verdict in verdicts} - set(changed)):
        sys.stderr.write(f"{name} is not there: skipped\n")
    sys.stdout.write(table(verdicts) + "\n")
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if chosen.lower:
        write_floors(FLOORS, moved(pinned, verdicts, down=True))
        note_reason(CHANGELOG, failed, changed, chosen.lower)
        return
    for name in changed:
        sys.stderr.write(
            f"{name}: this is not the corpus that was pinned. Restore it, or pin it with --lower REASON.\n"
        )
    for verdict in failed:
        sys.stderr.write(
            f"{verdict.corpus}: {verdict.measure} {verdict.measured:.4f} is under its floor {verdict.floor:.3f}.\n"
        )
    if failed or changed:
        sys.exit(1)
    if chosen.raised:
        write_floors(FLOORS, moved(pinned, verdicts, down=False))


def run_gate(
    paths: Sequence[Path], pinned: Mapping[str, Corpus], encoder: Encoder
) -> tuple[list[Verdict], dict[str, str]]:
    """The verdicts on the corpora, and the SHA-256 of those that are not what was pinned, by name."""
    verdicts: list[Verdict] = []
    changed: dict[str, str] = {}
    for path in paths:
        measures = measure(path, encoder)
        corpus = corpus_name(path, encoder.name)
        known = pinned.get(corpus)
        digest = sha256(path)
        if measures and known and known.sha256 != digest:
            changed[corpus] = digest
        floors = known.floors if known else {}
        verdicts += [Verdict(corpus, name, floors.get(name), value) for name, value in measures.items()]
    return verdicts, changed


def corpus_name(path: Path, model: str) -> str:
    """A corpus's name among the floors: its file's, and that of the model unless it is the default."""
    return path.name if model == BUNDLED_NAME else f"{path.name} with {model}"


def measure(path: Path, encoder: Encoder) -> Measures:
    """The measures of a corpus of any kind; none for the articles of pairs, which are measured with the pairs."""
    if ".parallel." in path.name:
        parallel = measure_parallel(path, encoder)
        return {"mean top-1": parallel.mean, "worst top-1": parallel.worst}
    if ".pairs." in path.name:
        overall = measure_pairs(path, encoder).overall
        both = {"ROC AUC": overall.roc_auc, "Pearson": overall.pearson}
        return {name: value for name, value in both.items() if value is not None}
    if ".articles." in path.name:
        return {}
    found = measure_stories(path, encoder)
    return {"B-cubed F1": found.stories.bcubed.f1, "B-cubed F1 of threads": found.threads.bcubed.f1}


def moved(pinned: Mapping[str, Corpus], verdicts: Sequence[Verdict], *, down: bool) -> dict[str, Corpus]:
    """The floors at what was measured less the tolerance; a floor that is higher stays, unless it may go `down`."""
    paths = {corpus_name(path, model): path for model in MODELS for path in [SAMPLE, *GOLD.glob("*.jsonl.gz")]}
    result = {name: Corpus(corpus.sha256, dict(corpus.floors)) for name, corpus in pinned.items()}
    for verdict in verdicts:
        if down or verdict.corpus not in result:
            result.setdefault(verdict.corpus, Corpus("")).sha256 = sha256(paths[verdict.corpus])
        floor = math.floor((verdict.measured - TOLERANCE) * 1000) / 1000
        own = result[verdict.corpus].floors
        lower = verdict.floor is not None and verdict.measured < verdict.floor
        own[verdict.measure] = floor if down and lower else max(floor, own.get(verdict.measure, -1.0))
    return result


def note_reason(changelog: Path, failed: Sequence[Verdict], changed: Mapping[str, str], reason: str) -> None:
    """Write into the changelog which floors went down and why. Raises `ValueError` where it has no place for it."""
    text = changelog.read_text(encoding="utf-8")
    if CHANGED not in text:
        raise ValueError(f"{changelog} has no heading {CHANGED.strip()!r}")
    what = [f"{verdict.corpus} {verdict.measure} to {verdict.measured:.3f}" for verdict in failed]
    what += [f"{name} is another corpus" for name in changed]
    line = f"- Quality floors lowered ({'; '.join(what) or 'none'}): {reason.strip()}\n"
    before, after = text.split(CHANGED, 1)
    changelog.write_text(f"{before}{CHANGED}\n{line}{after.lstrip(chr(10))}", encoding="utf-8")


def read_floors(path: Path) -> dict[str, Corpus]:
    """What is pinned; nothing where there is no file."""
    if not path.exists():
        return {}
    stored = json.loads(path.read_text(encoding="utf-8"))
    return {name: Corpus(entry["sha256"], entry["floors"]) for name, entry in stored.items()}


def write_floors(path: Path, floors: Mapping[str, Corpus]) -> None:
    """Pin the floors."""
    stored = {name: {"sha256": floors[name].sha256, "floors": floors[name].floors} for name in sorted(floors)}
    path.write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def table(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as a Markdown table."""
    lines = ["| corpus | measure | floor | measured | |", "|---|---|---|---|---|"]
    for verdict in verdicts:
        floor = "-" if verdict.floor is None else f"{verdict.floor:.3f}"
        told = "" if verdict.passed else "under its floor"
        lines.append(f"| {verdict.corpus} | {verdict.measure} | {floor} | {verdict.measured:.4f} | {told} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
