"""The training material: gzipped JSON lines, one file a source, named ``<source>.<kind>.jsonl.gz``.

Kinds: ``parallel`` ({language: text}), ``lex`` ({"labels": {language: [names]}}), ``news`` ({lang, title, body})
and ``titles`` ({lang, title}).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

Kind = Literal["parallel", "lex", "news", "titles"]


def sources(folder: Path, kind: Kind) -> list[tuple[str, Path]]:
    """Name and path of each source of one kind, in the order of their names."""
    suffix = f".{kind}.jsonl.gz"
    return [(path.name.removesuffix(suffix), path) for path in sorted(folder.glob(f"*{suffix}"))]


def read_source(path: Path) -> Iterator[dict[str, Any]]:
    """The records of one source."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def article_parts(record: dict[str, Any]) -> tuple[str, str, str]:
    """The language of an article or a headline, which is English where none is told, its headline and its body."""
    return record.get("lang") or "en", record.get("title") or "", record.get("body") or ""


def texts_by_language(record: dict[str, Any]) -> dict[str, str]:
    """The texts of an aligned record. Some sources carry other fields beside the languages, so codes are told by
    length.
    """
    return {code: text for code, text in record.items() if len(code) < 4 and isinstance(text, str) and text.strip()}
