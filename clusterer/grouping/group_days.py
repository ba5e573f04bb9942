"""The days of groups of families, and what days apart take from the mean evidence of two groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.grouping.evidence import day_penalty
from clusterer.ranges import blocks_of_cost, ranges

DAYS_COMPARED = 64
DAY_BLOCK = 1 << 15

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class GroupDays:
    """Days of at most DAYS_COMPARED members of each group, float64, one group after another: where each group's begin,
    and how many there are. `days_apart`: that of their dump, as `day_penalty` takes it.
    """

    days: npt.NDArray[np.float64]
    starts: Rows
    counts: Rows
    days_apart: float

    @classmethod
    def of(cls, days: npt.NDArray[np.float64], sizes: Rows, days_apart: float) -> GroupDays:
        """Of groups of so many families each, whose `days`, float64 [n], come group after group."""
        return cls(days, np.cumsum(sizes) - sizes, np.minimum(sizes, DAYS_COMPARED), days_apart)

    def joined(self, first: Rows, second: Rows) -> GroupDays:
        """Of groups that are each two of these."""
        counts = np.stack([self.counts[first], self.counts[second]], axis=1)
        counts[:, 1] = np.minimum(counts[:, 1], DAYS_COMPARED - counts[:, 0])
        starts = np.stack([self.starts[first], self.starts[second]], axis=1)
        total = counts.sum(axis=1)
        days = self.days[ranges(starts.ravel(), counts.ravel())]
        return GroupDays(days, np.cumsum(total) - total, total, self.days_apart)

    @classmethod
    def chained(cls, parts: Sequence[GroupDays]) -> GroupDays:
        """Of the groups of each part, one after another."""
        offsets = np.cumsum([0, *(len(part.days) for part in parts)])
        return cls(
            np.concatenate([part.days for part in parts]),
            np.concatenate([part.starts + offset for part, offset in zip(parts, offsets, strict=False)]),
            np.concatenate([part.counts for part in parts]),
            parts[0].days_apart,
        )

    def taken(self, groups: Rows) -> GroupDays:
        """Of some of the groups."""
        counts = self.counts[groups]
        days = self.days[ranges(self.starts[groups], counts)]
        return GroupDays(days, np.cumsum(counts) - counts, counts, self.days_apart)

    def mean_penalty(self, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
        """What days apart take from the mean evidence of each two groups, float64 [m]."""
        result = np.zeros(len(left), dtype=np.float64)
        if np.isnan(self.days).all():
            return result
        for block in blocks_of_cost(self.counts[left] * self.counts[right], DAY_BLOCK):
            result[block] = self._mean_penalties(left[block], right[block])
        return result

    def _mean_penalties(self, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
        rows, columns = self.counts[left], self.counts[right]
        width = np.repeat(columns, rows)  # each day of the left one meets so many of the right one
        one = np.repeat(self.days[ranges(self.starts[left], rows)], width)
        other = self.days[ranges(np.repeat(self.starts[right], rows), width)]
        compared = rows * columns
        penalty = day_penalty(one, other, self.days_apart)
        sums: npt.NDArray[np.float64] = np.add.reduceat(penalty, np.cumsum(compared) - compared)
        return sums / compared
