"""Batches of texts that are hard to tell apart: taught news texts that the teacher has near each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from clusterer.encoding.encoder import Vectors
from training.lessons import Lessons

NEIGHBOURHOODS = 400
NEIGHBOURHOODS_OF_A_BATCH = 8
FEWEST_TEXTS = 128
ROUNDS = 8
TEXTS_THAT_PLACE_THEM = 100_000
# What counts as news: these kinds of text, and these sources of translations.
NEWS_KINDS = ("title", "lead", "sentence")
NEWS_SOURCES = ("wmt", "tico19", "pud")


class Neighbourhoods:
    """Taught news texts in neighbourhoods of the teacher's vectors (spherical k-means), large ones drawn more often."""

    def __init__(self, lessons: Lessons, taught: npt.NDArray[np.int32], targets: Vectors, seed: int) -> None:
        draw = np.random.default_rng(seed)
        news = np.array([_is_news(name) for name in lessons.group_names])
        known = np.flatnonzero(taught >= 0)
        texts = known[news[lessons.taught_group[known]]]
        self._members = _neighbourhoods(texts, targets[taught[texts]], draw) if len(texts) else []
        sizes = np.array([len(members) for members in self._members], dtype=np.float64)
        self._share = sizes / max(sizes.sum(), 1.0)
        self.empty = not self._members

    def next(self, draw: np.random.Generator, size: int) -> npt.NDArray[np.int64]:
        """The texts of a batch of at most `size`."""
        each = size // NEIGHBOURHOODS_OF_A_BATCH
        chosen = draw.choice(len(self._members), NEIGHBOURHOODS_OF_A_BATCH, p=self._share)
        parts: Sequence[npt.NDArray[np.int64]] = [
            draw.choice(self._members[place], min(each, len(self._members[place])), replace=False) for place in chosen
        ]
        return np.concatenate(parts)


def _is_news(name: str) -> bool:
    return name.rpartition(":")[2] in NEWS_KINDS or name.startswith(NEWS_SOURCES)


def _neighbourhoods(
    texts: npt.NDArray[np.int64], vectors: Vectors, draw: np.random.Generator
) -> list[npt.NDArray[np.int64]]:
    import faiss

    count = min(NEIGHBOURHOODS, len(texts) // FEWEST_TEXTS)
    if not count:
        return []
    faiss.omp_set_num_threads(1)  # on more the last bits differ
    means = faiss.Kmeans(vectors.shape[1], count, niter=ROUNDS, seed=1, spherical=True)
    means.train(vectors[draw.permutation(len(vectors))[:TEXTS_THAT_PLACE_THEM]])
    nearest = means.index.search(vectors, 1)[1][:, 0]
    found = [texts[nearest == number] for number in range(count)]
    return [members for members in found if len(members) >= FEWEST_TEXTS]
