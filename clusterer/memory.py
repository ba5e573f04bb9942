"""Large arrays in little memory: what was freed is given back to the system, and what is joined is not there twice."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

PARTS_BETWEEN_GIVING_BACK = 16
OBJECTS_BETWEEN_COLLECTIONS = 1_000_000

Number = TypeVar("Number", bound=np.generic)


def give_back() -> None:
    """Let the system have what is free within the heap. Arrays of some megabytes come and go there by the thousand, and
    the C library keeps what they leave; where it has no way to give it back, nothing is done.
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


def joined(parts: deque[npt.NDArray[Number]], kind: type[Number]) -> npt.NDArray[Number]:
    """The values of one-dimensional arrays, one after another, as one of this kind. The arrays are taken out of
    `parts`, so that they are not in memory twice.
    """
    whole = np.empty(sum(map(len, parts)), dtype=kind)
    start = 0
    while parts:
        if len(parts) % PARTS_BETWEEN_GIVING_BACK == 0:
            give_back()
        part = parts.popleft()
        whole[start : start + len(part)] = part
        start += len(part)
    return whole


def collect_seldom() -> None:
    """Let Python look for garbage in cycles a thousand times as seldom: for a process that holds millions of objects,
    which it would go through again and again, and that makes few cycles.
    """
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """The same for a while, after which it is as it was: the process may be someone else's."""
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)


@cache
def _malloc_trim() -> Any | None:
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
