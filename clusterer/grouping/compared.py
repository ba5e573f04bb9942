"""Pairs that were compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.checkpoint import Arrays
from clusterer.grouping.neighbours import Pairs, pair_keys, pairs_of_keys


@dataclass(frozen=True, slots=True)
class Compared:
    """Pairs of families, or of groups, and their evidence, float64 [m]."""

    pairs: Pairs
    evidence: npt.NDArray[np.float64]

    def as_arrays(self) -> Arrays:
        """The same as arrays, to be stored."""
        return {"left": self.pairs[0], "right": self.pairs[1], "evidence": self.evidence}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Compared:
        """What `as_arrays` gave."""
        return Compared((arrays["left"], arrays["right"]), arrays["evidence"])

    @staticmethod
    def joined(parts: Sequence[Compared]) -> Compared:
        """The pairs of all the parts, one part after another."""
        if not parts:
            none = np.zeros(0, dtype=np.intp)
            return Compared((none, none), np.zeros(0))
        left, right = (np.concatenate([part.pairs[side] for part in parts]) for side in (0, 1))
        return Compared((left, right), np.concatenate([part.evidence for part in parts]))

    def chosen(self, wanted: npt.NDArray[np.bool_]) -> Compared:
        """The pairs that are wanted, bool [m]."""
        return Compared((self.pairs[0][wanted], self.pairs[1][wanted]), self.evidence[wanted])

    def distinct(self, count: int) -> Compared:
        """Each unordered pair of `count` families once, as (smaller, larger), in order: of equal ones the first."""
        keys, first = np.unique(pair_keys(*self.pairs, count), return_index=True)
        return Compared(pairs_of_keys(keys, count), self.evidence[first])
