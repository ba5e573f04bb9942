"""The words of a text in any script."""

from __future__ import annotations

import re
import unicodedata
from itertools import chain

# Python's \w leaves out combining marks, without which the words of Indic scripts fall to pieces.
MARKS = "".join(chr(code) for code in range(0x300, 0x10000) if unicodedata.category(chr(code)) in ("Mn", "Mc", "Me"))
# Scripts written without spaces (Thai and Lao, Tibetan, Burmese, Khmer, kana, Han) count each character as a word.
_UNSPACED = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+(?:[{MARKS}][^\\W_{_UNSPACED}]*)*")


# Pieces remembered with their words: about 250 bytes each. A long one is a sentence of a script without spaces, and
# does not come again.
MOST_KNOWN_PIECES = 200_000
LONGEST_KNOWN_PIECE = 30


class _WordsOfPieces(dict[str, tuple[str, ...]]):
    """The words of what stands between white space."""

    def __missing__(self, piece: str) -> tuple[str, ...]:
        words = tuple(_WORD.findall(unicodedata.normalize("NFKC", piece).casefold()))
        if len(piece) <= LONGEST_KNOWN_PIECE:
            if len(self) >= MOST_KNOWN_PIECES:
                self.clear()
            self[piece] = words
        return words


_words_of_piece = _WordsOfPieces()


def split_words(text: str) -> list[str]:
    """The words of a text, case and compatibility forms folded.

    No word spans white space, and what stands between comes again and again: each is cut once, and remembered.
    """
    return list(chain.from_iterable(map(_words_of_piece.__getitem__, text.split())))
