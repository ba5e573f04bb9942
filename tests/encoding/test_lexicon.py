"""The words of a text, whatever the model."""

from itertools import pairwise
from unicodedata import normalize

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.encoding import lexicon as lexicon_module
from clusterer.encoding.lexicon import Lexicon, TokenizedTexts

LEXICON = Lexicon()
WORDS = st.sampled_from(["flood", "river", "Rain", "мост", "река", "الأمطار", "大雨", "the", "2025", "", "!"])
TEXTS = st.lists(st.lists(WORDS, max_size=8).map(" ".join), max_size=8)


def rows_of(texts: list[str]) -> np.ndarray:
    return LEXICON.weigh([(LEXICON.tokenize(texts), 1.0)]).toarray()


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_tokens_lie_one_text_after_another(texts: list[str]) -> None:
    tokenized = LEXICON.tokenize(texts)
    assert tokenized.tokens.dtype == np.int32
    assert tokenized.offsets.dtype == np.int64
    assert len(tokenized) == len(texts)
    assert tokenized.offsets[0] == 0
    assert tokenized.offsets[-1] == len(tokenized.tokens)
    for text, (start, end) in zip(texts, pairwise(tokenized.offsets), strict=True):
        assert tokenized.tokens[start:end].tolist() == LEXICON.tokenize([text]).tokens.tolist()


@settings(max_examples=50, deadline=None)
@given(TEXTS, st.data())
def test_texts_that_are_joined_are_those_that_come_together(texts: list[str], data: st.DataObject) -> None:
    tokenized = LEXICON.tokenize(texts)
    count = data.draw(st.integers(0, len(texts)))
    joined = TokenizedTexts.joined([LEXICON.tokenize(texts[:count]), LEXICON.tokenize(texts[count:])])
    assert joined.tokens.tolist() == tokenized.tokens.tolist()
    assert joined.offsets.tolist() == tokenized.offsets.tolist()


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"flood number {number}" for number in range(10)]
    whole = LEXICON.tokenize(texts)
    monkeypatch.setattr(lexicon_module, "BLOCK", 3)
    parts = LEXICON.tokenize(texts)
    assert np.array_equal(whole.tokens, parts.tokens)
    assert np.array_equal(whole.offsets, parts.offsets)


ANY_TEXT = st.text(max_size=40) | st.lists(st.text(max_size=9) | WORDS, max_size=12).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(st.lists(ANY_TEXT, max_size=5), st.booleans())
def test_words_that_are_remembered_are_cut_as_the_tokenizer_cuts_texts(texts: list[str], anew: bool) -> None:
    lexicon = Lexicon() if anew else LEXICON
    for _ in range(2):
        tokenized = lexicon.tokenize(texts)
        plain = [lexicon.tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
        assert tokenized.tokens.tolist() == [token for ids in plain for token in ids]
        assert np.diff(tokenized.offsets).tolist() == [len(ids) for ids in plain]


def test_few_words_are_remembered_where_few_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon_module, "MOST_KNOWN_WORDS", 3)
    monkeypatch.setattr(lexicon_module, "BLOCK", 2)
    texts = [f"flood {number} river мост" for number in range(9)]
    lexicon = Lexicon()
    tokenized = lexicon.tokenize(texts)
    assert tokenized.tokens.tolist() == LEXICON.tokenize(texts).tokens.tolist()
    assert len(lexicon._known) < 9


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("RIVER", "river"),
        ("Überschwemmung", "uberschwemmung"),
        ("الأمطار", "الامطار"),
        ("مُحَادَثَات", "محادثات"),
        ("مستشفى", "مستشفي"),
        ("ﬂood", "flood"),
    ],
)
def test_one_word_is_written_in_one_way(written: str, folded: str) -> None:
    assert LEXICON.split([written])[0] == LEXICON.split([folded])[0]
    assert "".join(LEXICON.split([written])[0]) == folded


def test_what_is_not_known_is_no_word() -> None:
    assert LEXICON.split(["flood 𐎠𐎡𐎢 🦄 river!"])[0] == ["flood", "river"]
    assert LEXICON.split([""])[0] == []


@pytest.mark.parametrize("text", ["大雨引发河水上涨", "ฝนตกหนักทำให้แม่น้ำเอ่อล้น", "大雨で川が増水した"])
def test_languages_without_spaces_have_words(text: str) -> None:
    words = LEXICON.split([text])[0]
    assert len(words) > 2
    assert "".join(words) == normalize("NFC", normalize("NFKD", text))


def test_a_long_phrase_without_spaces_has_words_too() -> None:
    """Thai has spaces between phrases alone."""
    phrase = "เส้นทางเดินเรือข้ามช่องแคบจะเปิดให้บริการอีกครั้งในวันอาทิตย์หลังจากซ่อมแซมเป็นเวลาสองปี"
    assert len(phrase) > 64
    assert len(LEXICON.split([phrase])[0]) > 10


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_rows_are_of_unit_length_or_empty(texts: list[str]) -> None:
    rows = rows_of(texts)
    assert rows.dtype == np.float32
    assert rows.shape == (len(texts), len(LEXICON.rarity))
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1)
    has_words = [bool(LEXICON.split([text])[0]) for text in texts]
    assert np.allclose(lengths, has_words, atol=1e-6)


def test_weights_are_those_of_the_formula() -> None:
    headline, body = LEXICON.tokenize(["flood"]), LEXICON.tokenize(["flood river flood"])
    row = LEXICON.weigh([(headline, 2.0), (body, 1.0)]).toarray()[0]
    flood, river = (LEXICON.tokenizer.token_to_id(word) for word in ("flood", "river"))
    expected = np.array([(1 + np.log(4)) * LEXICON.rarity[flood], (1 + np.log(1)) * LEXICON.rarity[river]])
    assert np.allclose(row[[flood, river]], expected / np.linalg.norm(expected), atol=1e-6)
    assert np.count_nonzero(row) == 2


def test_rare_words_tell_more() -> None:
    rarity = {word: LEXICON.rarity[LEXICON.tokenizer.token_to_id(word)] for word in ("the", "die", "flood", "volcano")}
    assert max(rarity["the"], rarity["die"]) + 2 < min(rarity["flood"], rarity["volcano"])
    assert (LEXICON.rarity >= 0).all()


def test_unknown_words_in_common_are_no_evidence() -> None:
    rows = rows_of(["བོད་ཀྱི་གསར་འགྱུར་", "ཆར་པ་ཆེན་པོ་བབས་", "flood ཆར་པ་", "river བོད་"])
    assert not (rows @ rows.T - np.diag([0, 0, 1, 1])).round(6).any()
