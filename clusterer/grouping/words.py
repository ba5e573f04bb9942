"""The words of a text in any script."""

from __future__ import annotations

import re
import unicodedata

# Python's \w leaves out combining marks, without which the words of Indic scripts fall to pieces.
MARKS = "".join(chr(code) for code in range(0x300, 0x10000) if unicodedata.category(chr(code)) in ("Mn", "Mc", "Me"))
# Scripts written without spaces (Thai and Lao, Tibetan, Burmese, Khmer, kana, Han) count each character as a word.
_UNSPACED = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+(?:[{MARKS}][^\\W_{_UNSPACED}]*)*")


def split_words(text: str) -> list[str]:
    """The words of a text, case and compatibility forms folded."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
