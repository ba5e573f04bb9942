"""A plot with two logarithmic axes, as SVG."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

WIDTH, HEIGHT, MARGIN, LEGEND = 760, 480, 56, 150
COLOURS = ("#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad", "#d68910", "#16a085", "#7f8c8d", "#34495e", "#c2185b", "#6d4c41")
SMALLEST = 0.01


def write_plot(path: Path, series: Mapping[str, Sequence[tuple[float, float]]], unit: str) -> None:
    """Write lines through the points of each series; `unit` is that of the horizontal axis."""
    drawn = {name: [(x, max(y, SMALLEST)) for x, y in points] for name, points in series.items() if points}
    columns = _decades([x for points in drawn.values() for x, _ in points])
    rows = _decades([y for points in drawn.values() for _, y in points])

    def place(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - columns[0]) / (columns[-1] - columns[0])
        up = (math.log10(y) - rows[0]) / (rows[-1] - rows[0])
        return MARGIN + across * (WIDTH - MARGIN - LEGEND), HEIGHT - MARGIN - up * (HEIGHT - 2 * MARGIN)

    size = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">']
    parts.append(f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>')
    for power in columns:
        x, y = place(10**power, 10 ** rows[0])
        parts.append(f'<line x1="{x:.1f}" y1="{MARGIN}" x2="{x:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(_text(x, y + 18, f"{10**power:,.0f}", "middle"))
    for power in rows:
        x, y = place(10 ** columns[0], 10**power)
        parts.append(f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{WIDTH - LEGEND}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(_text(x - 6, y + 4, f"{10**power:,g}", "end"))
    parts.append(_text((WIDTH - LEGEND + MARGIN) / 2, HEIGHT - 12, unit, "middle"))
    for number, (name, points) in enumerate(drawn.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = [place(*point) for point in points]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        left, top = WIDTH - LEGEND + 12, MARGIN + 18 * number
        parts.append(f'<rect x="{left}" y="{top}" width="12" height="3" fill="{colour}"/>')
        parts.append(_text(left + 18, top + 6, name, "start"))
    path.write_text("\n".join([*parts, "</svg>\n"]), encoding="utf-8")


def _decades(values: Sequence[float]) -> list[int]:
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return list(range(first, max(last, first + 1) + 1))


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'
