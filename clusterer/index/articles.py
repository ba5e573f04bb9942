"""Articles in the database: added, removed, listed."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

from clusterer.article import Article
from clusterer.index.database import want
from clusterer.index.records import Row, contents_row, epoch

_UPSERT_ARTICLE = """
INSERT INTO articles (number, id, content_hash, language, published_epoch, segment, row) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (number) DO UPDATE SET
    content_hash = excluded.content_hash, language = excluded.language, published_epoch = excluded.published_epoch,
    segment = excluded.segment, row = excluded.row
"""


def upsert(
    connection: sqlite3.Connection, articles: Sequence[Article], hashes: Sequence[str], generation: int
) -> list[str]:
    """Add articles, or replace those of the same id, which keep their story for now. Gives the ids that were there.

    Their vectors are rows 0, 1, 2, ... of the segment `generation`.
    """
    want(connection, (article.id for article in articles))
    known = dict(connection.execute("SELECT id, number FROM articles WHERE id IN (SELECT id FROM temp.wanted)"))
    following = connection.execute("SELECT COALESCE(MAX(number), 0) + 1 FROM articles").fetchone()[0]
    numbers: list[int] = []
    for article in articles:
        numbers.append(known.get(article.id, following))
        following += article.id not in known
    connection.executemany(
        _UPSERT_ARTICLE,
        (
            (number, article.id, content, article.language, epoch(article.published), generation, row)
            for row, (number, article, content) in enumerate(zip(numbers, articles, hashes, strict=True))
        ),
    )
    # Not `INSERT OR REPLACE`, for which SQLite keeps a journal of each statement: a millisecond each in a large index.
    connection.executemany("DELETE FROM contents WHERE number = ?", ((number,) for number in known.values()))
    connection.executemany(
        "INSERT INTO contents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (contents_row(number, article) for number, article in zip(numbers, articles, strict=True)),
    )
    return list(known)


def remove(connection: sqlite3.Connection, ids: Collection[str]) -> tuple[dict[str, str], set[str]]:
    """Remove articles. Gives the story of each that was in one, and the families that lost a member."""
    want(connection, ids)
    assigned = connection.execute(
        "SELECT id, story, family FROM articles WHERE story IS NOT NULL AND id IN (SELECT id FROM temp.wanted)"
    ).fetchall()
    connection.execute("DELETE FROM articles WHERE id IN (SELECT id FROM temp.wanted)")
    return {id_: story for id_, story, _ in assigned}, {family for _, _, family in assigned}


def stories_of(connection: sqlite3.Connection, ids: Collection[str]) -> set[str]:
    """The stories that hold these articles."""
    want(connection, ids)
    rows = connection.execute(
        "SELECT DISTINCT story FROM articles WHERE story IS NOT NULL AND id IN (SELECT id FROM temp.wanted)"
    )
    return {story for (story,) in rows}


def content_hashes(connection: sqlite3.Connection, ids: Collection[str] | None) -> dict[str, str]:
    """The content hash of each article, of all when `ids` is None."""
    if ids is None:
        return dict(connection.execute("SELECT id, content_hash FROM articles"))
    want(connection, ids)
    return dict(connection.execute("SELECT id, content_hash FROM articles WHERE id IN (SELECT id FROM temp.wanted)"))


def stories_and_threads(connection: sqlite3.Connection) -> tuple[dict[str, str], dict[str, str]]:
    """The story of each article that is in one, and its thread, where it has one."""
    stories: dict[str, str] = {}
    threads: dict[str, str] = {}
    thread_of = dict(connection.execute("SELECT id, thread FROM stories"))
    shared = {story: story for story in thread_of}  # one text for all the members of a story
    for id_, story in connection.execute("SELECT id, story FROM articles WHERE story IS NOT NULL"):
        stories[id_] = shared[story]
        if thread_of[story]:
            threads[id_] = thread_of[story]
    return stories, threads


def parts_of(connection: sqlite3.Connection, ids: Collection[str]) -> list[str]:
    """The ids of the articles that are parts of the pages of these."""
    if not ids:
        return []
    want(connection, ids)
    rows = connection.execute(
        "SELECT id FROM articles JOIN contents USING (number) WHERE part_of IN (SELECT id FROM temp.wanted) ORDER BY id"
    )
    return [id_ for (id_,) in rows]


def published_before(connection: sqlite3.Connection, moment: float) -> list[str]:
    """The ids of the articles that were published earlier, in seconds since 1970; of none without a date."""
    rows = connection.execute("SELECT id FROM articles WHERE published_epoch < ? ORDER BY id", (moment,))
    return [id_ for (id_,) in rows]


def record_rows(connection: sqlite3.Connection, ids: Collection[str] | None) -> sqlite3.Cursor:
    """Rows of the view `article_records` in the order of content hash, then id; of all articles when `ids` is None."""
    if ids is None:
        return connection.execute("SELECT * FROM article_records ORDER BY content_hash, id")
    want(connection, ids)
    return connection.execute(
        "SELECT * FROM article_records WHERE id IN (SELECT id FROM temp.wanted) ORDER BY content_hash, id"
    )


def family_rows(connection: sqlite3.Connection, families: Collection[str]) -> list[Row]:
    """Rows of the view `article_records` of the members of families, in the order of content hash, then id."""
    want(connection, families)
    return connection.execute(
        "SELECT * FROM article_records WHERE family IN (SELECT id FROM temp.wanted) ORDER BY content_hash, id"
    ).fetchall()


_ASSIGNMENTS = "SELECT articles.id, story, family, strength, thread FROM articles JOIN stories ON stories.id = story"
_BY_CONTENT = " ORDER BY content_hash, articles.id"


def assignment_rows(connection: sqlite3.Connection, ids: Collection[str] | None) -> list[Row]:
    """Id, story, family, strength and thread of the grouped articles, in the order of content hash, then id."""
    if ids is None:
        return connection.execute(_ASSIGNMENTS + _BY_CONTENT).fetchall()
    want(connection, ids)
    wanted = " WHERE articles.id IN (SELECT id FROM temp.wanted)"
    return connection.execute(_ASSIGNMENTS + wanted + _BY_CONTENT).fetchall()
