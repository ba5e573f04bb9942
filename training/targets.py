"""The space that the student learns: the teacher's, less what is common to all texts of a language, turned so that its
first dimensions hold the most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.encoding.constants import unit_rows
from clusterer.encoding.encoder import Vectors

MEAN_SHRINKAGE = 100.0
START_LENGTH = 1.6
# Tokens as common as this begin at half the length (Arora et al. 2017, smooth inverse frequency).
HALF_LENGTH_FREQUENCY = 1e-3
# How far training's lengths are drawn towards that at its end.
SHORTENING = 0.3


@dataclass(frozen=True)
class TeacherSpace:
    """`targets`: unit vectors of the texts that the teacher read, float32 [n, d]. `directions`: the principal
    directions that they are written in, float32 [d of the teacher, d].
    """

    targets: Vectors
    directions: Vectors


def teacher_space(vectors: npt.NDArray[np.float16], languages: Sequence[str], dimension: int) -> TeacherSpace:
    """The space of the teacher's vectors, float16 [n, d]; the mean of a language of few texts is drawn to that of all.

    Dimensions that the teacher does not have are zero.
    """
    rows = vectors.astype(np.float32)
    overall = rows.mean(axis=0)
    names = np.array(languages)
    for language in sorted(set(languages)):
        own = names == language
        rows[own] -= (rows[own].sum(axis=0) + MEAN_SHRINKAGE * overall) / (own.sum() + MEAN_SHRINKAGE)
    _, found = np.linalg.eigh(rows.T @ rows / len(rows))
    directions = np.zeros((rows.shape[1], dimension), dtype=np.float32)
    kept = min(dimension, rows.shape[1])
    directions[:, :kept] = found[:, ::-1][:, :kept]
    return TeacherSpace(unit_rows(rows @ directions), directions)


def starting_vectors(
    token_vectors: npt.NDArray[np.float16], space: TeacherSpace, tokens: npt.NDArray[np.int32]
) -> Vectors:
    """Where each token begins, float32 [n, d]: at the teacher's vector of it as a text, float16 [n, d of the teacher],
    shorter where it is common in the texts' `tokens`.
    """
    rows = token_vectors.astype(np.float32)
    frequency = np.bincount(tokens, minlength=len(rows))[: len(rows)] / len(tokens)
    length = START_LENGTH * HALF_LENGTH_FREQUENCY / (HALF_LENGTH_FREQUENCY + frequency)
    begun: Vectors = unit_rows((rows - rows.mean(axis=0)) @ space.directions) * length[:, None].astype(np.float32)
    return begun


def shortened(vectors: Vectors, tokens: npt.NDArray[np.int32]) -> Vectors:
    """Token vectors, float32 [n, d], shorter where a token is common in the texts' `tokens`: what all texts hold says
    little of any, and training on short texts makes too much of it.
    """
    frequency = np.bincount(tokens, minlength=len(vectors)) / len(tokens)
    length = (HALF_LENGTH_FREQUENCY / (HALF_LENGTH_FREQUENCY + frequency)) ** SHORTENING
    shorter: Vectors = vectors * length[:, None].astype(np.float32)
    return shorter
