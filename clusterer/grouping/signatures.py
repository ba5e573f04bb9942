"""What is kept of each text to find its copies: a digest of its words, and the bands of its MinHash signatures.

Runs of three words find what was cut, moved or lightly edited. Runs of five letters, white space left out, find what
has errors in many words, or had sentences replaced; less of them is enough, and so they are sampled.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.article import Article
from clusterer.checkpoint import Arrays
from clusterer.grouping.shingles import BANDS, Codes, Shingles, band_keys, shingles_of
from clusterer.grouping.words import split_words
from clusterer.memory import joined
from clusterer.parallel import received_text, sent_form

FEWEST_BODY_WORDS = 25
SHINGLE_WORDS = 3
SHINGLE_LETTERS = 5
LETTER_SHINGLES_ONE_IN = 4
DIGEST_BYTES = 16
# Words remembered with their codes, about 150 bytes each.
MOST_KNOWN_WORDS = 400_000

# Texts as they are sent: the words by which an article is compared stand in the second; the first is a headline beside
# them, or empty.
ComparedText = tuple[bytes, bytes]


def compared_text(article: Article) -> ComparedText:
    """The texts of an article that `signatures_of` takes."""
    if article.body and not article.headline_derived:
        return sent_form(article.headline), sent_form(article.body)
    return b"", sent_form(article.body or article.headline)


def text_words(article: Article) -> list[str]:
    """The words by which articles are compared: the body's, or the headline's where there is nothing else."""
    return split_words(article.body or article.headline)


@dataclass(frozen=True, slots=True)
class Banded:
    """The MinHash bands of n texts, uint32 [n, BANDS], and their shingles."""

    keys: Codes
    shingles: Shingles


@dataclass(frozen=True, slots=True)
class Signatures:
    """Of n texts: a digest of the words of each, empty without any; and its bands by runs of words and of letters.

    Digests and bands are those of text r in row r; its shingles are those of number `place[r]`, int [n].
    """

    digests: list[bytes]
    words: Banded
    letters: Banded
    place: npt.NDArray[np.intp]

    @staticmethod
    def joined(blocks: Iterable[Signatures], rows: Sequence[int]) -> Signatures:
        """The texts of all blocks, the next one being in the next of `rows`, each from 0 to n - 1. A block is not
        needed any longer once the next comes.
        """
        order = np.array(rows, dtype=np.intp)
        digests = [b""] * len(order)
        words, letters = _Joining(len(order)), _Joining(len(order))
        start = 0
        for block in blocks:
            places = order[start : start + len(block.digests)]
            start += len(block.digests)
            for row, digest in zip(places.tolist(), block.digests, strict=True):
                digests[row] = digest
            words.add(block.words, places)
            letters.add(block.letters, places)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return Signatures(digests, words.whole(), letters.whole(), place)

    def as_arrays(self) -> Arrays:
        """The same as arrays, to be stored."""
        arrays = {
            "digests": np.frombuffer(b"".join(digest.ljust(DIGEST_BYTES, b"\0") for digest in self.digests), np.uint8),
            "present": np.array([bool(digest) for digest in self.digests]),
            "place": self.place,
        }
        for name, banded in (("words", self.words), ("letters", self.letters)):
            arrays |= {name: banded.keys, f"{name}_hashes": banded.shingles.hashes}
            arrays[f"{name}_bounds"] = banded.shingles.bounds
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Signatures:
        """What `as_arrays` gave."""
        rows = arrays["digests"].reshape(-1, DIGEST_BYTES)
        digests = [row.tobytes() if there else b"" for row, there in zip(rows, arrays["present"], strict=True)]
        words, letters = (
            Banded(arrays[name], Shingles(arrays[f"{name}_hashes"], arrays[f"{name}_bounds"]))
            for name in ("words", "letters")
        )
        return Signatures(digests, words, letters, arrays["place"])


class _Joining:
    """Puts the bands of `count` texts together, block by block."""

    def __init__(self, count: int) -> None:
        self._keys = np.zeros((count, BANDS), dtype=np.uint32)
        self._hashes: deque[npt.NDArray[np.int32]] = deque()
        self._sizes = [np.zeros(1, dtype=np.int64)]

    def add(self, block: Banded, rows: npt.NDArray[np.intp]) -> None:
        """Add a block, whose bands belong in these rows."""
        self._keys[rows] = block.keys
        self._hashes.append(block.shingles.hashes)
        self._sizes.append(block.shingles.sizes)

    def whole(self) -> Banded:
        """All that was added; nothing of it is kept here."""
        return Banded(self._keys, Shingles(joined(self._hashes, np.int32), np.cumsum(np.concatenate(self._sizes))))


def signatures_of(texts: Sequence[ComparedText]) -> Signatures:
    """The signatures of texts. One text has no influence on another's."""
    words = [split_words(received_text(text)) for _, text in texts]
    digests = [_digest(received_text(heading), own) for (heading, _), own in zip(texts, words, strict=True)]
    letters = [np.frombuffer("".join(own).encode("utf-32-le", "surrogatepass"), dtype=np.uint32) for own in words]
    by_words = shingles_of(_word_codes(words), SHINGLE_WORDS)
    by_letters = shingles_of(letters, SHINGLE_LETTERS, LETTER_SHINGLES_ONE_IN)
    return Signatures(digests, _banded(by_words), _banded(by_letters), np.arange(len(texts)))


def _banded(shingles: Shingles) -> Banded:
    return Banded(band_keys(shingles), shingles)


def _digest(heading: str, words: list[str]) -> bytes:
    # A short body may be said of anything ("Only for subscribers."): it is the same with the same headline alone.
    told = [*split_words(heading), *words] if heading and len(words) < FEWEST_BODY_WORDS else words
    text = "\n".join(told)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest() if text else b""


class _WordCodes(dict[str, int]):
    """The 32-bit hash of each word that was asked for."""

    def __missing__(self, word: str) -> int:
        code = self[word] = zlib.crc32(word.encode("utf-8", "surrogatepass"))
        return code


_word_code = _WordCodes()


def _word_codes(texts: Sequence[list[str]]) -> list[Codes]:
    if len(_word_code) > MOST_KNOWN_WORDS:
        _word_code.clear()
    return [np.fromiter(map(_word_code.__getitem__, words), dtype=np.uint32, count=len(words)) for words in texts]
