"""Ranges of whole numbers: many at once, and one cut into blocks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt


def ranges(starts: npt.NDArray[np.intp], lengths: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """So many whole numbers from each start on, one range after another."""
    found: npt.NDArray[np.intp] = np.arange(int(lengths.sum())) + np.repeat(
        starts - (np.cumsum(lengths) - lengths), lengths
    )
    return found


def blocks_of_cost(costs: npt.NDArray[np.intp], most: int) -> Iterator[slice]:
    """Consecutive slices whose costs stay near `most` in all."""
    if not len(costs):
        return
    number = np.cumsum(costs) // most
    bounds = np.flatnonzero(np.diff(number)) + 1
    for start, end in zip([0, *bounds], [*bounds, len(costs)], strict=True):
        yield slice(int(start), int(end))
