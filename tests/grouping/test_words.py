from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterer.grouping.words import split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Rain, then SUN: 21°C in Graz!", ["rain", "then", "sun", "21", "c", "in", "graz"]),
        ("Straße und STRASSE", ["strasse", "und", "strasse"]),
        ("نهر النيل يرتفع", ["نهر", "النيل", "يرتفع"]),
        ("नदी का जल स्तर बढ़ा", ["नदी", "का", "जल", "स्तर", "बढ़ा"]),
        ("மழை பெய்தது", ["மழை", "பெய்தது"]),
        ("河水上涨 50 厘米", ["河", "水", "上", "涨", "50", "厘", "米"]),
        # Compatibility forms are folded: sara am is written as two signs.
        ("น้ำขึ้น", ["น", "้", "\u0e4d", "\u0e32", "ข", "ึ", "้", "น"]),
        ("강물이 불었다", ["강물이", "불었다"]),
        ("ﬁne ＡＢＣ", ["fine", "abc"]),
        ("snake_case", ["snake", "case"]),
        ("— … !", []),
        ("", []),
    ],
)
def test_words_of_all_scripts(text: str, words: list[str]) -> None:
    assert split_words(text) == words


def test_vowel_signs_tell_words_apart() -> None:
    assert split_words("कि") != split_words("की")


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    words = split_words(text)
    assert all(word and not word.isspace() for word in words)
    if text.isascii():
        assert split_words(" ".join(words)) == words
