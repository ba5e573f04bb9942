"""Tables show text of the input literally."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from clusterer.article import Article
from clusterer.cli.tables import (
    facts_text,
    similar_table,
    stories_table,
    story_articles_table,
    threads_table,
    unique_table,
)
from clusterer.story import SimilarArticle, Story, StoryArticle, Thread

HOSTILE = "[red]Alert[/red] \x1b[31m:smile: [/] \x9b2J\u202e"
SHOWN = "[red]Alert[/red] \N{REPLACEMENT CHARACTER}[31m:smile: [/] \N{REPLACEMENT CHARACTER}2J"


def shown(table, width: int = 160) -> str:
    file = io.StringIO()
    Console(file=file, width=width, markup=False, highlight=False, emoji=False, force_terminal=False).print(table)
    return file.getvalue()


def hostile_article(**fields) -> Article:
    moment = datetime(2025, 3, 1, tzinfo=UTC)
    return Article(**{"id": "[b]1[/b]", "headline": HOSTILE, "source": HOSTILE, "published": moment} | fields)


def story_of(*articles: Article) -> Story:
    moment = datetime(2025, 3, 1, tzinfo=UTC)
    members = tuple(StoryArticle(article, articles[0].id, 0.5) for article in articles)
    return Story("[b]s[/b]", HOSTILE, {"en": 2}, (HOSTILE,), moment, moment, {}, members)


@pytest.mark.parametrize(
    ("table", "records"),
    [
        (stories_table, [story_of(hostile_article())]),
        (story_articles_table, [story_of(hostile_article())]),
        (similar_table, [SimilarArticle(1, 0.5, hostile_article(), "s", "f", HOSTILE)]),
        (unique_table, [(hostile_article(), {"b": 1.0})]),
        (threads_table, [Thread("t", HOSTILE, (story_of(hostile_article()),))]),
    ],
)
def test_markup_and_escape_sequences_are_shown_not_obeyed(table, records):
    text = shown(table(records))
    assert SHOWN in text
    assert not set(text) & {"\x1b", "\x9b", "\u202e"}


def test_a_long_headline_is_cut_and_the_id_is_not():
    text = shown(stories_table([story_of(hostile_article(headline="long " * 100))]), width=80)
    assert "[b]s[/b]" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_story_shows_its_other_languages_first():
    articles = [
        Article("1", HOSTILE, language="en"),
        Article("2", "second in English", language="en"),
        Article("3", "third in English", language="en"),
        Article("4", "بالعربية", language="ar"),
        Article("5", "по-русски", language="ru"),
        Article("6", "fourth in English", language="en"),
    ]
    text = shown(stories_table([story_of(*articles)]))
    assert all(headline in text for headline in ("second in English", "بالعربية", "по-русски"))
    assert "third" not in text


def test_facts_stand_below_each_other():
    assert facts_text([("a", "1"), ("long", "\x1b2")]) == "a     1\nlong  \N{REPLACEMENT CHARACTER}2"
