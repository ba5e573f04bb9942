"""Names across scripts: what a word sounds like, roughly, so that Netanyahu, نتنياهو, نتانياهو and Нетаньяху are one.

A word is romanised, letters that scripts confuse are brought together, and the vowels go, which Arabic and Hebrew do
not write: a phonetic key in the manner of Soundex (Russell 1918) and of consonant skeletons in transliteration
search. Numbers stand for themselves. Keys are weighed by how rare they are in the bundled vocabulary; those of names
are rare.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clusterer.encoding.bundled_files import BUNDLED_MODEL, load_constants

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

COLUMNS = 1 << 18
SHORTEST_KEY = 3
SHORTEST_LATIN_WORD = 4
SHORTEST_NUMBER = 2
WORDS_REMEMBERED = 1 << 18
NO_COLUMN = -1

_WORD = re.compile(r"[^\W_]+")
# Han, kana, Thai and its neighbours do not part words, or write syllables whose sound says too little.
_UNSPACED = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_NO_LETTERS = re.compile("[^a-z]+")
_WITH_H = ((re.compile("sch|sh"), "S"), (re.compile("kh|ch"), "h"), (re.compile("ph"), "f"))
_ALIKE = str.maketrans(
    {"c": "k", "q": "k", "x": "ks", "j": "g", "b": "p", "d": "t", "z": "s", "v": "f"} | dict.fromkeys("aeiouyw")
)
_REPEATED = re.compile(r"(.)\1+")


def name_key(word: str) -> str:
    """The phonetic key of a word, or a number as it is; "" for a word that is too short to tell, or has no alphabet."""
    from anyascii import anyascii

    if _UNSPACED.search(word):
        return ""
    roman = anyascii(word).lower()
    if roman.isdigit():
        return roman if len(roman) >= SHORTEST_NUMBER else ""
    key = roman if roman.isalpha() else _NO_LETTERS.sub("", roman)
    if word.isascii() and len(key) < SHORTEST_LATIN_WORD:
        return ""
    for letters, one in _WITH_H if "h" in key else ():
        key = letters.sub(one, key)
    key = _REPEATED.sub(r"\1", key.replace("ck", "k").translate(_ALIKE))
    return key if len(key) >= SHORTEST_KEY else ""


def name_column(key: str) -> int:
    """The column of a key: its CRC-32 in COLUMNS buckets."""
    return zlib.crc32(key.encode("ascii")) % COLUMNS


def shared_names(first: str, second: str) -> tuple[str, ...]:
    """The words of two texts that sound alike, rarest first, as "Netanyahu / نتنياهو"; once where they are one."""
    keys: list[dict[str, str]] = []
    for text in (first, second):
        keys.append({})
        for word in _WORD.findall(text):
            if key := name_key(word):
                keys[-1].setdefault(key, word)
    rarity = load_constants(BUNDLED_MODEL)["name_rarity"]
    shared = sorted(keys[0].keys() & keys[1].keys(), key=lambda key: (-rarity[name_column(key)], key))
    return tuple(" / ".join(dict.fromkeys((keys[0][key], keys[1][key]))) for key in shared)


class _NameColumns(dict[str, int]):
    """The column of the key of each word that was asked for; NO_COLUMN for a word without a key."""

    def __missing__(self, word: str) -> int:
        key = name_key(word)
        column = self[word] = name_column(key) if key else NO_COLUMN
        return column


_column_of_word = _NameColumns()


def name_rows(texts: Sequence[str]) -> csr_matrix:
    """The keys of each text, each once, weighed by rarity, float32 [n, COLUMNS], rows of unit length."""
    from scipy.sparse import csr_matrix

    if len(_column_of_word) > WORDS_REMEMBERED:
        _column_of_word.clear()
    columns: list[int] = []
    offsets = [0]
    for text in texts:
        found = set(map(_column_of_word.__getitem__, _WORD.findall(text)))
        found.discard(NO_COLUMN)
        columns += sorted(found)
        offsets.append(len(columns))
    indices = np.array(columns, dtype=np.int32)
    weights = load_constants(BUNDLED_MODEL)["name_rarity"][indices]
    rows = csr_matrix((weights, indices, offsets), shape=(len(texts), COLUMNS))
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1), dtype=np.float32)).ravel()
    rows.data /= np.repeat(np.maximum(lengths, np.float32(1e-12)), np.diff(rows.indptr))
    return rows
