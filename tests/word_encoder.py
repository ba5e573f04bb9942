"""A model for tests that is fast, depends on words alone, and is good enough to group copies and near relatives."""

from collections.abc import Sequence
from functools import cache
from zlib import crc32

import numpy as np

from clusterer.encoding.encoder import Vectors
from clusterer.progress import Progress

DIMENSION = 48


@cache
def word_vector(word: str, seed: int) -> Vectors:
    return np.random.default_rng([crc32(word.encode()), seed]).normal(size=DIMENSION).astype(np.float32)


class WordEncoder:
    """A model that adds up a random vector for each word: fast, and good enough to group copies and near relatives."""

    dimension, prompt, dtype = DIMENSION, None, "float32"

    def __init__(self, name: str = "words", seed: int = 0) -> None:
        self.name = name
        self.seed = seed
        self.fingerprint = f"{seed:064x}"
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        if progress:
            progress("encode", len(texts), len(texts))
        self.encoded += texts
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                vectors[row] += word_vector(word, self.seed)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
