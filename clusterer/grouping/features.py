"""What is known of each duplicate family when stories are made: arrays, one row a family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, slots=True)
class Features:
    """n families. `dense`: centred vectors on the grid, float32 [n, d]. `lexical`: TF-IDF rows of unit length, float32
    [n, columns], whose columns belong to one language each. `language`: int32 [n]. `day`: days since 1970, float64 [n],
    NaN where not known. `dense_scale`: what a dense cosine of this model is multiplied by to mean what the bundled
    model's means. `names`: rows of unit length of what names sound like, float32 [n, columns]; None leaves them out.
    """

    dense: npt.NDArray[np.float32]
    lexical: csr_matrix
    language: npt.NDArray[np.int32]
    day: npt.NDArray[np.float64]
    dense_scale: float = 1.0
    names: csr_matrix | None = None

    def __len__(self) -> int:
        return len(self.dense)

    def take(self, rows: npt.NDArray[np.intp]) -> Features:
        """The families at `rows`."""
        names = None if self.names is None else self.names[rows]
        return Features(
            self.dense[rows], self.lexical[rows], self.language[rows], self.day[rows], self.dense_scale, names
        )


def language_codes(languages: Sequence[str]) -> npt.NDArray[np.int32]:
    """A number for each language, int32 [n], equal where the language is."""
    numbers = {language: number for number, language in enumerate(sorted(set(languages)))}
    return np.array([numbers[language] for language in languages], dtype=np.int32)


def separate_languages(rows: csr_matrix, language: npt.NDArray[np.int32]) -> csr_matrix:
    """The same rows with columns that no two languages share, so that words of two languages never match.

    A row's columns keep their order; `rows` stays as it is, and lends its data.
    """
    from scipy.sparse import csr_matrix

    owner = np.repeat(language.astype(np.int64), np.diff(rows.indptr))
    used, columns = np.unique(owner * rows.shape[1] + rows.indices, return_inverse=True)
    return csr_matrix((rows.data, columns.astype(np.int32), rows.indptr), shape=(rows.shape[0], len(used)))
