"""How near the nearest neighbour is: `python -m benchmarks.neighbour_histogram DUMP ...`, generated or real.

Each dump's families are encoded by the bundled model; the cosine of each with its nearest is counted in bins. Where
generated news has as many families near another as real news has, and as many that are alone, it is no easier.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.environment import described
from clusterer.article_features import bundled_features
from clusterer.grouping.grid import STEPS
from clusterer.grouping.search_index import build_search_index
from clusterer.identity import identify
from clusterer.pipeline import find_families, in_content_order, with_languages
from clusterer.reading import read_articles

BINS = np.linspace(0, 1, 11)


def main() -> None:
    """Print a Markdown table, a row for each dump."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.neighbour_histogram", description=__doc__.splitlines()[0]
    )
    parser.add_argument("dumps", type=Path, nargs="+")
    heads = " | ".join(f"{low:.1f}–{low + 0.1:.1f}" for low in BINS[:-1])
    lines = [described(), "", f"| share of families by the cosine of the nearest | {heads} |", f"|{'---|' * len(BINS)}"]
    for dump in parser.parse_args().dumps:
        shares = histogram(nearest_cosines(dump))
        lines.append(f"| {dump.name} | {' | '.join(f'{share:.3f}' for share in shares)} |")
    sys.stdout.write("\n".join(lines) + "\n")


def nearest_cosines(dump: Path) -> npt.NDArray[np.float64]:
    """The cosine of each family with its nearest, float64 [n]."""
    known = with_languages(identify(read_articles([dump])).articles)
    dense = bundled_features(in_content_order(find_families(known).originals)).dense
    index = build_search_index(dense, 1, 1.0)
    best = []
    start = 0
    for products, found in index.nearest(dense, 2):
        rows = np.arange(start, start + len(found))
        # A family is its own nearest, but for another with the same vector.
        other = np.where(found[:, 0] == rows, products[:, 1], products[:, 0])
        best.append(other.astype(np.float64) / (STEPS * STEPS))
        start += len(found)
    return np.concatenate(best)


def histogram(cosines: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The share of cosines in each bin; what lies under 0 counts in the first."""
    counts, _ = np.histogram(np.clip(cosines, 0, 1), BINS)
    shares: npt.NDArray[np.float64] = counts / max(len(cosines), 1)
    return shares


if __name__ == "__main__":
    main()
