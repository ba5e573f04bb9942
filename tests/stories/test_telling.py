"""The telling words of many texts, as numbers of forms, are those of each text for itself."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterer.encoding.lexicon import shared_lexicon
from clusterer.stories import telling
from clusterer.stories.telling import TellingWords, text_forms

TEXTS = [
    ("The ferry’s captain sails; the Ferry's captain, again!", "en"),
    ("港口今天重新开放", "zh"),
    ("", "de"),
    ("Ἡ θάλασσα καὶ ἡ ΘΆΛΑΣΣΑ", "el"),
    ("港口关闭 and a harbour", "zh"),
    ("نهر النيل يرتفع 2026", "ar"),
    (f"antidisestablishmentarianism-of-{'the-' * 10}harbour harbour", "en"),
]
texts = st.lists(
    st.tuples(st.text(alphabet="abcé'’- \u0301\u2028.1Ω", max_size=60), st.sampled_from(["en", "de", "zh"]))
)


def told(given: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    found = text_forms(given)
    numbers, bounds = found.numbers.tolist(), found.offsets.tolist()
    rows = [numbers[start:end] for start, end in pairwise(bounds)]
    for (_, language), row in zip(given, rows, strict=True):
        assert {found.forms[number][0] for number in row} <= {language}
    return [[found.forms[number][1:] for number in row] for row in rows]


def each_for_itself(given: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    words = TellingWords(shared_lexicon())
    return [words(text, language) for text, language in given]


def test_many_texts_of_many_languages() -> None:
    assert told(TEXTS) == each_for_itself(TEXTS)
    assert told(TEXTS) == told(TEXTS)


@given(texts)
def test_any_texts(some: list[tuple[str, str]]) -> None:
    assert told(some) == each_for_itself(some)


def test_forms_are_there_once_and_only_if_a_text_has_them() -> None:
    text_forms([("something else entirely", "en")])
    found = text_forms(TEXTS)
    assert len(set(found.forms)) == len(found.forms)
    assert sorted(set(found.numbers.tolist())) == list(range(len(found.forms)))


def test_what_is_remembered_is_forgotten_when_it_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "MOST_KNOWN", 4)
    for text in TEXTS:
        assert told([text]) == each_for_itself([text])
        assert telling._known_forms().size <= 4 + 2 * len(text[0])
