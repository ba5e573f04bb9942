"""Dates in the forms that news dumps use."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[+-]?\d{8,19}(?:\.\d+)?")
_COMPACT_DAY = re.compile(r"(?:19|20)\d{6}")
_ZONE_NAME = re.compile(r"\s*(?:UTC|GMT|Z)$", re.IGNORECASE)
_FRACTION = re.compile(r"(\.\d{6})\d+")
_SPACED_OFFSET = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}$)")
# The size of a number tells its unit: seconds stay below 1e11 (the year 5138), milliseconds below 1e14, and so on.
_UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))


def parse_date(value: object) -> datetime | None:
    """The moment, aware and in UTC, that a value names; None where it names none from 1900 to 2100.

    Takes datetimes and dates, ISO 8601, RFC 2822, and seconds, milli-, micro- or nanoseconds since 1970 as numbers or
    digits. A moment without a zone is in UTC.
    """
    try:
        moment = _moment(value)
        if moment is None:
            return None
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return moment if 1900 <= moment.year <= 2100 else None


def _moment(value: object) -> datetime | None:
    if isinstance(value, str):
        return _from_text(value.strip())
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_number(float(value))
    return None


def _from_text(text: str) -> datetime | None:
    if len(text) > 100:
        return None
    if _NUMBER.fullmatch(text) and not _COMPACT_DAY.fullmatch(text):
        return _from_number(float(text))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    iso = _SPACED_OFFSET.sub("", _FRACTION.sub(r"\1", _ZONE_NAME.sub("+00:00", text))).replace("/", "-")
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        return parsedate_to_datetime(text)


def _from_number(number: float) -> datetime | None:
    """Seconds since 1970, or finer units; zero and tiny numbers are missing values or years, not moments."""
    if not math.isfinite(number):
        return None
    if number.is_integer() and _COMPACT_DAY.fullmatch(str(int(number))):
        return datetime.strptime(str(int(number)), "%Y%m%d").replace(tzinfo=UTC)
    if abs(number) < 1e5:
        return None
    unit = next((unit for limit, unit in _UNITS if abs(number) < limit), None)
    return None if unit is None else _EPOCH + timedelta(seconds=number / unit)
