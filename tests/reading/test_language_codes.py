"""Languages as inputs name them."""

import pytest

from clusterer.reading.language_codes import language_code


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("en_US", "en"),
        ("pt-BR", "pt"),
        ("zh-Hant-TW", "zh"),
        ("eng", "en"),
        ("deu", "de"),
        ("English", "en"),
        ("ARABIC", "ar"),
        ("iw", "he"),
        ("ceb", "ceb"),
        ("Portuguese (Brazil)", "pt"),
        ("en_US.UTF-8", "en"),
        ("", "und"),
        ("und", "und"),
        ("unknown", "und"),
        ("12", "und"),
        ("<b>", "und"),
    ],
)
def test_codes(value: str, code: str) -> None:
    assert language_code(value) == code
