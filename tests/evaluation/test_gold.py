from __future__ import annotations

from typing import Any

import pytest

from clusterer.article import Article, Role
from clusterer.errors import InputError, UsageError
from clusterer.evaluation.gold import gold_stories


def article(role: Role = "article", part_of: str | None = None, **extra: Any) -> Article:
    return Article(id="a", headline="Polls open", role=role, part_of=part_of, extra=extra, location="news.jsonl:3")


def test_a_number_and_its_spelling_are_one_story() -> None:
    assert gold_stories([article(story=7), article(story=" 7 "), article(story="vote")], "story") == ["7", "7", "vote"]


def test_what_is_missing_or_empty_is_no_story() -> None:
    articles = [article(story=1), article(), article(story=None), article(story=" "), article(story=float("nan"))]
    assert gold_stories(articles, "story") == ["1", None, None, None, None]


def test_a_teaser_does_not_share_the_story_of_its_page() -> None:
    teaser = article(role="teaser", part_of="page", story="vote")
    assert gold_stories([article(story="vote"), teaser], "story") == ["vote", None]


def test_a_field_that_no_article_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"--gold: no article has a field 'stroy'.*fields: story, desk\."):
        gold_stories([article(story=1, desk="home"), article(story=2)], "stroy")
    with pytest.raises(UsageError, match="no field beside"):
        gold_stories([article()], "story")


def test_an_empty_dump_has_no_gold() -> None:
    assert gold_stories([], "story") == []


def test_a_list_names_no_story() -> None:
    with pytest.raises(InputError, match=r"news\.jsonl:3: the field 'story' is a list"):
        gold_stories([article(story=["a", "b"])], "story")
