"""The words of a text, whatever the model: the bundled tokenizer's tokens, weighted by how rare they are.

A tokenizer rather than white space, so that Chinese and Thai have words too. Document frequencies are constants,
counted once on the training material, so that twelve records are weighed like a million.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clusterer.encoding.bundled_files import BUNDLED_MODEL, load_constants
from clusterer.ranges import ranges

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from tokenizers import Tokenizer

BLOCK = 4096
CONTINUED = "##"
UNKNOWN = "[UNK]"
# Words remembered with their tokens: about 200 bytes each. A long "word" is a sentence of a script without spaces, and
# does not come again.
MOST_KNOWN_WORDS = 400_000
LONGEST_KNOWN_WORD = 30
WORDS_OF_A_LINE = 64


@dataclass(frozen=True, slots=True)
class TokenizedTexts:
    """Token ids of n texts, one after another: those of text t are `tokens[offsets[t]:offsets[t + 1]]`.

    `tokens` is int32, `offsets` int64 [n + 1].
    """

    tokens: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @staticmethod
    def joined(blocks: Sequence[TokenizedTexts]) -> TokenizedTexts:
        """The texts of all blocks, in order."""
        tokens = [np.zeros(0, dtype=np.int32), *(block.tokens for block in blocks)]
        lengths = [np.zeros(1, dtype=np.int64), *(np.diff(block.offsets) for block in blocks)]
        return TokenizedTexts(np.concatenate(tokens), np.cumsum(np.concatenate(lengths)))


@cache
def _load_tokenizer(path: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


class Lexicon:
    """The bundled tokenizer and the rarity of each of its tokens."""

    def __init__(self) -> None:
        self._forget()

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of the bundled model, without padding or truncation."""
        return _load_tokenizer(BUNDLED_MODEL / "tokenizer.json")

    @cached_property
    def rarity(self) -> npt.NDArray[np.float32]:
        """Inverse document frequency of each token, float32 [vocabulary]."""
        return load_constants(BUNDLED_MODEL)["inverse_document_frequency"]

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return len(self.rarity)

    def tokenize(self, texts: Sequence[str]) -> TokenizedTexts:
        """The tokens of each text.

        No token spans white space, and words come again and again: each is cut once, and remembered.
        """
        return TokenizedTexts.joined(
            [self._tokenize_block(texts[start : start + BLOCK]) for start in range(0, len(texts), BLOCK)]
        )

    def _tokenize_block(self, texts: Sequence[str]) -> TokenizedTexts:
        words = [text.split() for text in texts]
        tokens, word_ends = self._cut(words)
        text_ends = np.cumsum([0, *map(len, words)])
        return TokenizedTexts(tokens, word_ends[text_ends])

    def _cut(self, words: Sequence[Sequence[str]]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """The tokens of every word of every text, one after another, and where each word ends, from 0."""
        if len(self._known) > MOST_KNOWN_WORDS:
            self._forget()
        new = list(set(chain.from_iterable(words)).difference(self._known))
        self._learn([word for word in new if len(word) <= LONGEST_KNOWN_WORD])
        long = [word for word in new if len(word) > LONGEST_KNOWN_WORD]
        kept = len(self._tokens)
        if long:
            encodings = self.tokenizer.encode_batch_fast(long, add_special_tokens=False)
            self._remember(long, [encoding.ids for encoding in encodings])
        count = sum(map(len, words))
        numbers = np.fromiter(map(self._known.__getitem__, chain.from_iterable(words)), dtype=np.int64, count=count)
        found = self._tokens_of(numbers)
        for word in long:
            del self._known[word]
        del self._tokens[kept:], self._starts[len(self._starts) - len(long) :]
        return found

    def _tokens_of(self, numbers: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        starts = np.frombuffer(self._starts, dtype=np.int64)
        lengths = starts[numbers + 1] - starts[numbers]
        word_ends = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
        return np.frombuffer(self._tokens, dtype=np.int32)[ranges(starts[numbers], lengths)], word_ends

    def _learn(self, new: list[str]) -> None:
        """Cut words and remember them; many at a time, since a text costs the tokenizer more than its words do."""
        lines = [new[start : start + WORDS_OF_A_LINE] for start in range(0, len(new), WORDS_OF_A_LINE)]
        encodings = self.tokenizer.encode_batch([" ".join(line) for line in lines], add_special_tokens=False)
        for line, encoding in zip(lines, encodings, strict=True):
            word_ends = np.cumsum([len(word) + 1 for word in line])
            token_starts = np.array([start for start, _ in encoding.offsets], dtype=np.int64)
            bounds = np.searchsorted(token_starts, word_ends).tolist()
            ids = encoding.ids
            self._remember(line, [ids[start:end] for start, end in zip([0, *bounds], bounds, strict=False)])

    def _remember(self, words: Sequence[str], tokens: Sequence[list[int]]) -> None:
        for word, own in zip(words, tokens, strict=True):
            self._known[word] = len(self._starts) - 1
            self._tokens.extend(own)
            self._starts.append(len(self._tokens))

    def _forget(self) -> None:
        """What is known of words: the number of each; where the tokens of a number start; the tokens of all."""
        self._known: dict[str, int] = {}
        self._starts = array("q", [0])
        self._tokens = array("i")

    def word(self, token: int) -> str:
        """A token as text, in folded form."""
        return str(self.tokenizer.id_to_token(token)).removeprefix(CONTINUED)

    def split(self, texts: Sequence[str]) -> list[list[str]]:
        """The words of texts as the tokenizer cuts them, in folded form; what it does not know is left out."""
        tokenized = self.tokenize(texts)
        told = list(map(self._known_word, tokenized.tokens.tolist()))
        bounds = tokenized.offsets.tolist()
        return [[word for word in told[start:end] if word != UNKNOWN] for start, end in pairwise(bounds)]

    @cached_property
    def _known_word(self) -> Callable[[int], str]:
        # Few texts have few of the tokens: no list of all.
        return cache(self.word)

    def weigh(self, weighted_parts: Sequence[tuple[TokenizedTexts, float]]) -> csr_matrix:
        """TF-IDF rows of texts that come in parts, float32 [n, vocabulary], unit length.

        Each part counts as often as its weight says (a headline twice, say); term frequency is 1 + ln(count).
        A text without a token has an empty row.
        """
        from scipy.sparse import csr_matrix

        total = None
        for part, weight in weighted_parts:
            counts = np.full(len(part.tokens), weight, dtype=np.float32)
            matrix = csr_matrix((counts, part.tokens, part.offsets), shape=(len(part), self.size))
            matrix.sum_duplicates()
            total = matrix if total is None else total + matrix
        assert total is not None
        rows = csr_matrix(total)
        rows.sort_indices()
        rows.data = (1 + np.log(rows.data)) * self.rarity[rows.indices]
        lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1), dtype=np.float32)).ravel()
        rows.data /= np.repeat(np.maximum(lengths, np.float32(1e-12)), np.diff(rows.indptr))
        return rows


@cache
def shared_lexicon() -> Lexicon:
    """The lexicon of this process, which remembers the words that it has cut."""
    return Lexicon()
