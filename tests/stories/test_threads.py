from __future__ import annotations

import pytest

from clusterer.article import Article
from clusterer.stories.threads import threads_of
from clusterer.story import Story, StoryArticle


def story(id: str, headlines: list[str], thread: str = "t1", language: str = "en") -> Story:
    articles = [Article(f"{id}-{number}", headline, "", language) for number, headline in enumerate(headlines)]
    members = tuple(StoryArticle(article, article.id, 1.0) for article in articles)
    return Story(id, headlines[0], {language: len(articles)}, (), None, None, {}, members, thread)


def test_a_thread_is_named_by_what_its_headlines_share() -> None:
    stories = [
        story("a", ["Strike at Harwick harbour enters second week", "Harwick dockers stay out"]),
        story("b", ["Ferry firm sues over Harwick strike"]),
        story("c", ["Minister visits Harwick during strike", "Minister meets dockers"]),
    ]
    (thread,) = threads_of(stories)
    assert thread.name == "strike, Harwick, dockers"
    assert thread.size == 5
    assert thread.stories == tuple(stories)
    assert thread.first_published is None


def test_without_a_shared_word_the_largest_story_names_the_thread() -> None:
    (thread,) = threads_of([story("a", ["Volcano erupts", "Ash falls"]), story("b", ["Flights cancelled"])])
    assert thread.name == "Volcano erupts"


def test_the_commonest_language_names_it() -> None:
    stories = [
        story("a", ["Мэр открыл мост", "Мост открыт"], language="ru"),
        story("b", ["Новый мост закрыли"], language="ru"),
        story("c", ["Bridge closed"]),
    ]
    assert threads_of(stories)[0].name == "мост"


def test_threads_of_most_stories_come_first_and_a_story_alone_is_one() -> None:
    stories = [story("a", ["One"], "t1"), story("b", ["Two"], ""), story("c", ["Three"], "t1")]
    threads = threads_of(stories)
    assert [(thread.id, len(thread.stories)) for thread in threads] == [("t1", 2), ("b", 1)]
    assert threads[1].name == "Two"


@pytest.mark.parametrize("language", ["ja", "zh"])
def test_scripts_without_spaces_have_words_too(language: str) -> None:
    stories = [
        story("a", ["東京で地震 電車が止まる"], language=language),
        story("b", ["東京の地震で学校休み"], language=language),
    ]
    assert "地震" in threads_of(stories)[0].name
