"""What can be read of an index directory, each call or snapshot one consistent state."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterer.article import Article
from clusterer.index import articles as article_table
from clusterer.index import ledger, manifest, search_index, vectors
from clusterer.index import stories as story_table
from clusterer.index.check import Part, problems
from clusterer.index.database import want
from clusterer.index.info import describe, stories_current
from clusterer.index.manifest import ModelIdentity
from clusterer.index.records import article_from_row, story_article_from_row
from clusterer.index.search_index import LoadedSearchIndex
from clusterer.index.segments import VectorPair, gather
from clusterer.index.session import Session
from clusterer.settings import Settings
from clusterer.story import Assignment, Story, StoryArticle, StoryChange


class ReadableIndex:
    """An index on the disk, as it is read. Articles come in the order of content hash, then id, and vectors in the same
    order. All methods raise `IndexFormatError` where they meet damage.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        # What was loaded last: a query after another of the same state does not load it again.
        self._search: LoadedSearchIndex | None = None
        self._arrays: dict[str, tuple[int, npt.NDArray[Any] | None]] = {}

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Whatever is read within is of one state. Nothing can be written within."""
        with self._session.snapshot():
            yield

    # What the index is

    @property
    def path(self) -> Path:
        """The folder."""
        return self._session.folder

    @property
    def model(self) -> ModelIdentity:
        """The model that made the vectors."""
        with self._session.snapshot() as connection:
            return manifest.model_of(connection)

    @property
    def settings(self) -> Settings:
        """The settings of the last grouping."""
        with self._session.snapshot() as connection:
            return manifest.settings_of(connection)

    @property
    def generation(self) -> int:
        """How many writes there were."""
        with self._session.snapshot() as connection:
            return int(manifest.get(connection, "generation"))

    @property
    def stories_current(self) -> bool:
        """Whether the stories were made of the articles and vectors as they are now; if not, group again."""
        with self._session.snapshot() as connection:
            return stories_current(connection)

    def info(self) -> dict[str, Any]:
        """Counts, sizes in bytes, model, settings, languages and dates, as plain values."""
        with self._session.snapshot() as connection:
            return describe(connection, self.path)

    def check(self) -> list[str]:
        """Every inconsistency found, in words; an empty list for a sound index."""
        return [message for messages in self.problems().values() for message in messages]

    def problems(self) -> dict[Part, list[str]]:
        """The same by the part of the index that they are in, the texts first."""
        with self._session.snapshot() as connection:
            return problems(connection, self.path)

    # Articles and vectors

    def content_hashes(self, ids: Iterable[str] | None = None) -> dict[str, str]:
        """The content hash of each of these articles that is there, of all when `ids` is None."""
        with self._session.snapshot() as connection:
            return article_table.content_hashes(connection, None if ids is None else list(ids))

    def articles(self, ids: Iterable[str] | None = None) -> list[Article]:
        """These articles, those that are there; all when `ids` is None."""
        with self._session.snapshot() as connection:
            rows = article_table.record_rows(connection, None if ids is None else list(ids))
            return [article_from_row(row) for row in rows]

    def article(self, id_: str) -> Article | None:
        """The article of this id; None when there is none."""
        return next(iter(self.articles([id_])), None)

    def vectors(self, ids: Iterable[str] | None = None) -> VectorPair:
        """Headline and body vectors, each float32 [n, dimension], row by row those of `articles(ids)`.

        They may be read-only views of the files. Raises `IndexFormatError` when a file is missing or damaged.
        """
        with self._session.snapshot() as connection:
            if ids is None:
                places = vectors.places_of_all(connection)
            else:
                want(connection, ids)
                places = vectors.places_of_wanted(connection)
            dimension = manifest.model_of(connection).dimension
            return gather(self.path, vectors.live_segments(connection), places, dimension)

    # Stories

    def stories(
        self,
        *,
        language: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        min_size: int = 1,
        limit: int | None = None,
    ) -> list[Story]:
        """Stories with an article that passes all filters, the largest first, then the latest, then by id.

        `since` and `until` are timezone-aware and inclusive; an article without a date passes neither.
        """
        with self._session.snapshot() as connection:
            filters = story_table.window(language, since, until)
            return story_table.select(connection, filters, min_size=min_size, limit=limit)

    def story(self, id_: str) -> Story | None:
        """The story of this id; None when there is none."""
        with self._session.snapshot() as connection:
            return next(iter(story_table.by_ids(connection, [id_])), None)

    def successor(self, id_: str) -> str | None:
        """The id of the story that answers to an id: its own, or what it was merged into; None where there is none."""
        with self._session.snapshot() as connection:
            return ledger.successor(connection, id_)

    def history(self, story: str) -> list[StoryChange]:
        """The events of a story, and of those that were merged into it or split from it, the first one first."""
        with self._session.snapshot() as connection:
            return ledger.history(connection, story)

    def changes(self, *, since: datetime | None = None, after: int | None = None) -> list[StoryChange]:
        """The events of all stories since a moment, after a generation, or both, the first one first."""
        with self._session.snapshot() as connection:
            return list(ledger.changes(connection, since=since, after=after))

    def known_places(self) -> tuple[dict[str, str], dict[str, str]]:
        """The story of each grouped article, and its thread."""
        with self._session.snapshot() as connection:
            return article_table.stories_and_threads(connection)

    def thread_of_stories(self) -> dict[str, str]:
        """The thread of each story, by id; empty of one that was made before there were threads."""
        with self._session.snapshot() as connection:
            return story_table.threads(connection)

    def story_sizes(self, ids: Iterable[str]) -> dict[str, int]:
        """How many articles each of these stories has, those that are there."""
        with self._session.snapshot() as connection:
            return story_table.sizes(connection, set(ids))

    def stories_by_id(self, ids: Iterable[str]) -> list[Story]:
        """These stories, those that are there, by id."""
        with self._session.snapshot() as connection:
            return story_table.by_ids(connection, list(ids))

    def parts_of(self, ids: Iterable[str]) -> list[str]:
        """The ids of the articles that were found on the pages of these."""
        with self._session.snapshot() as connection:
            return article_table.parts_of(connection, list(ids))

    def published_before(self, moment: datetime) -> list[str]:
        """The ids of the articles that were published before a timezone-aware moment; of none without a date."""
        with self._session.snapshot() as connection:
            return article_table.published_before(connection, moment.timestamp())

    def story_of(self, article_id: str) -> Story | None:
        """The story that holds this article; None when there is none, or it was not grouped yet."""
        with self._session.snapshot() as connection:
            stories = article_table.stories_of(connection, [article_id])
            return next(iter(story_table.by_ids(connection, stories)), None)

    def threads(self, *, least_stories: int, limit: int | None = None) -> list[list[Story]]:
        """The stories of each thread of at least so many, the thread of most stories first."""
        with self._session.snapshot() as connection:
            return story_table.by_threads(connection, least_stories=least_stories, limit=limit)

    def assignments(self, ids: Iterable[str] | None = None) -> list[Assignment]:
        """Story, family, strength and thread of these articles, those that are grouped; of all when `ids` is None."""
        with self._session.snapshot() as connection:
            rows = article_table.assignment_rows(connection, None if ids is None else list(ids))
            return [Assignment(*row) for row in rows]

    def family_members(self, families: Iterable[str]) -> dict[str, list[StoryArticle]]:
        """The members of these duplicate families, in the order of articles."""
        with self._session.snapshot() as connection:
            members: dict[str, list[StoryArticle]] = {}
            for row in article_table.family_rows(connection, list(families)):
                member = story_article_from_row(row)
                members.setdefault(member.family, []).append(member)
            return members

    def matching_families(
        self, *, language: str | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> set[str]:
        """The families with an article that passes all filters, which are those of `stories`."""
        with self._session.snapshot() as connection:
            return story_table.matching_families(connection, story_table.window(language, since, until))

    # The search index and the model's constants

    def load_search_index(self, *, to_grow: bool = False) -> LoadedSearchIndex | None:
        """What was stored for the present generation; None when there is nothing, or a file of it is damaged. Its
        vectors are in memory and can be added to where it is `to_grow`, else on the disk.
        """
        with self._session.snapshot() as connection:
            generation = int(manifest.get(connection, "generation"))
            files = search_index.stored_files(connection, generation)
            if files is None:
                return None
            is_kept = self._session.is_settled and not to_grow
            if is_kept and self._search is not None and self._search.files == files and files.are_there(self.path):
                return self._search
            loaded = search_index.load(connection, self.path, files, to_grow=to_grow)
            if is_kept and loaded is not None:
                self._search = loaded
            return loaded

    def load_array(self, name: str) -> npt.NDArray[Any] | None:
        """A constant of the model, read-only; None when there is none of this name."""
        with self._session.snapshot() as connection:
            generation = int(manifest.get(connection, "generation"))
            known = self._arrays.get(name)
            if known is not None and known[0] == generation and self._session.is_settled:
                return known[1]
            row = connection.execute("SELECT array FROM constants WHERE name = ?", (name,)).fetchone()
            array = None if row is None else np.load(io.BytesIO(row[0]), allow_pickle=False)
            if array is not None:
                array.flags.writeable = False  # the next who asks gets the same one
            if self._session.is_settled:
                self._arrays[name] = generation, array
            return array
