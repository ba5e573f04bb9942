from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest
import stopwordsiso
from hypothesis import given
from hypothesis import strategies as st

from clusterer.stop_lists import fold, stop_words
from training.tokenizer import untrained_tokenizer

LANGUAGES = [
    "en", "ar", "ru", "es", "fr", "de", "zh", "he", "tr", "fa", "pt", "it", "uk", "hi", "ur", "ja", "ko", "vi",
    "th", "id", "pl", "nl", "el", "ro", "cs", "sv", "hu", "bg", "da", "fi", "no", "sr", "hr", "sk", "sl", "lt",
    "lv", "et", "ca", "bn", "ta", "te", "ml", "mr", "gu", "sw", "ms", "tl", "az", "ka",
]  # fmt: skip
TOKENIZER = untrained_tokenizer().normalizer

# Scripts of the fifty languages, with their marks, and punctuation and controls of all kinds.
RANGES = [
    (0x20, 0x24F), (0x300, 0x3FF), (0x400, 0x4FF), (0x591, 0x6FF), (0x900, 0xDFF), (0xE00, 0xE7F), (0x10A0, 0x10FF),
    (0x1100, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x3040, 0x30FF), (0x4E00, 0x4FFF), (0xAC00, 0xACFF),
    (0xFB00, 0xFDFF), (0xFF00, 0xFFEF),
]  # fmt: skip
letters = st.one_of(*(st.characters(min_codepoint=low, max_codepoint=high) for low, high in RANGES))


@given(st.text(letters.filter(lambda letter: unicodedata.category(letter) != "Cn"), max_size=30))
def test_folding_is_that_of_the_tokenizer(text: str) -> None:
    assert fold(text) == TOKENIZER.normalize_str(text).strip()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("الأُمّة ـ إلى", "الامه الي"),
        ("Élan d'ÎLE", "elan d ile"),
        ("ΟΔΟΣ", "οδοσ"),
        ("İstanbul’da", "istanbul da"),
        ("שָׁלוֹם", "שלום"),
        ("  ", ""),
    ],
)
def test_folding_writes_one_word_in_one_way(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_of_the_fifty_languages_has_a_list_of_folded_words(language: str) -> None:
    words = stop_words(language)
    assert len(words) > 70
    assert all(word == fold(word) and " " not in word and word for word in words)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The and don't with that"),
        ("ar", "على إلى هذا التي"),
        ("ru", "и не что этот"),
        ("he", "את של על"),
        ("sr", "који није су koji nije su već"),
        ("uk", "та але щоб був"),
        ("ta", "மற்றும் ஒரு"),
        ("te", "మరియు ఒక"),
        ("ml", "എന്ന് ഒരു"),
        ("az", "və üçün"),
        ("ka", "და რომ"),
        ("et", "ning on"),
        ("tr", "ve için 'da 'nın"),
    ],
)
def test_common_words_are_stopped(language: str, text: str) -> None:
    assert set(fold(text).split()) <= stop_words(language)


@pytest.mark.parametrize(("language", "text"), [("en", "fire Microsoft UN"), ("ar", "زيارة لقاء"), ("ru", "Россия")])
def test_telling_words_are_kept(language: str, text: str) -> None:
    assert set(fold(text).split()) <= {fold(word) for word in stopwordsiso.stopwords(language)}
    assert not set(fold(text).split()) & stop_words(language)


def test_expressions_do_not_stop_their_words() -> None:
    assert "tốc" not in stopwordsiso.stopwords("vi")
    assert any("tốc" in expression.split() for expression in stopwordsiso.stopwords("vi"))
    assert "toc" not in stop_words("vi")


def test_codes_with_a_region_and_old_codes_mean_their_language() -> None:
    assert stop_words("pt-BR") == stop_words("PT") == stop_words("pt")
    assert stop_words("zh_Hans") == stop_words("zh")
    assert stop_words("nb") == stop_words("no")
    assert stop_words("fil") == stop_words("tl")


@pytest.mark.parametrize("language", ["und", "", "xx", "tlh"])
def test_an_unknown_language_has_none(language: str) -> None:
    assert stop_words(language) == frozenset()


def test_the_lists_are_loaded_when_first_asked_for() -> None:
    script = "import sys, clusterer.stop_lists; sys.exit('stopwordsiso' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
