"""The bundled model: a static multilingual encoder, loaded without torch and without a network.

A text's vector is the mean of its tokens' vectors, made unit length. The vectors are stored as int8 with one float32
scale for each token, under the names that sentence-transformers and model2vec read as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
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
        told = progress or silent
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), BLOCK):
            block = texts[start : start + BLOCK]
            vectors[start : start + len(block)] = self.encode_tokens(self.lexicon.tokenize(block))
            told("encode", start + len(block), len(texts))
        return vectors

    def encode_tokens(self, texts: TokenizedTexts) -> Vectors:
        """Unit vectors of texts that are tokenized already. A row does not depend on the other rows."""
        from scipy.sparse import csr_matrix

        used, columns = np.unique(texts.tokens, return_inverse=True)
        table = self._embeddings[used] * self._scales[used, None]
        ones = np.ones(len(columns), dtype=np.float32)
        sums = csr_matrix((ones, columns.astype(np.int32), texts.offsets), shape=(len(texts), len(used))) @ table
        lengths = np.sqrt(np.einsum("ij,ij->i", sums, sums, dtype=np.float64))[:, None]
        unit: Vectors = np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)
        return unit
