"""Values as text: in JSON, in a cell of CSV, and on a terminal."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029]")
_SPACE = re.compile(r"\s+")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def utc_text(moment: datetime | None) -> str | None:
    """A timezone-aware date in ISO 8601, in UTC with a Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def json_text(value: Any) -> str:
    """A value as JSON on one line, in the script it is written in.

    Characters that terminals obey (DEL, C1 controls) or that some readers take for the end of a line are escaped.
    A number that is not finite, which JSON cannot say, is null.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, default=_plain, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=False, default=_plain)
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _plain(value: Any) -> Any:
    """What JSON has no form for, in a form that it has."""
    if isinstance(value, datetime):
        return utc_text(value) if value.tzinfo else value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def cell(value: Any) -> Any:
    """A value as CSV holds it: text and numbers as they are, what is nested as JSON, nothing as an empty cell."""
    if isinstance(value, datetime):
        return _plain(value)
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
        return value
    return json_text(value)


def printable(text: str) -> str:
    """A text as one line that a terminal shows and does not obey: a replacement mark for each control character.

    Marks that turn the direction of what follows them are controls too; the order of Arabic and Hebrew needs none.
    """
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", _SPACE.sub(" ", text).strip())


def day(moment: datetime | None) -> str:
    """The day of a date, in UTC; nothing for no date."""
    return moment.astimezone(UTC).date().isoformat() if moment else ""


def counted(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun: ``1 story``, ``1,200 stories``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
