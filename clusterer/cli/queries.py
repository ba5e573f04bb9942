"""The texts that `clusterer similar` looks for: one from the command line, or many from a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clusterer.errors import InputError, UsageError

_HEADLINE_NAMES = ("title", "headline")
_BODY_NAMES = ("body", "text", "content")


@dataclass(frozen=True, slots=True)
class Query:
    """A text to look for, or the id of an article; `name` is how results tell which query they answer."""

    text: str | None = None
    id: str | None = None
    name: str | None = None


def chosen_queries(text: str | None, id: str | None, file: Path | None) -> list[Query]:
    """The queries of a command line: exactly one of text (``-`` for standard input), id and file must be given."""
    if sum(choice is not None for choice in (text, id, file)) != 1:
        raise UsageError(
            "there must be one thing to look for",
            where="similar",
            remedy="Give a TEXT, or --id ID, or --file FILE, or - for standard input.",
        )
    if file is not None:
        if file.suffix.lower() == ".jsonl":
            return list(_file_queries(file))
        return [Query(text=_told(_file_text(file), str(file)))]
    if id is not None:
        return [Query(id=id)]
    if text == "-":
        return [Query(text=_told(_decoded(sys.stdin.buffer.read(), "-"), "-"))]
    return [Query(text=_told(text or "", "TEXT"))]


def _file_text(path: Path) -> str:
    try:
        return _decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise InputError(
            f"the file cannot be read ({error.strerror})", where=str(path), remedy="Check its name and its rights."
        ) from error


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"this is not UTF-8 ({error.reason})", where=where, remedy="Convert it to UTF-8.") from error


def _told(text: str, where: str) -> str:
    if not text.strip():
        raise UsageError("there is no text to look for", where=where, remedy="Give a headline or a passage.")
    return text


def _file_queries(path: Path) -> Iterator[Query]:
    """A query for each line of a JSON lines file."""
    for number, line in enumerate(_file_text(path).split("\n"), start=1):
        if line.strip():
            yield _record_query(line, f"{path}:{number}")


def _record_query(line: str, where: str) -> Query:
    remedy = "Each line must be an object with a title, a body or a text."
    try:
        record = json.loads(line)
    except ValueError as error:
        raise InputError(f"this is not JSON ({error})", where=where, remedy=remedy) from error
    if not isinstance(record, dict):
        raise InputError("this is no object", where=where, remedy=remedy)
    headline, body = _first_text(record, _HEADLINE_NAMES), _first_text(record, _BODY_NAMES)
    if not headline and not body:
        raise InputError("there is no text to look for", where=where, remedy=remedy)
    return Query(text="\n".join(part for part in (headline, body) if part), name=headline or body)


def _first_text(record: Mapping[str, Any], names: tuple[str, ...]) -> str:
    found = (record[name] for name in names if isinstance(record.get(name), str))
    return next((text for text in found if text.strip()), "")
