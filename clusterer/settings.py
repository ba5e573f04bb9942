"""Every tunable, once. Settings that shape the result are recorded in the manifest of an index."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from clusterer.errors import UsageError


@dataclass(frozen=True, slots=True)
class Settings:
    """How articles are compared and grouped. The defaults serve every corpus and every model.

    `threshold` is the probability of one story, from 0 to 1, that the pairs of two groups must reach in the mean for
    the groups to be joined: higher gives more and smaller stories. It is that of two single articles and of groups that
    hold together as most do; of others it follows what they have within. `recall` is the share of the nearest
    `neighbours` that the search has to find, from 0 to 1: with 1 it is exact, whatever the number of articles.
    """

    threshold: float = 0.5
    neighbours: int = 32
    recall: float = 0.9

    def __post_init__(self) -> None:
        if not (math.isfinite(self.threshold) and 0 < self.threshold < 1):
            raise UsageError(
                f"the threshold {self.threshold} is not a probability",
                where="--threshold",
                remedy="Give a number between 0 and 1, such as 0.5.",
            )
        if not (math.isfinite(self.recall) and 0 < self.recall <= 1):
            raise UsageError(
                f"the recall {self.recall} is not a share",
                where="--recall",
                remedy="Give a number between 0 and 1, such as 0.95, or 1 for an exact search.",
            )
        if self.neighbours < 1:
            raise UsageError("there must be at least one neighbour", where="neighbours", remedy="Give 32.")

    def as_dict(self) -> dict[str, Any]:
        """The settings as plain values, for the manifest."""
        return asdict(self)
