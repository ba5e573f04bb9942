"""Stories and duplicate families in the database: replaced, kept true when articles change, listed."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from clusterer.index import ledger
from clusterer.index.database import want
from clusterer.index.records import (
    Row,
    by_frequency,
    epoch,
    iso,
    moment,
    story_article_from_row,
    story_from_row,
    story_of_row,
    story_row,
    to_json,
)
from clusterer.story import Story, StoryArticle

_SELECT_STORIES = """
SELECT
    id, headline, size, languages, sources, first_published, last_published, last_epoch, keywords, thread
FROM stories
WHERE size >= :min_size AND EXISTS (
    SELECT 1 FROM articles
    WHERE story = stories.id
        AND (:language IS NULL OR language = :language)
        AND (:since IS NULL OR published_epoch >= :since)
        AND (:until IS NULL OR published_epoch <= :until)
)
ORDER BY size DESC, last_epoch DESC, id LIMIT :limit
"""

_SELECT_WANTED_STORIES = """
SELECT
    id, headline, size, languages, sources, first_published, last_published, last_epoch, keywords, thread
FROM stories
WHERE id IN (SELECT id FROM temp.wanted) ORDER BY id
"""

_SELECT_THREADS = """
SELECT thread FROM stories WHERE thread <> '' GROUP BY thread HAVING COUNT(*) >= :least
ORDER BY COUNT(*) DESC, SUM(size) DESC, thread LIMIT :limit
"""

_SELECT_STORIES_OF_THREADS = """
SELECT
    id, headline, size, languages, sources, first_published, last_published, last_epoch, keywords, thread
FROM stories
WHERE thread IN (SELECT id FROM temp.wanted) ORDER BY size DESC, last_epoch DESC, id
"""

_SELECT_MATCHING_FAMILIES = """
SELECT family FROM articles
WHERE family IS NOT NULL
    AND (:language IS NULL OR language = :language)
    AND (:since IS NULL OR published_epoch >= :since)
    AND (:until IS NULL OR published_epoch <= :until)
"""

# Only what changed is written: most articles keep their story from one grouping to the next.
# One statement for all: each of many, within a transaction that can be undone in part, would look through all that was
# noted of pages since it began.
_ASSIGN = """
UPDATE articles SET family = given.family, story = given.story, strength = given.strength, overlap = given.overlap
FROM temp.assigned AS given
WHERE articles.id = given.id AND (
    articles.family IS NOT given.family OR articles.story IS NOT given.story
    OR articles.strength IS NOT given.strength OR articles.overlap IS NOT given.overlap
)
"""

_SELECT_FAMILIES_OF_WANTED = """
SELECT id, family FROM articles WHERE story IS NULL OR story IN (SELECT id FROM temp.wanted)
"""

_SELECT_MOVES = """
SELECT articles.id, articles.story, given.story FROM temp.assigned AS given JOIN articles ON articles.id = given.id
WHERE articles.story IS NOT given.story
"""


def window(language: str | None, since: datetime | None, until: datetime | None) -> dict[str, Any]:
    """The parameters of the filters on articles. Raises `ValueError` for a date without time zone."""
    return {"language": language, "since": epoch(since), "until": epoch(until)}


def threads(connection: sqlite3.Connection) -> dict[str, str]:
    """The thread of each story."""
    return dict(connection.execute("SELECT id, thread FROM stories"))


def replace(
    connection: sqlite3.Connection,
    stories: Sequence[Story],
    generation: int,
    *,
    replaced: Collection[str] | None = None,
    stored: Iterable[Story] = (),
) -> None:
    """Let these be the stories, and their members' families the families, and write down what changed. Of `replaced`,
    ids of stories, no other is touched. Members that are as in the `stored` stories are not written.

    Raises `ValueError` unless they hold every article of the index, or of the stories replaced and of none, exactly
    once, and every family holds its original.
    """
    family_of: dict[str, str] = {}
    for story in stories:
        for member in story.articles:
            if member.article.id in family_of:
                raise ValueError(f"article {member.article.id!r} is twice in the stories")
            family_of[member.article.id] = member.family
    before = {id_ for (id_,) in connection.execute("SELECT id FROM stories")} if replaced is None else set(replaced)
    want(connection, before)
    stored_family = dict(connection.execute(_SELECT_FAMILIES_OF_WANTED))
    _require_every_article(stored_family.keys(), family_of)
    if replaced is None:
        connection.execute("DELETE FROM families")
        stored_family = {}
    _replace_families(connection, Counter(stored_family.values()), Counter(family_of.values()))
    connection.execute("DELETE FROM stories WHERE id IN (SELECT id FROM temp.wanted)")
    connection.executemany("INSERT INTO stories VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(story_row, stories))
    known = set(_assigned(stored))
    moves = _assign(connection, (row for row in _assigned(stories) if row not in known))
    ledger.record(connection, generation, moves, before=before, sizes={story.id: story.size for story in stories})


def _require_every_article(stored: Set[str], family_of: Mapping[str, str]) -> None:
    if stored != family_of.keys():
        example = min(stored ^ family_of.keys())
        place = "in no story" if example in stored else "in a story and not in the index"
        raise ValueError(f"article {example!r} is {place}")
    for id_, family in family_of.items():
        if family_of.get(family) != family:
            raise ValueError(f"article {id_!r} is in the family of {family!r}, which is not in it")


def _replace_families(
    connection: sqlite3.Connection, before: Mapping[str | None, int], sizes: Mapping[str, int]
) -> None:
    """Let these be the sizes of families in the place of those before, None being no family."""
    gone = [(family,) for family, size in before.items() if family is not None and sizes.get(family) != size]
    connection.executemany("DELETE FROM families WHERE id = ?", gone)
    changed = [(family, size) for family, size in sizes.items() if before.get(family) != size]
    connection.executemany("INSERT INTO families VALUES (?, ?)", changed)


Assigned = tuple[str, str, str, float, float]


def _assigned(stories: Iterable[Story]) -> Iterator[Assigned]:
    """Article, family, story, strength and overlap of each member."""
    for story in stories:
        for member in story.articles:
            yield member.article.id, member.family, story.id, member.strength, member.overlap


def _assign(connection: sqlite3.Connection, rows: Iterable[Assigned]) -> list[ledger.Move]:
    """Let articles be in the families and stories that they are given in. Gives those that come to another story."""
    connection.execute(
        "CREATE TEMPORARY TABLE assigned (id TEXT PRIMARY KEY, family TEXT, story TEXT, strength REAL, overlap REAL)"
    )
    connection.executemany("INSERT INTO temp.assigned VALUES (?, ?, ?, ?, ?)", rows)
    moves = connection.execute(_SELECT_MOVES).fetchall()
    connection.execute(_ASSIGN)
    connection.execute("DROP TABLE temp.assigned")
    return moves


def refresh_families(connection: sqlite3.Connection, families: Collection[str]) -> None:
    """After members were removed: count the rest, and where the original went, let the next by content hash be it."""
    for family in sorted(families):
        members = [
            id_
            for (id_,) in connection.execute(
                "SELECT id FROM articles WHERE family = ? ORDER BY content_hash, id", (family,)
            )
        ]
        original = family if family in members or not members else members[0]
        connection.execute("DELETE FROM families WHERE id = ?", (family,))
        if members:
            connection.execute("INSERT INTO families VALUES (?, ?)", (original, len(members)))
        if original != family:
            connection.execute("UPDATE articles SET family = ? WHERE family = ?", (original, family))
            connection.execute("UPDATE articles SET overlap = 1 WHERE id = ?", (original,))


def sizes(connection: sqlite3.Connection, ids: Collection[str]) -> dict[str, int]:
    """How many articles each of these stories has, those that are there."""
    want(connection, ids)
    return dict(connection.execute("SELECT id, size FROM stories WHERE id IN (SELECT id FROM temp.wanted)"))


def refresh(connection: sqlite3.Connection, ids: Collection[str]) -> None:
    """After members were removed or changed: count anew what the stories say of them, and drop the empty ones.

    A headline that no member has any more gives way to that of the strongest member.
    """
    for story in by_ids(connection, ids):
        if not story.articles:
            connection.execute("DELETE FROM stories WHERE id = ?", (story.id,))
            continue
        articles = [member.article for member in story.articles]
        headlines = [article.headline for article in articles]
        dates = [article.published for article in articles if article.published is not None]
        last = max(dates, default=None)
        connection.execute(
            "UPDATE stories SET headline = ?, size = ?, languages = ?, sources = ?, first_published = ?,"
            " last_published = ?, last_epoch = ? WHERE id = ?",
            (
                story.headline if story.headline in headlines else headlines[0],
                len(articles),
                to_json(by_frequency([article.language for article in articles])),
                to_json(list(by_frequency([article.source for article in articles if article.source is not None]))),
                iso(min(dates, default=None)),
                iso(last),
                epoch(last),
                story.id,
            ),
        )


def select(
    connection: sqlite3.Connection, filters: Mapping[str, Any], *, min_size: int, limit: int | None
) -> list[Story]:
    """Stories of at least `min_size` with an article that passes the filters, the largest first, then the latest."""
    parameters = {**filters, "min_size": min_size, "limit": -1 if limit is None else limit}
    return _with_members(connection, connection.execute(_SELECT_STORIES, parameters).fetchall())


def by_ids(connection: sqlite3.Connection, ids: Collection[str]) -> list[Story]:
    """These stories, those that exist, by id."""
    want(connection, ids)
    return _with_members(connection, connection.execute(_SELECT_WANTED_STORIES).fetchall())


def by_threads(connection: sqlite3.Connection, *, least_stories: int, limit: int | None) -> list[list[Story]]:
    """The stories of each thread of at least so many, the thread of most stories first, then of most articles."""
    parameters = {"least": least_stories, "limit": -1 if limit is None else limit}
    threads = [thread for (thread,) in connection.execute(_SELECT_THREADS, parameters)]
    want(connection, threads)
    found: dict[str, list[Story]] = {thread: [] for thread in threads}
    for story in _with_members(connection, connection.execute(_SELECT_STORIES_OF_THREADS).fetchall()):
        found[story.thread].append(story)
    return list(found.values())


def _with_members(connection: sqlite3.Connection, rows: Sequence[Row]) -> list[Story]:
    want(connection, (row[0] for row in rows))
    members: defaultdict[str, list[StoryArticle]] = defaultdict(list)
    for row in connection.execute(
        "SELECT * FROM article_records WHERE story IN (SELECT id FROM temp.wanted) ORDER BY story, strength DESC, id"
    ):
        members[story_of_row(row)].append(story_article_from_row(row))
    return [story_from_row(row, members[row[0]]) for row in rows]


def matching_families(connection: sqlite3.Connection, filters: Mapping[str, Any]) -> set[str]:
    """The families with a member that passes the filters."""
    return {family for (family,) in connection.execute(_SELECT_MATCHING_FAMILIES, filters)}


def dates(connection: sqlite3.Connection) -> tuple[datetime | None, datetime | None]:
    """When the first and the last article were published."""
    first, last = (
        connection.execute(
            "SELECT published FROM contents WHERE number ="
            " (SELECT number FROM articles WHERE published_epoch IS NOT NULL ORDER BY published_epoch LIMIT 1)"
        ).fetchone(),
        connection.execute(
            "SELECT published FROM contents WHERE number ="
            " (SELECT number FROM articles WHERE published_epoch IS NOT NULL ORDER BY published_epoch DESC LIMIT 1)"
        ).fetchone(),
    )
    return (moment(first[0]) if first else None, moment(last[0]) if last else None)
