"""Values of a record's fields, in the shapes that inputs give them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from clusterer.pages import distinct

# Where a value is an object, the text stands under one of these: names of persons and outlets, Mongo ids, WordPress.
_INNER_NAMES = (
    "name",
    "title",
    "rendered",
    "text",
    "value",
    "content",
    "#text",
    "_text",
    "$oid",
    "$date",
    "href",
    "url",
)
_KEYWORD_SEPARATORS = re.compile(r"[,،、;؛|\n，；]+")
_DEEPEST = 4
_TEXTLESS = (int, float, datetime, Decimal, bytes)
_LONGEST_NUMBER_BITS = 256


def as_text(value: object, separator: str = " ", depth: int = 0) -> str:
    """The text of a value: strings and numbers as they are, the texts of a list, the name of an object; else ""."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool) or depth > _DEEPEST:
        return ""
    if isinstance(value, (int, float, Decimal)):
        return _number(value)
    if isinstance(value, (bytes, bytearray)):
        return _decoded(bytes(value))
    if isinstance(value, Mapping):
        return next((text for name in _INNER_NAMES if (text := as_text(value.get(name), separator, depth + 1))), "")
    if isinstance(value, Sequence):
        return separator.join([text for part in value if (text := as_text(part, separator, depth + 1))])
    # Arrays and scalars of numpy, as the columns of data frames hold them.
    to_list = getattr(value, "tolist", None)
    return as_text(to_list(), separator, depth + 1) if callable(to_list) else ""


def _decoded(data: bytes) -> str:
    """The text that bytes are in UTF-8; "" where they are something else, such as a picture."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    return "" if "\0" in text else text


def _number(value: float | Decimal) -> str:
    if isinstance(value, int):
        return str(value) if value.bit_length() <= _LONGEST_NUMBER_BITS else ""
    if isinstance(value, Decimal):
        return str(value) if value.is_finite() else ""
    if not math.isfinite(value):
        return ""
    # Data frames turn whole numbers into floats where one is missing.
    return str(int(value)) if value.is_integer() and abs(value) < 1e16 else str(value)


def is_missing(value: object) -> bool:
    """Whether a value says nothing: None, an empty text or list, or what data frames put for it (NaN, NaT)."""
    if value is None or value == "" or (isinstance(value, (float, datetime)) and value != value):
        return True
    return isinstance(value, (list, tuple, dict)) and not value


def first_text(value: object) -> str:
    """The text of a value, or that of the first of a list."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        return next((text for part in value if (text := as_text(part).strip())), "")
    return as_text(value).strip()


def as_keywords(value: object) -> tuple[str, ...]:
    """Keywords from a list, or from a text that separates them by commas, semicolons or bars; each once."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        parts = [as_text(part) for part in value]
    else:
        parts = _KEYWORD_SEPARATORS.split(as_text(value))
    return distinct([text for part in parts if (text := " ".join(part.split()))])


def character_fault(value: object) -> str:
    """Why a value's texts cannot be stored as text, whatever its nesting; "" where they can."""
    texts: list[str] = []
    stack: list[Any] = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, (list, tuple)):
            stack.extend(part)
        elif part is not None and not isinstance(part, _TEXTLESS) and isinstance(part, Mapping):
            stack.extend(part)
            stack.extend(part.values())
    text = "".join(texts)
    if "\0" in text:
        return "holds a NUL byte"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "holds an unpaired surrogate"
    return ""
