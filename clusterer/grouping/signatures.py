"""What is kept of each text to find its copies: a digest of its words, and the bands of its MinHash signatures.

Runs of three words find what was cut, moved or lightly edited. Runs of five letters, white space left out, find what
has errors in many words, or had sentences replaced; less of them is enough, and so they are sampled.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.article import Article
from clusterer.checkpoint import Arrays
from clusterer.grouping.shingles import BANDS, Codes, Shingles, band_keys, shingles_of
from clusterer.grouping.words import split_words
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
    """The MinHash bands of n texts, uint32 [n, BANDS], and how many shingles each text has, int32 [n]."""

    keys: Codes
    sizes: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Signatures:
    """Of n texts: a digest of the words of each, empty without any; and its bands by runs of words and of letters."""

    digests: list[bytes]
    words: Banded
    letters: Banded

    @staticmethod
    def joined(blocks: Iterable[Signatures], rows: Sequence[int]) -> Signatures:
        """The texts of all blocks, the next one being in the next of `rows`, each from 0 to n - 1. A block is not
        needed any longer once the next comes.
        """
        digests = [b""] * len(rows)
        words, letters = _empty(len(rows)), _empty(len(rows))
        start = 0
        for block in blocks:
            places = rows[start : start + len(block.digests)]
            start += len(block.digests)
            for place, digest in zip(places, block.digests, strict=True):
                digests[place] = digest
            for whole, part in ((words, block.words), (letters, block.letters)):
                whole.keys[places], whole.sizes[places] = part.keys, part.sizes
        return Signatures(digests, words, letters)

    def as_arrays(self) -> Arrays:
        """The same as arrays, to be stored."""
        return {
            "digests": np.frombuffer(b"".join(digest.ljust(DIGEST_BYTES, b"\0") for digest in self.digests), np.uint8),
            "present": np.array([bool(digest) for digest in self.digests]),
            "words": self.words.keys,
            "words_sizes": self.words.sizes,
            "letters": self.letters.keys,
            "letters_sizes": self.letters.sizes,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Signatures:
        """What `as_arrays` gave."""
        rows = arrays["digests"].reshape(-1, DIGEST_BYTES)
        digests = [row.tobytes() if there else b"" for row, there in zip(rows, arrays["present"], strict=True)]
        words = Banded(arrays["words"], arrays["words_sizes"])
        return Signatures(digests, words, Banded(arrays["letters"], arrays["letters_sizes"]))


def _empty(count: int) -> Banded:
    return Banded(np.zeros((count, BANDS), dtype=np.uint32), np.zeros(count, dtype=np.int32))


def signatures_of(texts: Sequence[ComparedText]) -> Signatures:
    """The signatures of texts. One text has no influence on another's."""
    words = [split_words(received_text(text)) for _, text in texts]
    digests = [_digest(received_text(heading), own) for (heading, _), own in zip(texts, words, strict=True)]
    by_words, by_letters = _shingles_of_words(words)
    return Signatures(digests, _banded(by_words), _banded(by_letters))


def text_shingles(texts: Sequence[ComparedText]) -> tuple[Shingles, Shingles]:
    """The shingles of texts, by runs of words and by runs of letters."""
    return _shingles_of_words([split_words(received_text(text)) for _, text in texts])


def _shingles_of_words(words: Sequence[list[str]]) -> tuple[Shingles, Shingles]:
    letters = [np.frombuffer("".join(own).encode("utf-32-le", "surrogatepass"), dtype=np.uint32) for own in words]
    by_words = shingles_of(_word_codes(words), SHINGLE_WORDS)
    return by_words, shingles_of(letters, SHINGLE_LETTERS, LETTER_SHINGLES_ONE_IN)


def _banded(shingles: Shingles) -> Banded:
    return Banded(band_keys(shingles), shingles.sizes.astype(np.int32))


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
