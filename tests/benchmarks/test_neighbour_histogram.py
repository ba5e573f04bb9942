from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from benchmarks.neighbour_histogram import histogram, nearest_cosines


def test_each_family_is_counted_once() -> None:
    shares = histogram(np.array([-0.2, 0.05, 0.5, 0.95, 1.0]))
    assert shares.sum() == 1
    assert shares[[0, 5, 9]].tolist() == [0.4, 0.2, 0.4]


def test_the_nearest_is_another_one(tmp_path: Path) -> None:
    titles = ["Ferry strike ends in the harbour", "Harbour ferry strike ends today", "Volcano wakes in the north"]
    dump = tmp_path / "dump.jsonl"
    dump.write_text("\n".join(json.dumps({"title": title}) for title in titles), encoding="utf-8")
    cosines = np.sort(nearest_cosines(dump))
    assert len(cosines) == 3
    assert cosines[0] < 0.6 < cosines[1] == cosines[2] < 1
