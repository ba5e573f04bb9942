"""Measure speed and memory: `python -m benchmarks`, which is `make bench`.

Twenty thousand records are clustered from the command line; then grouping alone, from vectors in memory to labels,
beside `hdbscan` on the same vectors, medians of three in one run; then the commands that people wait for. With real
news in ../shared/train the dump is drawn from it, else it is made of the sample.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.dump import write_dump
from benchmarks.environment import described
from benchmarks.grouping_speed import grouping_speed
from benchmarks.processes import measured_run

ROOT = Path(__file__).parent.parent
REAL_NEWS = ROOT.parent / "shared" / "train"
SEED = 1
COMMAND = str(Path(sys.executable).with_name("clusterer"))


def main() -> None:
    """Run the measurements and print them as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000, help="size of the dump")
    parser.add_argument("--runs", type=int, default=3, help="runs of each measurement; the median is told")
    parser.add_argument("--output", type=Path, help="write the tables to this file as well")
    chosen = parser.parse_args()
    source = REAL_NEWS if REAL_NEWS.is_dir() else None
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "dump.jsonl"
        write_dump(dump, chosen.records, SEED, source)
        lines = [
            *_heading(chosen.records, source is not None),
            *_commands(dump, Path(folder), chosen.runs),
            *grouping_speed(dump, chosen.runs),
        ]
    text = "\n".join(lines) + "\n"
    sys.stdout.write(text)
    if chosen.output:
        chosen.output.write_text(text, encoding="utf-8")


def _heading(records: int, real: bool) -> list[str]:
    return [
        described(),
        f"{records:,} records: {'real headlines and leads' if real else 'recombined from the sample'}.",
        "",
    ]


def _commands(dump: Path, folder: Path, runs: int) -> list[str]:
    index = folder / "bench.index"
    commands: dict[str, list[str]] = {
        "cluster DUMP -o stories.jsonl": ["cluster", str(dump), "-o", str(folder / "stories.jsonl")],
        "index DUMP": ["index", str(dump), "--index", str(index)],
        'similar "Netanyahu meets Trump in Washington"': [
            "similar", "Netanyahu meets Trump in Washington", "--index", str(index),
        ],
        "--help": ["--help"],
    }  # fmt: skip
    lines = ["| whole process | seconds, median | peak memory, MB |", "|---|---|---|"]
    for name, arguments in commands.items():
        times = runs if name != "index DUMP" else 1
        results = [measured_run([COMMAND, *arguments]) for _ in range(times)]
        seconds = statistics.median(result.seconds for result in results)
        memory = max(result.peak_megabytes for result in results)
        lines.append(f"| clusterer {name} | {seconds:.2f} | {memory:.0f} |")
    return [*lines, ""]


if __name__ == "__main__":
    main()
