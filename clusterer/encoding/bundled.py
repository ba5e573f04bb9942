"""The bundled model: a static multilingual encoder, loaded without torch and without a network.

A text's vector is the mean of its tokens' vectors, made unit length. The vectors are stored as int8 with one float32
scale for each token, under the names that sentence-transformers and model2vec read as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property

import numpy as np
import numpy.typing as npt

from clusterer.encoding.bundled_files import BUNDLED_MODEL
from clusterer.encoding.encoder import Vectors
from clusterer.encoding.lexicon import Lexicon, TokenizedTexts
from clusterer.errors import ModelError
from clusterer.progress import Progress, silent

BUNDLED_NAME = "bundled"
BLOCK = 2048


class BundledEncoder:
    """The encoder that ships with the package."""

    name = BUNDLED_NAME
    prompt = None
    dtype = "float32"

    def __init__(self) -> None:
        from safetensors.numpy import load_file

        path = BUNDLED_MODEL / "model.safetensors"
        if not path.is_file():
            raise ModelError(
                "the bundled model's weights are missing", where=str(path), remedy="Install clusterer again."
            )
        arrays = load_file(path)
        self._embeddings: npt.NDArray[np.int8] = arrays["embeddings"]
        self._scales: npt.NDArray[np.float32] = arrays["weights"]
        self.lexicon = Lexicon()

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the weights and the tokenizer."""
        digest = hashlib.sha256()
        for file in ("model.safetensors", "tokenizer.json"):
            digest.update((BUNDLED_MODEL / file).read_bytes())
        return digest.hexdigest()

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._embeddings.shape[1])

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Unit vectors of the texts, float32 [n, dimension]; a text with no known token gets a row of zeros."""
        return self.encode_with_tokens(texts, progress=progress)[1]

    def encode_with_tokens(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> tuple[TokenizedTexts, Vectors]:
        """The tokens of the texts, and their vectors as `encode` gives them.

        A second thread takes the mean of one block's tokens while this one cuts the next block.
        """
        told = progress or silent
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        blocks: list[TokenizedTexts] = []
        with ThreadPoolExecutor(max_workers=1) as pool:
            pooled: list[Future[None]] = []
            for start in range(0, len(texts), BLOCK):
                blocks.append(self.lexicon.tokenize(texts[start : start + BLOCK]))
                pooled.append(pool.submit(self._pool_into, vectors[start : start + BLOCK], blocks[-1]))
                told("encode", start + len(blocks[-1]), len(texts))
            for block in pooled:
                block.result()
        return TokenizedTexts.joined(blocks), vectors

    def _pool_into(self, rows: Vectors, texts: TokenizedTexts) -> None:
        """Write the unit vectors of tokenized texts into `rows`. A row does not depend on the other rows."""
        from scipy.sparse import csr_matrix

        present = np.zeros(len(self._scales), dtype=bool)
        present[texts.tokens] = True
        used = np.flatnonzero(present)
        column = np.cumsum(present, dtype=np.int32) - np.int32(1)
        table = self._embeddings[used] * self._scales[used, None]
        ones = np.ones(len(texts.tokens), dtype=np.float32)
        sums = csr_matrix((ones, column[texts.tokens], texts.offsets), shape=(len(texts), len(used))) @ table
        lengths = np.sqrt(np.einsum("ij,ij->i", sums, sums, dtype=np.float64))[:, None]
        np.divide(sums, lengths, out=rows, where=lengths > 0)
