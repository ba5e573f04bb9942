"""The words of a text, whatever the model: the bundled tokenizer's tokens, weighted by how rare they are.

A tokenizer rather than white space, so that Chinese and Thai have words too. Document frequencies are constants,
counted once on the training material, so that twelve records are weighed like a million.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clusterer.encoding.bundled_files import BUNDLED_MODEL, load_constants

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from tokenizers import Tokenizer

BLOCK = 4096


@dataclass(frozen=True, slots=True)
class TokenizedTexts:
    """Token ids of n texts, one after another: those of text t are `tokens[offsets[t]:offsets[t + 1]]`.

    `tokens` is int32, `offsets` int64 [n + 1].
    """

    tokens: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1


@cache
def _load_tokenizer(path: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


class Lexicon:
    """The bundled tokenizer and the rarity of each of its tokens."""

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of the bundled model, without padding or truncation."""
        return _load_tokenizer(BUNDLED_MODEL / "tokenizer.json")

    @cached_property
    def rarity(self) -> npt.NDArray[np.float32]:
        """Inverse document frequency of each token, float32 [vocabulary]."""
        return load_constants()["inverse_document_frequency"]

    def tokenize(self, texts: Sequence[str]) -> TokenizedTexts:
        """The tokens of each text."""
        rows: list[npt.NDArray[np.int32]] = []
        for start in range(0, len(texts), BLOCK):
            block = self.tokenizer.encode_batch_fast(list(texts[start : start + BLOCK]), add_special_tokens=False)
            rows += [np.array(encoding.ids, dtype=np.int32) for encoding in block]
        offsets = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum([len(row) for row in rows], out=offsets[1:])
        return TokenizedTexts(np.concatenate(rows) if rows else np.zeros(0, dtype=np.int32), offsets)

    def split(self, text: str) -> list[str]:
        """The words of a text as the tokenizer cuts them, in folded form; what it does not know is left out."""
        pieces = self.tokenizer.encode(text, add_special_tokens=False).tokens
        return [piece.removeprefix("##") for piece in pieces if piece != "[UNK]"]

    def weigh(self, weighted_parts: Sequence[tuple[TokenizedTexts, float]]) -> csr_matrix:
        """TF-IDF rows of texts that come in parts, float32 [n, vocabulary], unit length.

        Each part counts as often as its weight says (a headline twice, say); term frequency is 1 + ln(count).
        A text without a token has an empty row.
        """
        from scipy.sparse import csr_matrix

        total = None
        for part, weight in weighted_parts:
            counts = np.full(len(part.tokens), weight, dtype=np.float32)
            matrix = csr_matrix((counts, part.tokens, part.offsets), shape=(len(part), len(self.rarity)))
            matrix.sum_duplicates()
            total = matrix if total is None else total + matrix
        assert total is not None
        rows = csr_matrix(total)
        rows.sort_indices()
        rows.data = (1 + np.log(rows.data)) * self.rarity[rows.indices]
        lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1), dtype=np.float32)).ravel()
        rows.data /= np.repeat(np.maximum(lengths, np.float32(1e-12)), np.diff(rows.indptr))
        return rows
