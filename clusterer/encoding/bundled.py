"""The bundled model: a static multilingual encoder, loaded without torch and without a network.

A text's vector is the mean of its tokens' vectors, made unit length. The vectors are stored as int8 with one float32
scale for each token, under the names that sentence-transformers and model2vec read as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from clusterer.encoding.bundled_files import BUNDLED_MODEL
from clusterer.encoding.encoder import Vectors
from clusterer.encoding.lexicon import Lexicon, TokenizedTexts
from clusterer.errors import ModelError
from clusterer.parallel import in_blocks, received_text, sent_form
from clusterer.progress import Progress

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
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        start = 0
        for block in in_blocks(self._encoded, texts, BLOCK, given=sent_form, stage="encode", progress=progress):
            vectors[start : start + len(block)] = block
            start += len(block)
        return vectors

    def _encoded(self, texts: Sequence[bytes]) -> Vectors:
        return self.pooled(self.lexicon.tokenize([received_text(text) for text in texts]))

    def __reduce__(self) -> tuple[Callable[[], BundledEncoder], tuple[()]]:
        """Another process has its own."""
        return bundled_encoder, ()

    def pooled(self, texts: TokenizedTexts) -> Vectors:
        """Unit vectors of tokenized texts, float32 [n, dimension]. A row does not depend on the other rows."""
        from scipy.sparse import csr_matrix

        present = np.zeros(len(self._scales), dtype=bool)
        present[texts.tokens] = True
        used = np.flatnonzero(present)
        column = np.cumsum(present, dtype=np.int32) - np.int32(1)
        table = self._embeddings[used] * self._scales[used, None]
        ones = np.ones(len(texts.tokens), dtype=np.float32)
        sums = csr_matrix((ones, column[texts.tokens], texts.offsets), shape=(len(texts), len(used))) @ table
        lengths = np.sqrt(np.einsum("ij,ij->i", sums, sums, dtype=np.float64))[:, None]
        unit: Vectors = np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)
        return unit


@cache
def bundled_encoder() -> BundledEncoder:
    """The bundled encoder of this process."""
    return BundledEncoder()
