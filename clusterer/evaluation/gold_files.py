"""Gold in files of its own: pairs of articles that were judged, and texts that say the same in several languages."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from clusterer.errors import InputError

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """Two articles, whether they tell one story, and by how much they differ where that was judged: from 1, one story,
    to 4, unrelated.
    """

    first: str
    second: str
    together: bool
    score: float | None = None


@dataclass(frozen=True, slots=True)
class GoldFile(Generic[Item]):
    """What a file of JSON lines holds, and, as `file:line: reason`, what of it could not be read."""

    items: tuple[Item, ...]
    bad: tuple[str, ...]


def read_pairs(path: Path) -> GoldFile[JudgedPair]:
    """Judged pairs: objects with `id1`, `id2`, `label` (1, one story, or 0) and perhaps `score`; .gz is undone.

    Raises `InputError` where the file cannot be read or holds no pair.
    """
    return _read(path, _pair, "a pair (id1, id2, label 0 or 1, perhaps a score)")


def read_parallel(path: Path) -> GoldFile[dict[str, str]]:
    """Parallel texts: objects with a text for each language code; .gz is undone. What is no text is left out.

    Raises `InputError` where the file cannot be read or holds no text.
    """
    return _read(path, _texts, "a text by language in two languages or more")


def _read(path: Path, item_of: Callable[[Any], Item | None], wanted: str) -> GoldFile[Item]:
    opener = gzip.open if path.suffix == ".gz" else open
    items: list[Item] = []
    bad: list[str] = []
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    item = item_of(json.loads(line))
                except (ValueError, RecursionError):
                    item = None
                if item is None:
                    bad.append(f"{path}:{number}: this is not {wanted}")
                else:
                    items.append(item)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"the file cannot be read ({reason})", where=str(path), remedy="Check its name.") from error
    if not items:
        raise InputError(f"there is no line with {wanted}", where=str(path), remedy="Give JSON lines of that kind.")
    return GoldFile(tuple(items), tuple(bad))


def _pair(record: Any) -> JudgedPair | None:
    if not isinstance(record, dict) or not all(isinstance(record.get(name), str | int) for name in ("id1", "id2")):
        return None
    label, score = record.get("label"), record.get("score")
    if label not in (0, 1) or not (score is None or (isinstance(score, int | float) and math.isfinite(score))):
        return None
    return JudgedPair(str(record["id1"]), str(record["id2"]), bool(label), None if score is None else float(score))


def _texts(record: Any) -> dict[str, str] | None:
    if not isinstance(record, dict):
        return None
    texts = {language: text for language, text in record.items() if isinstance(text, str) and text.strip()}
    return texts if len(texts) > 1 else None
