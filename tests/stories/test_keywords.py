from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.article import Article
from clusterer.stop_lists import fold, stop_words
from clusterer.stories.keywords import KEYWORDS, KeywordFinder
from clusterer.stories.telling import UNSPACED

STORIES = {
    "en": [
        [
            "The glacier on Mount Vella lost nine metres in 2025",
            "Mount Vella: glacier melts faster than ever, 9 metres",
        ],
        ["Ferry strike ends after 12 days", "The ferry sails again: strike ends with more pay"],
    ],
    "ar": [
        ["زلزال قوي يضرب جزيرة جاوة ولا ضحايا", "زلزال بقوة 6 درجات يهز جزيرة جاوة في إندونيسيا"],
        ["افتتاح معرض الكتاب في القاهرة", "إقبال كبير على معرض الكتاب في القاهرة هذا العام"],
    ],
    "hi": [
        ["प्रधानमंत्री ने नए रेलवे पुल का उद्घाटन किया", "रेलवे पुल का उद्घाटन: प्रधानमंत्री ने कहा यह ऐतिहासिक दिन है"],
        ["मानसून की बारिश से नदी का जलस्तर बढ़ा", "भारी बारिश, नदी का जलस्तर खतरे के निशान के पास"],
    ],
    "ru": [
        ["На Камчатке проснулся вулкан", "Вулкан на Камчатке выбросил пепел на 5 километров"],
        ["В Казани открыли новую станцию метро", "Новая станция метро открылась в Казани"],
    ],
    "zh": [
        ["北京地铁新线路今天开通", "北京地铁新线路开通首日客流达到30万人次"],
        ["台风登陆福建 学校停课", "台风逼近福建沿海，渔船回港避风"],
    ],
    "th": [
        ["น้ำท่วมเชียงใหม่ โรงเรียนปิด", "เชียงใหม่น้ำท่วมหนัก ประชาชนอพยพ"],
        ["ทีมฟุตบอลไทยชนะเวียดนาม", "ฟุตบอลไทยเอาชนะเวียดนาม 2 ประตูต่อ 1"],
    ],
}


def finder_of(stories: list[list[str]], language: str) -> KeywordFinder:
    articles = [[Article(text, text, "", language) for text in story] for story in stories]
    return KeywordFinder(articles)


@pytest.mark.parametrize("language", sorted(STORIES))
def test_keywords_are_words_of_their_story_without_digits_or_stop_words(language: str) -> None:
    finder = finder_of(STORIES[language], language)
    for number, story in enumerate(STORIES[language]):
        found = finder.keywords(number)
        if language not in UNSPACED:
            assert len(found[language]) >= 2
        assert set(found) <= {language}
        text = fold(" ".join(story)).replace(" ", "")
        for word in found.get(language, ()):
            assert not re.search(r"\d", word)
            assert fold(word) not in stop_words(language)
            assert fold(word).replace(" ", "") in text
            assert len(word) > 1


@pytest.mark.parametrize(
    ("language", "telling"),
    [
        ("en", ({"glacier", "Vella"}, {"Ferry", "strike"})),
        ("ar", ({"زلزال", "جاوة"}, {"معرض", "القاهرة"})),
        ("hi", ({"प्रधानमंत्री", "रेलवे"}, {"बारिश", "जलस्तर"})),
        ("ru", ({"Камчатке", "вулкан"}, {"Казани", "метро"})),
        ("zh", ({"北京"}, set())),
        ("th", (set(), {"ฟุตบอล"})),
    ],
)
def test_the_telling_words_are_among_them(language: str, telling: tuple[set[str], set[str]]) -> None:
    finder = finder_of(STORIES[language], language)
    for number, words in enumerate(telling):
        found = {fold(word) for word in finder.keywords(number).get(language, ())}
        assert {fold(word) for word in words} <= found


def test_a_word_that_all_stories_have_says_less_than_one_of_a_single_story() -> None:
    stories = [[f"Parliament debates {subject}" for _ in range(2)] for subject in ("fisheries", "railways", "pensions")]
    finder = finder_of(stories, "en")
    assert finder.keywords(1)["en"].index("railways") < finder.keywords(1)["en"].index("Parliament")


def test_a_word_that_more_articles_have_says_more() -> None:
    story = ["Harbour fire spreads", "Harbour fire contained", "Harbour cranes damaged"]
    assert finder_of([story, ["Election called early"]], "en").keywords(0)["en"][:2] == ("Harbour", "fire")


def test_a_word_is_shown_as_it_is_written_most() -> None:
    story = ["NATO meets in Oslo", "NATO summit opens", "nato allies agree"]
    assert "NATO" in finder_of([story], "en").keywords(0)["en"]


def test_each_language_of_a_story_has_its_own() -> None:
    story = [Article("a", "Glacier melts", "", "en"), Article("b", "Gletscher schmilzt", "", "de")]
    found = KeywordFinder([story]).keywords(0)
    assert {language: set(words) for language, words in found.items()} == {
        "de": {"Gletscher", "schmilzt"},
        "en": {"Glacier", "melts"},
    }
    assert list(found) == ["de", "en"]


def test_words_with_an_apostrophe_or_a_hyphen_stay_whole() -> None:
    found = finder_of([["O'Brien leads Aix-en-Provence"]], "xx").keywords(0)["xx"]
    assert "O'Brien" in found
    assert "Aix-en-Provence" in found


def test_a_language_whose_texts_have_no_telling_word_has_none() -> None:
    assert finder_of([["2025: 1, 2, 3!", "the of and"]], "en").keywords(0) == {}


texts = st.text(alphabet="abcdeабвгדהו 北京台风न्दीा0123'-²½\u0301\u064e\u200c", max_size=40)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.lists(st.tuples(texts, st.sampled_from(["en", "ar", "zh", "hi", "und"])), min_size=1, max_size=4), max_size=4
    )
)
def test_no_text_gives_digits_or_stop_words_and_order_has_no_influence(stories: list[list[tuple[str, str]]]) -> None:
    articles = [[Article(text, text, "", language) for text, language in story] for story in stories]
    finder = KeywordFinder(articles)
    backwards = KeywordFinder([story[::-1] for story in articles[::-1]])
    for number in range(len(articles)):
        found = finder.keywords(number)
        assert found == backwards.keywords(len(articles) - 1 - number)
        for language, words in found.items():
            assert 0 < len(words) <= KEYWORDS
            for word in words:
                assert not re.search(r"\d", fold(word))
                assert fold(word) not in stop_words(language)
