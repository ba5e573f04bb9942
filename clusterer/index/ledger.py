"""The ledger: what became of each story, event by event, from its birth on. What was written there is not changed."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from clusterer.index.records import Row, from_json, to_json
from clusterer.story import ARRIVALS, StoryChange, StoryEvent

# An article, the story that it was in and the one that it is in now.
Move = tuple[str, str | None, str | None]

_INSERT = """
INSERT INTO ledger (generation, recorded_epoch, event, story, other, size, moved, members)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

_SELECT_HISTORY = """
SELECT generation, recorded_epoch, event, story, other, ledger.size, moved, members, headline
FROM ledger LEFT JOIN stories ON stories.id = story
WHERE story = :story OR other = :story ORDER BY number
"""

_SELECT_CHANGES = """
SELECT generation, recorded_epoch, event, story, other, ledger.size, moved, members, headline
FROM ledger LEFT JOIN stories ON stories.id = story
WHERE (:since IS NULL OR recorded_epoch >= :since) AND (:after IS NULL OR generation > :after) ORDER BY number
"""


def record(
    connection: sqlite3.Connection,
    generation: int,
    moves: Iterable[Move],
    *,
    before: Collection[str],
    sizes: Mapping[str, int],
) -> None:
    """Write down what articles that moved have made of stories. `before` are the stories that there were, or those of
    them that the moves touch; `sizes` those that there are now.
    """
    came: defaultdict[str, list[str]] = defaultdict(list)
    went: defaultdict[str, list[str]] = defaultdict(list)
    sources: defaultdict[str, Counter[str]] = defaultdict(Counter)
    targets: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for article, old, new in moves:
        if new is not None:
            came[new].append(article)
        if old is not None:
            went[old].append(article)
        if old is not None and new is not None:
            sources[new][old] += 1
            targets[old][new] += 1
    events: list[tuple[StoryEvent, str, str | None, int, list[str]]] = []
    for story in sorted(came.keys() | went.keys()):
        size = sizes.get(story, 0)
        if story not in before:
            source = _most(sources[story])
            events.append(("split" if source else "born", story, source, size, came[story]))
        elif not size:
            target = _most(targets[story])
            events.append(("merged" if target else "retired", story, target, 0, went[story]))
        else:
            if came[story]:
                events.append(("grew", story, None, size + len(went[story]), came[story]))
            if went[story]:
                events.append(("shrank", story, None, size, went[story]))
    now = time.time()
    connection.executemany(
        _INSERT,
        (
            (generation, now, event, story, other, size, len(members), to_json(sorted(members)))
            for event, story, other, size, members in events
        ),
    )


def _most(counts: Counter[str]) -> str | None:
    return min(counts, key=lambda story: (-counts[story], story), default=None)


def history(connection: sqlite3.Connection, story: str) -> list[StoryChange]:
    """The events of a story, and those of others that were merged into it or split from it, the first one first."""
    return [_change(row) for row in connection.execute(_SELECT_HISTORY, {"story": story})]


def changes(
    connection: sqlite3.Connection, *, since: datetime | None = None, after: int | None = None
) -> Iterator[StoryChange]:
    """The events since a moment, after a generation, or both, the first one first."""
    parameters = {"since": None if since is None else since.timestamp(), "after": after}
    return map(_change, connection.execute(_SELECT_CHANGES, parameters))


def successor(connection: sqlite3.Connection, story: str) -> str | None:
    """The story that answers to an id: the story itself while it is there, else what it was merged into; None where
    there never was one, or its last article was removed.
    """
    seen = {story}
    while True:
        if connection.execute("SELECT 1 FROM stories WHERE id = ?", (story,)).fetchone():
            return story
        last = connection.execute(
            "SELECT event, other FROM ledger WHERE story = ? ORDER BY number DESC LIMIT 1", (story,)
        ).fetchone()
        if last is None or last[0] != "merged" or last[1] in seen:
            return None
        story = last[1]
        seen.add(story)


def forget_articles(connection: sqlite3.Connection) -> None:
    """Let the ledger name no article that is not there any more; how many came and left stays told."""
    known = {id_ for (id_,) in connection.execute("SELECT id FROM articles")}
    for number, members in connection.execute("SELECT number, members FROM ledger").fetchall():
        ids = _ids(members, number)
        kept = [id_ for id_ in ids if id_ in known]
        if len(kept) < len(ids):
            connection.execute("UPDATE ledger SET members = ? WHERE number = ?", (to_json(kept), number))


def differences(connection: sqlite3.Connection) -> Iterator[str]:
    """In words, each story whose members are not those that its events leave it with. Of articles that were removed and
    purged no event tells.
    """
    told: defaultdict[str, set[str]] = defaultdict(set)
    for number, event, story, members in connection.execute("SELECT number, event, story, members FROM ledger"):
        ids = _ids(members, number)
        if event in ARRIVALS:
            told[story].update(ids)
        else:
            told[story].difference_update(ids)
    held: defaultdict[str, set[str]] = defaultdict(set)
    for id_, story in connection.execute("SELECT id, story FROM articles WHERE story IS NOT NULL"):
        held[story].add(id_)
    for story in sorted(told.keys() | held.keys()):
        if told[story] != held[story]:
            yield f"the ledger tells of {len(told[story])} articles in story {story!r}, which has {len(held[story])}"


def restart(connection: sqlite3.Connection, generation: int) -> None:
    """Forget all events, and tell the births of the stories that there are."""
    connection.execute("DELETE FROM ledger")
    moves = connection.execute("SELECT id, NULL, story FROM articles WHERE story IS NOT NULL").fetchall()
    sizes = Counter(story for _, _, story in moves)
    record(connection, generation, moves, before=(), sizes=sizes)


def _change(row: Row) -> StoryChange:
    generation, recorded, event, story, other, size, moved, members, headline = row
    moment = datetime.fromtimestamp(recorded, UTC)
    return StoryChange(generation, moment, event, story, other, size, moved, tuple(_ids(members, story)), headline)


def _ids(members: str, where: object) -> list[str]:
    return [str(id_) for id_ in from_json(members, f"ledger entry {where}")]
