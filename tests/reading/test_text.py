"""Cleaning, sentences and repeated headlines."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterer.reading.text import (
    clean_body,
    clean_headline,
    first_sentence,
    without_repeated_headline,
)


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("Harbour reopens", "Harbour reopens"),
        ("  Harbour \t reopens\n today ", "Harbour reopens today"),
        ("AT&amp;T buys a harbour", "AT&T buys a harbour"),
        ("AT&amp;amp;T buys", "AT&T buys"),
        ("Caf\u0065\u0301 opens", "Café opens"),
        ("\u202bميناء\u202c \u200fالشمال", "ميناء الشمال"),
        ("Har\u00adbour \u200breopens\ufeff", "Harbour reopens"),
        ("Harbour\x07 re\x00opens", "Harbour reopens"),
        ("می\u200cخواهد بندر", "می\u200cخواهد بندر"),
        ("\u200cHar\u200dbour\u200c", "Harbour"),
        ("ന്\u200d നഗരം", "ന്\u200d നഗരം"),
        ("北港\u3000重新开放", "北港 重新开放"),
        ("non\u00a0breaking", "non breaking"),
        ("<b>Harbour</b> reopens", "Harbour reopens"),
    ],
)
def test_headlines(given_text: str, expected: str) -> None:
    assert clean_headline(given_text) == expected


def test_bodies_keep_their_paragraphs() -> None:
    assert clean_body("One.\r\n\r\n\r\n\r\nTwo   words.\r\nThree.\u2028Four. \n") == "One.\n\nTwo words.\nThree.\nFour."


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_clean_text_is_clean(text: str) -> None:
    body = clean_body(text)
    assert unicodedata.is_normalized("NFC", body)
    assert body == body.strip()
    assert "  " not in body
    assert "\n\n\n" not in body
    assert all(sign == "\n" or unicodedata.category(sign) != "Cc" for sign in body)
    assert "\n" not in clean_headline(text)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<&")))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean_body(clean_body(text)) == clean_body(text)
    assert clean_headline(clean_headline(text)) == clean_headline(text)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("The harbour is open. Ferries left.", "The harbour is open."),
        ("Dr. Berg of the U.S. Navy spoke. He left.", "Dr. Berg of the U.S. Navy spoke."),
        ("Am 3. Oktober öffnet der Hafen. Danach nicht.", "Am 3. Oktober öffnet der Hafen."),
        ("Prices rose 3.5 percent. More follows.", "Prices rose 3.5 percent."),
        ("„Der Hafen ist offen.“ Das sagte Berg.", "„Der Hafen ist offen.“"),
        ("Is it open? Yes.", "Is it open?"),
        ("北港重新开放。首批渡轮出发。", "北港重新开放。"),
        ("港は開いた！船が出た。", "港は開いた！"),
        ("यह बंदरगाह खुला है। नावें चलीं।", "यह बंदरगाह खुला है।"),
        ("بندرگاہ کھل گئی۔ کشتیاں چلیں۔", "بندرگاہ کھل گئی۔"),
        ("هل فتح الميناء؟ نعم.", "هل فتح الميناء؟"),
        ("No full stop here\n\nNext paragraph.", "No full stop here"),
        ("\n\nAfter empty lines. More.", "After empty lines."),
        ("", ""),
    ],
)
def test_first_sentences(body: str, sentence: str) -> None:
    assert first_sentence(body) == sentence


def test_a_long_sentence_is_cut_at_a_word() -> None:
    cut = first_sentence("harbour " * 100)
    assert 100 < len(cut) <= 200
    assert cut.endswith("harbour…")
    assert len(first_sentence("港" * 500)) == 200


@pytest.mark.parametrize(
    ("body", "rest"),
    [
        ("HARBOUR reopens!", ""),
        ("Harbour reopens\nThe ice is gone.", "The ice is gone."),
        ("Harbour reopens. The ice is gone.", "The ice is gone."),
        ("“Harbour reopens”\n\nThe ice is gone.", "The ice is gone."),
        ("Harbour reopens after ice. The ice is gone.", "Harbour reopens after ice. The ice is gone."),
        ("The ice is gone.", "The ice is gone."),
        ("", ""),
    ],
)
def test_a_body_does_not_repeat_its_headline(body: str, rest: str) -> None:
    assert without_repeated_headline("Harbour reopens", body) == rest
