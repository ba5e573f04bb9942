"""Rows of the database as articles and stories, and back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from clusterer.article import Article
from clusterer.errors import IndexFormatError
from clusterer.story import Story, StoryArticle

Row = tuple[Any, ...]

# Columns of the view article_records: the article itself, then its content hash, family, story, strength and overlap.
_ARTICLE_COLUMNS = 13
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)


def epoch(moment: datetime | None) -> float | None:
    """Seconds since 1970 UTC. Raises `ValueError` when the moment has no time zone."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return moment.timestamp()


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    return None if moment is None else moment.astimezone(UTC).isoformat()


def moment(text: str | None) -> datetime | None:
    """What `iso` wrote."""
    return None if text is None else datetime.fromisoformat(text)


def to_json(value: Any) -> str:
    """JSON text. Values that JSON does not know, such as the dates of a Parquet file, become their text."""
    return _ENCODER.encode(value)


def from_json(text: str, where: str) -> Any:
    """What `to_json` wrote. Raises `IndexFormatError`, naming `where`, when it is not as it was written."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise _damaged(where, error) from error


def contents_row(number: int, article: Article) -> Row:
    """The row of table `contents`."""
    return (
        number,
        article.headline,
        article.body,
        article.url,
        article.source,
        iso(article.published),
        article.role,
        article.part_of,
        article.headline_derived,
        to_json(article.keywords),
        to_json(dict(article.extra)),
        article.location,
    )


def article_from_row(row: Row) -> Article:
    """The article of a row of the view `article_records`.

    Raises `IndexFormatError` when the row is not as it was written.
    """
    (id_, headline, body, language, url, source, published, role, part_of, derived, keywords, extra, location) = row[
        :_ARTICLE_COLUMNS
    ]
    try:
        return Article(
            id=id_,
            headline=headline,
            body=body,
            language=language,
            url=url,
            source=source,
            published=moment(published),
            role=role,
            part_of=part_of,
            headline_derived=bool(derived),
            # Most articles have neither, and parsing is most of the loading.
            keywords=tuple(json.loads(keywords)) if keywords != "[]" else (),
            extra=json.loads(extra) if extra != "{}" else {},
            location=location,
        )
    except (ValueError, TypeError) as error:
        raise _damaged(f"article {id_!r}", error) from error


def story_article_from_row(row: Row) -> StoryArticle:
    """The member of a story of a row of the view `article_records`."""
    _, family, _, strength, overlap = row[_ARTICLE_COLUMNS:]
    return StoryArticle(article_from_row(row), family, strength, overlap)


def story_of_row(row: Row) -> str:
    """The story that a row of the view `article_records` names."""
    return str(row[_ARTICLE_COLUMNS + 2])


def content_hash_of_row(row: Row) -> str:
    """The content hash that a row of the view `article_records` was stored with."""
    return str(row[_ARTICLE_COLUMNS])


def story_row(story: Story) -> Row:
    """The row of table `stories`."""
    return (
        story.id,
        story.headline,
        story.size,
        to_json(dict(story.languages)),
        to_json(story.sources),
        iso(story.first_published),
        iso(story.last_published),
        epoch(story.last_published),
        to_json(dict(story.keywords)),
        story.thread,
    )


def story_from_row(row: Row, members: Iterable[StoryArticle]) -> Story:
    """The story of a row of table `stories` and its members in order."""
    id_, headline, _, languages, sources, first_published, last_published, _, keywords, thread = row
    try:
        return Story(
            id=id_,
            headline=headline,
            languages=json.loads(languages),
            sources=tuple(json.loads(sources)),
            first_published=moment(first_published),
            last_published=moment(last_published),
            keywords={language: tuple(words) for language, words in json.loads(keywords).items()},
            articles=tuple(members),
            thread=thread,
        )
    except (ValueError, TypeError) as error:
        raise _damaged(f"story {id_!r}", error) from error


def by_frequency(values: Sequence[str]) -> dict[str, int]:
    """How often each value occurs: the commonest first, equals by name."""
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))


def _damaged(what: str, error: Exception) -> IndexFormatError:
    return IndexFormatError(
        f"the index is damaged: {error}",
        where=what,
        remedy="Restore the index from a copy, or index the input again with --replace.",
    )
