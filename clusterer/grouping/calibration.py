"""Evidence as a probability. The curve is one for all models: their cosines are brought to one scale before."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

# The evidence at which a pair is as likely of one story as of two, and how fast the odds change around it.
EVEN_EVIDENCE = 0.36
EVIDENCE_OF_ONE_NEPER = 0.09


def probability(evidence: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The probability of one story, from 0 to 1, for each evidence."""
    return 1 / (1 + np.exp((EVEN_EVIDENCE - evidence) / EVIDENCE_OF_ONE_NEPER))


def evidence_at(chance: float) -> float:
    """The evidence at which the probability of one story is `chance`, between 0 and 1."""
    return EVEN_EVIDENCE + EVIDENCE_OF_ONE_NEPER * math.log(chance / (1 - chance))
