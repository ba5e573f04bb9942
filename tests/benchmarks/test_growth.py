from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from benchmarks.growth import Point, limits_table, scores, table
from benchmarks.plot import write_plot


def point(size: int) -> Point:
    return Point(size, {"read": size / 1e4, "search": size**2 / 1e8}, size / 1e3, size / 1e2, {"generated": 0.9})


def test_the_power_of_growth_stands_in_the_table() -> None:
    lines = table([point(1000), point(10_000)])
    assert lines[0] == "| records | 1,000 | 10,000 | power |"
    assert "| read, seconds | 0.1 | 1.0 | 1.00 |" in lines
    assert "| search, seconds | 0.0 | 1.0 | 2.00 |" in lines
    assert "| B-cubed F1, generated | 0.900 | 0.900 | |" in lines


def test_limits_stand_beside_the_stages_that_have_one() -> None:
    lines = limits_table(point(1_000_000), bandwidth=1e10, rate=1e11)
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| read", "| search"]
    assert "7,680.0" in lines[3]


def test_scores_are_told_apart(tmp_path: Path) -> None:
    dump, assignments = tmp_path / "dump.jsonl", tmp_path / "assignments.jsonl"
    records = [
        {"id": "g1", "story": "a"}, {"id": "g2", "story": "a"}, {"id": "set/1", "hidden_story": "set/x"},
        {"id": "set/2", "hidden_story": "set/y"}, {"id": "set/3", "hidden_story": None},
    ]  # fmt: skip
    placed = [{"id": record["id"], "story": "one" if record["id"].startswith("set") else "s"} for record in records]
    dump.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    assignments.write_text("\n".join(map(json.dumps, placed)), encoding="utf-8")
    found = scores(dump, assignments)
    assert found["generated"] == 1.0
    assert 0 < found["set"] < 1


def test_a_plot_has_a_line_for_each_series_and_escapes_their_names(tmp_path: Path) -> None:
    path = tmp_path / "plot.svg"
    write_plot(path, {"a < b": [(10, 1), (1000, 20)], "flat": [(10, 0), (1000, 0)]}, "records")
    drawing = ElementTree.parse(path).getroot()
    lines = [element for element in drawing if element.tag.endswith("polyline")]
    assert len(lines) == 2
    texts = [element.text for element in drawing if element.tag.endswith("text")]
    assert {"a < b", "flat", "records", "100"} <= set(texts)
    for line in lines:
        for pair in line.attrib["points"].split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= 760
            assert 0 <= y <= 480
