"""Methods beside each other as the dump grows. What was found is kept in a work folder, and not done twice."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.environment import described
from benchmarks.processes import Run, measured_run

OURS = "**ours**"
SIZES = (20_000, 100_000, 1_000_000)
LIMIT = 900
# How `timeout` tells that the time was up; and that a process was killed, as one is that wants too much memory.
TIMED_OUT, KILLED = 124, 137


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds, peak memory in MB and scores of a method; or why there are none."""

    seconds: float = 0.0
    megabytes: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)
    failure: str = ""

    def __str__(self) -> str:
        scores = ", ".join(f"{name} {score:.3f}" for name, score in self.scores.items())
        return self.failure or f"{self.seconds:,.1f} s, {self.megabytes:,.0f} MB, {scores}"


def compare(
    module: str,
    summary: str,
    title: str,
    methods: Sequence[str],
    work: str,
    prepare: Callable[[Path, int], None],
    run: Callable[[Path, int, Path, str], Outcome],
) -> None:
    """The command of a comparison: `run` takes the Python that has the peers, the seconds that a method may take, the
    folder of a size, and the method; the rest is as in `write_comparison`.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=summary)
    parser.add_argument("--peers", type=Path, metavar="PYTHON", required=True, help="the Python that has the peers")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--limit", type=int, default=LIMIT, help="seconds that a method may take")
    parser.add_argument("--work", type=Path, default=Path(work), help="folder for dumps and labels")
    chosen = parser.parse_args()
    write_comparison(title, methods, chosen.sizes, chosen.work, prepare, partial(run, chosen.peers, chosen.limit))


def write_comparison(
    title: str,
    methods: Sequence[str],
    sizes: Sequence[int],
    work: Path,
    prepare: Callable[[Path, int], None],
    run: Callable[[Path, str], Outcome],
) -> None:
    """Run each method on each size and print a Markdown table. `prepare` makes what is to be worked on in the folder of
    a size. A method that has failed is not run at a larger size.
    """
    rows: dict[str, list[str]] = {method: [] for method in methods}
    failed: set[str] = set()
    for size in sizes:
        folder = work / str(size)
        folder.mkdir(parents=True, exist_ok=True)
        prepare(folder, size)
        for method, row in rows.items():
            outcome = Outcome(failure="-") if method in failed else _kept(folder, method, run)
            if outcome.failure:
                failed.add(method)
            row.append(str(outcome))
            sys.stderr.write(f"{size:,} {method}: {outcome}\n")
    lines = [
        described(),
        "",
        f"| {title} | {' | '.join(f'{size:,}' for size in sizes)} |",
        f"|{'---|' * (len(sizes) + 1)}",
        *(f"| {method} | {' | '.join(row)} |" for method, row in rows.items()),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _kept(folder: Path, method: str, run: Callable[[Path, str], Outcome]) -> Outcome:
    """What is known of a method, found out if need be."""
    stored = folder / f"{method.split(' (')[0]}.json"
    if not stored.exists():
        stored.write_text(json.dumps(asdict(run(folder, method))), encoding="utf-8")
    return Outcome(**json.loads(stored.read_text(encoding="utf-8")))


def run_within(limit: int, command: Sequence[str]) -> Run | Outcome:
    """Run a command for so many seconds at most: how it ran, or the failure."""
    begun = time.monotonic()
    try:
        return measured_run(["timeout", str(limit), *command])
    except subprocess.CalledProcessError as error:
        last = (error.stderr or "").strip().splitlines()[-1:] or [f"exit {error.returncode}"]
        reasons = {TIMED_OUT: f"not in {time.monotonic() - begun:,.0f} s", KILLED: "killed: too little memory"}
        return Outcome(failure=reasons.get(error.returncode, last[0][:80]))
