"""`clusterer info` and `clusterer doctor`: what an index holds, and whether all is well."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

import clusterer
from clusterer.cli import options
from clusterer.cli.formats import ReportFormat, print_report
from clusterer.cli.progress import say, shown_progress
from clusterer.cli.tables import facts_text
from clusterer.cli.text import json_text, printable
from clusterer.errors import ClustererError


def info(index: options.Index = options.DEFAULT_INDEX, format: options.ReportFormatOption = ReportFormat.TABLE) -> None:
    """Say what an index holds: articles, stories, languages, its model and its settings."""
    with clusterer.open_index(index) as opened:
        facts = opened.info()
    print_report(facts_text(list(_facts(facts))), facts, format)


def _facts(facts: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Names and values as text; a mapping in a mapping gives a name of two words."""
    for name, value in facts.items():
        full = f"{before}{name}".replace("_", " ")
        if isinstance(value, Mapping):
            yield from _facts(value, f"{full} ")
        elif value is not None:
            yield full, value if isinstance(value, str) else json_text(value).strip('"')


def doctor(
    index: options.Index = options.DEFAULT_INDEX,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Make anew what can be made of the index's articles: vectors, stories, the rest."
        ),
    ] = False,
    format: options.ReportFormatOption = ReportFormat.TABLE,
) -> None:
    """Check the bundled model, the libraries, and the index if there is one. Exits 1 where something is wrong."""
    findings = [*_model_findings(), *_library_findings()]
    if index != options.DEFAULT_INDEX or index.exists():
        findings += _repaired_findings(index) if repair else _index_findings(index)
    else:
        say(f"There is no index at {index}: only the installation is checked.")
    text = "\n".join(findings) if findings else "All is well."
    print_report(text, {"findings": findings}, format)
    if findings:
        raise typer.Exit(1)


def _model_findings() -> list[str]:
    """What is wrong with the bundled model."""
    try:
        vectors = clusterer.load_encoder().encode(["A minister resigns.", ""])
    except ClustererError as error:
        return [str(error)]
    if abs(float((vectors[0] ** 2).sum()) - 1) > 1e-3:
        return ["The bundled model gives vectors that are not of unit length. Install clusterer again."]
    return []


def _library_findings() -> list[str]:
    """What is wrong with the libraries together: two copies of OpenMP in one process have crashed on macOS."""
    if platform.system() != "Darwin":
        return []
    from importlib.util import find_spec

    carriers = []
    for name in ("faiss", "torch"):
        spec = find_spec(name)
        if spec and spec.origin and any(Path(spec.origin).parent.rglob("libomp*.dylib")):
            carriers.append(name)
    if len(carriers) < 2:
        return []
    return [f"{' and '.join(carriers)} each bring an OpenMP of their own: if a model crashes, set OMP_NUM_THREADS=1."]


def _index_findings(index: Path) -> list[str]:
    with clusterer.open_index(index) as opened:
        return opened.check()


def _repaired_findings(index: Path) -> list[str]:
    """What is still wrong with an index after a repair. What was wrong is told on the way."""
    with clusterer.open_index(index, write=True) as opened:
        for finding in opened.check():
            say(f"to be repaired: {printable(finding)}")
        with shown_progress(quiet=False, verbose=False) as progress:
            return opened.repair(progress=progress)
