"""How time and memory grow with the dump: `python -m benchmarks.growth [--sizes N ...] [--hide GOLD ...]`.

Dumps are generated, with their gold, and clustered from the command line: seconds of each stage as `--verbose` tells
them, peak memory of all processes, B-cubed. Beside them stand what the processor could do at best: the bytes that a
stage has to read, over the bandwidth of the memory, or the operations of an exact search, over the rate of matrix
products, both measured here. A plot, both axes logarithmic, is written beside the results.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.environment import described
from benchmarks.generated import write_generated
from benchmarks.plot import write_plot
from benchmarks.processes import measured_run
from clusterer.evaluation.clusters import bcubed

SIZES = (10_000, 31_600, 100_000, 316_000, 1_000_000)
COMMAND = str(Path(sys.executable).with_name("clusterer"))
PLOT = Path(__file__).with_name("growth.svg")
_STAGE = re.compile(r"^([a-z ]+): [\d,]+ in ([\d.]+) s$", re.MULTILINE)

# What a record of a generated dump comes to: bytes of its line, tokens, pairs that it is compared in.
LINE_BYTES, TOKENS, PAIRS = 1020, 150, 21
DIMENSION, LEXICAL_BYTES, FLOAT_BYTES = 384, 8, 4


@dataclass(frozen=True, slots=True)
class Point:
    """One size: seconds of each stage and of the whole process, peak memory in MB, B-cubed F1 of the generated stories
    and of each hidden set.
    """

    size: int
    stages: dict[str, float]
    seconds: float
    megabytes: float
    scores: dict[str, float]


def main() -> None:
    """Measure, write the plot, and print Markdown tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--hide", type=Path, nargs="*", default=[], help="gold sets to hide in the dumps")
    parser.add_argument("--work", type=Path, default=Path("build/growth"))
    parser.add_argument("--options", nargs="*", default=[], help="more options of `cluster`, each as --name=value")
    parser.add_argument("--plot", type=Path, default=PLOT)
    chosen = parser.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)
    points = []
    for size in chosen.sizes:
        points.append(_measured(chosen.work, size, chosen.hide, chosen.options))
        sys.stderr.write(f"{points[-1]}\n")
    bandwidth, rate = memory_bandwidth(), matrix_rate()
    lines = [described(), f"Memory {bandwidth / 1e9:.1f} GB/s, matrix products {rate / 1e9:.0f} GFLOP/s.", ""]
    sys.stdout.write("\n".join([*lines, *table(points), "", *limits_table(points[-1], bandwidth, rate)]) + "\n")
    write_plot(
        chosen.plot,
        {
            "seconds": [(point.size, point.seconds) for point in points],
            "peak memory, MB": [(point.size, point.megabytes) for point in points],
            **{stage: [(p.size, p.stages.get(stage, 0.0)) for p in points] for stage in points[-1].stages},
        },
        "records",
    )


def _measured(work: Path, size: int, hidden: list[Path], options: list[str]) -> Point:
    dump, assignments = work / f"{size}.jsonl", work / f"{size}.assignments.jsonl"
    if not dump.exists():
        write_generated(dump, size, hidden=hidden)
    output = ["-o", str(work / "stories.jsonl"), "--assignments", str(assignments), "--verbose"]
    run = measured_run([COMMAND, "cluster", str(dump), *output, *options])
    stages = {name: float(seconds) for name, seconds in _STAGE.findall(run.messages)}
    return Point(size, stages, run.seconds, run.peak_megabytes, scores(dump, assignments))


def scores(dump: Path, assignments: Path) -> dict[str, float]:
    """B-cubed F1 of the generated stories, and of each hidden set by its name."""
    placed = {}
    with assignments.open(encoding="utf-8") as lines:
        for line in lines:
            assignment = json.loads(line)
            placed[assignment["id"]] = assignment["story"]
    gold: dict[str, list[tuple[str, str]]] = {}
    with dump.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if record.get("story"):
                gold.setdefault("generated", []).append((record["story"], placed[record["id"]]))
            elif record.get("hidden_story"):
                name = record["id"].partition("/")[0]
                gold.setdefault(name, []).append((record["hidden_story"], placed[record["id"]]))
    return {
        name: bcubed([right for right, _ in pairs], [found for _, found in pairs]).f1 for name, pairs in gold.items()
    }


def memory_bandwidth() -> float:
    """Bytes a second that one thread reads, the best of five sums of 400 MB."""
    values = np.ones(50_000_000)
    best = math.inf
    for _ in range(5):
        start = time.perf_counter()
        values.sum()
        best = min(best, time.perf_counter() - start)
    return values.nbytes / best


def matrix_rate() -> float:
    """Operations a second of products of float32 matrices, the best of five, in all threads."""
    size = 2048
    values = np.ones((size, size), dtype=np.float32)
    best = math.inf
    for _ in range(5):
        start = time.perf_counter()
        values @ values
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best


def table(points: list[Point]) -> list[str]:
    """A column for each size; the last says with which power of the size a row grows between the last two."""
    heads = " | ".join(f"{point.size:,}" for point in points)
    rows = [
        ("whole process, seconds", [point.seconds for point in points]),
        ("peak memory, MB", [point.megabytes for point in points]),
        *((f"{stage}, seconds", [p.stages.get(stage, 0.0) for p in points]) for stage in points[-1].stages),
    ]
    lines = [f"| records | {heads} | power |", f"|{'---|' * (len(points) + 2)}"]
    for name, values in rows:
        lines.append(f"| {name} | {' | '.join(f'{value:,.1f}' for value in values)} | {_power(points, values)} |")
    return lines + [
        f"| B-cubed F1, {name} | {' | '.join(f'{p.scores.get(name, 0):.3f}' for p in points)} | |"
        for name in points[-1].scores
    ]


def _power(points: list[Point], values: list[float]) -> str:
    if len(points) < 2 or min(values[-2:]) <= 0:
        return ""
    return f"{math.log(values[-1] / values[-2]) / math.log(points[-1].size / points[-2].size):.2f}"


def limits_table(point: Point, bandwidth: float, rate: float) -> list[str]:
    """What the largest dump's stages would take if nothing but memory or arithmetic held them up."""
    size = point.size
    limits = {
        "read": (size * LINE_BYTES / bandwidth, "each byte once"),
        "encode": (size * TOKENS * DIMENSION * FLOAT_BYTES / bandwidth, "a vector for each token"),
        "search": (2 * size**2 * DIMENSION / rate, "exact: a product for each pair"),
        "group": (size * PAIRS * 2 * TOKENS * LEXICAL_BYTES / bandwidth, "two rows of words for each pair, once"),
        "keywords": (size * LINE_BYTES / bandwidth, "each byte once"),
    }
    lines = [f"| stage, {size:,} records | seconds | at best | what that counts |", "|---|---|---|---|"]
    for stage, (least, what) in limits.items():
        if stage in point.stages:
            lines.append(f"| {stage} | {point.stages[stage]:,.1f} | {least:,.1f} | {what} |")
    return lines


if __name__ == "__main__":
    main()
