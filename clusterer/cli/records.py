"""The records that commands print, as plain values: the keys, and their order, are the contract of the command line.

Dates stay dates here; as text they are ISO 8601 in UTC with a Z. A record for CSV is flat: what is nested stands in its
cell as JSON. Nothing else is changed on the way to a file: a cell that a spreadsheet would take for a formula stays
what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from clusterer.article import Article
from clusterer.cli import parquet
from clusterer.cli.text import cell
from clusterer.story import Assignment, SimilarArticle, Story, StoryArticle, StoryChange, Thread

if TYPE_CHECKING:
    from clusterer.reading import BadRecord

Record = dict[str, Any]
UniqueArticle = tuple[Article, Mapping[str, float]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RecordKind(Generic[T]):
    """How one kind of result is written.

    `as_record` gives what JSON and Parquet hold. `rows` gives what CSV holds: flat records with the keys `columns`;
    where `columns` is None they are the keys of all records, in the order in which they first appear. `schema` gives
    the Parquet schema; where it is None it is inferred.
    """

    as_record: Callable[[T], Record]
    rows: Callable[[T], Iterable[Record]]
    columns: Sequence[str] | None
    schema: Callable[[], Any] | None = None


def _member_record(member: StoryArticle) -> Record:
    article = member.article
    return {
        "id": article.id,
        "headline": article.headline,
        "language": article.language,
        "url": article.url,
        "source": article.source,
        "published": article.published,
        "family": member.family,
        "overlap": member.overlap,
        "role": article.role,
        "strength": member.strength,
    }


def story_record(story: Story) -> Record:
    """A story with its articles."""
    return {
        "id": story.id,
        "headline": story.headline,
        "size": story.size,
        "languages": dict(story.languages),
        "sources": list(story.sources),
        "first_published": story.first_published,
        "last_published": story.last_published,
        "keywords": {language: list(words) for language, words in story.keywords.items()},
        "thread": story.thread,
        "articles": [_member_record(member) for member in story.articles],
    }


def _story_rows(story: Story) -> Iterator[Record]:
    """A row for each article, with the story's columns repeated."""
    record = story_record(story)
    members = record.pop("articles")
    shared = {"story": record.pop("id"), "story_headline": record.pop("headline")}
    shared |= {name: cell(value) for name, value in record.items()}
    for member in members:
        yield shared | {name: cell(value) for name, value in member.items()}


STORY_COLUMNS = (
    *("story", "story_headline", "size", "languages", "sources", "first_published", "last_published", "keywords"),
    *("thread", "id", "headline", "language", "url", "source", "published", "family", "overlap", "role", "strength"),
)


def thread_record(thread: Thread) -> Record:
    """A thread with its stories, without their articles."""
    return {
        "id": thread.id,
        "name": thread.name,
        "size": thread.size,
        "first_published": thread.first_published,
        "last_published": thread.last_published,
        "stories": [
            {name: value for name, value in story_record(story).items() if name not in ("articles", "thread")}
            for story in thread.stories
        ],
    }


def _thread_rows(thread: Thread) -> Iterator[Record]:
    """A row for each story, with the thread's columns repeated."""
    shared = {"thread": thread.id, "thread_name": thread.name, "thread_size": thread.size}
    for story in thread_record(thread)["stories"]:
        yield shared | {name: cell(value) for name, value in story.items()}


_THREAD_COLUMNS = (
    *("thread", "thread_name", "thread_size", "id", "headline", "size", "languages", "sources"),
    *("first_published", "last_published", "keywords"),
)


def assignment_record(assignment: Assignment) -> Record:
    """Where one record of the input went."""
    return {
        "id": assignment.id,
        "story": assignment.story,
        "family": assignment.family,
        "thread": assignment.thread,
        "strength": assignment.strength,
    }


def change_record(change: StoryChange) -> Record:
    """An event in the life of a story."""
    return {
        "generation": change.generation,
        "time": change.time,
        "event": change.event,
        "story": change.story,
        "other": change.other,
        "size": change.size,
        "moved": change.moved,
        "headline": change.headline,
        "members": list(change.members),
    }


def similar_record(row: SimilarArticle) -> Record:
    """A row of a search."""
    article = row.article
    return {
        "rank": row.rank,
        "score": row.score,
        "id": article.id,
        "headline": article.headline,
        "story": row.story,
        "family": row.family,
        "language": article.language,
        "source": article.source,
        "url": article.url,
        "published": article.published,
    }


def similar_query_record(row: SimilarArticle) -> Record:
    """A row of a search for several queries, with the query it answers."""
    return {**similar_record(row), "query": row.query}


def article_record(article: Article) -> Record:
    """All that is known of an article: its own fields, then what else its input record holds."""
    record = {
        "id": article.id,
        "headline": article.headline,
        "body": article.body,
        "language": article.language,
        "url": article.url,
        "source": article.source,
        "published": article.published,
        "role": article.role,
        "part_of": article.part_of,
        "headline_derived": article.headline_derived,
        "keywords": list(article.keywords),
    }
    return record | {name: value for name, value in article.extra.items() if name not in record}


def unique_record(original: UniqueArticle) -> Record:
    """An article that stands for its family, with the ids of its copies, those found now and those it came with; and
    how much of it each of those found now shares, from 0 to 1.
    """
    article, copies = original
    record = article_record(article)
    earlier = record.pop("duplicates", None)
    known = earlier if isinstance(earlier, list) else []
    return {**record, "duplicates": list(dict.fromkeys([*known, *copies])), "overlaps": dict(copies)}


def bad_record(bad: BadRecord) -> Record:
    """A record that could not be read."""
    return {"location": bad.location, "reason": bad.reason}


def _flat(as_record: Callable[[T], Record]) -> Callable[[T], Iterable[Record]]:
    """The one CSV row of a record."""
    return lambda value: [{name: cell(field) for name, field in as_record(value).items()}]


_SIMILAR_COLUMNS = ("rank", "score", "id", "headline", "story", "family", "language", "source", "url", "published")

STORIES: RecordKind[Story] = RecordKind(story_record, _story_rows, STORY_COLUMNS, parquet.stories_schema)
THREADS: RecordKind[Thread] = RecordKind(thread_record, _thread_rows, _THREAD_COLUMNS, parquet.threads_schema)
ASSIGNMENTS: RecordKind[Assignment] = RecordKind(
    assignment_record, _flat(assignment_record), ("id", "story", "family", "thread", "strength")
)
CHANGES: RecordKind[StoryChange] = RecordKind(
    change_record,
    _flat(change_record),
    ("generation", "time", "event", "story", "other", "size", "moved", "headline", "members"),
    parquet.changes_schema,
)
SIMILAR: RecordKind[SimilarArticle] = RecordKind(similar_record, _flat(similar_record), _SIMILAR_COLUMNS)
SIMILAR_TO_QUERIES: RecordKind[SimilarArticle] = RecordKind(
    similar_query_record, _flat(similar_query_record), (*_SIMILAR_COLUMNS, "query")
)
UNIQUE_ARTICLES: RecordKind[UniqueArticle] = RecordKind(unique_record, _flat(unique_record), None)
BAD_RECORDS: RecordKind[BadRecord] = RecordKind(bad_record, _flat(bad_record), ("location", "reason"))
