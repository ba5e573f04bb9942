from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterer.article import Article, content_hash

ARTICLE = Article(
    "a", "Bridge opens", "People cross it.", "en", "https://example.org/1", "Post", datetime(2026, 5, 1, tzinfo=UTC)
)


def test_a_bare_headline_has_no_body() -> None:
    assert Article("a", "Bridge opens").is_bare
    assert not ARTICLE.is_bare


def test_the_text_is_headline_and_body_and_nothing_twice() -> None:
    assert ARTICLE.text == "Bridge opens\nPeople cross it."
    assert Article("a", "Bridge opens").text == "Bridge opens"
    derived = Article("a", "People cross it.", "People cross it. They are glad.", headline_derived=True)
    assert derived.text == "People cross it. They are glad."
    assert Article("a", "People cross it.", headline_derived=True).text == "People cross it."


@pytest.mark.parametrize(
    "change",
    [
        {"headline": "Bridge closes"},
        {"body": "People cross it"},
        {"language": "de"},
        {"url": "https://example.org/2"},
        {"source": None},
        {"published": None},
        {"role": "teaser"},
    ],
)
def test_the_content_hash_tells_what_is_said_where_and_when(change: dict[str, object]) -> None:
    assert content_hash(replace(ARTICLE, **change)) != content_hash(ARTICLE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change", [{"id": "b"}, {"part_of": "page"}, {"location": "news.jsonl:3"}, {"extra": {"k": 1}}]
)
def test_the_content_hash_leaves_out_where_it_was_read(change: dict[str, object]) -> None:
    assert content_hash(replace(ARTICLE, **change)) == content_hash(ARTICLE)  # type: ignore[arg-type]


def test_the_content_hash_is_what_it_was() -> None:
    """It orders the articles of an index, so it may not change unnoticed."""
    parts = [
        "Bridge opens",
        "People cross it.",
        "2026-05-01T00:00:00+00:00",
        "https://example.org/1",
        "Post",
        "en",
        "article",
    ]
    spelled = b"".join(len(part.encode()).to_bytes(8, "big") + part.encode() for part in parts)
    assert content_hash(ARTICLE) == hashlib.sha256(spelled).hexdigest()


@given(st.text(), st.text(), st.text(), st.text())
def test_a_letter_that_moves_between_parts_changes_the_hash(headline: str, body: str, other: str, more: str) -> None:
    one, two = Article("a", headline, body), Article("a", other, more)
    assert (content_hash(one) == content_hash(two)) == ((headline, body) == (other, more))
    assert content_hash(Article("a", headline + body, "")) != content_hash(Article("a", headline, body)) or not body


def test_a_location_does_not_tell_articles_apart() -> None:
    assert replace(ARTICLE, location="news.jsonl:812") == ARTICLE


def test_unpaired_surrogates_have_a_hash() -> None:
    assert content_hash(Article("a", "\ud800")) != content_hash(Article("a", "?"))
