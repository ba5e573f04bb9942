"""The index directory: articles, their vectors, their stories, and the search index made of them, on the disk."""

from __future__ import annotations

import io
import os
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from clusterer.article import Article, content_hash
from clusterer.errors import ModelMismatchError
from clusterer.index import articles as article_table
from clusterer.index import manifest, search_index, vectors
from clusterer.index import stories as story_table
from clusterer.index.check import problems
from clusterer.index.database import want
from clusterer.index.info import describe, stories_current
from clusterer.index.manifest import ModelIdentity
from clusterer.index.records import article_from_row, story_article_from_row
from clusterer.index.search_index import LoadedSearchIndex
from clusterer.index.segments import VectorPair, Vectors, gather, write_segment
from clusterer.index.session import Session, create_session, open_session
from clusterer.index.sparse_rows import Columns
from clusterer.settings import Settings
from clusterer.story import Assignment, Story, StoryArticle

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_SHORT = 12


class IndexDirectory:
    """An index on the disk. One process writes at a time; any number read, each call one consistent state.

    A method that writes has stored what it was given, against power cuts too, when it returns; if it raises, or the
    process dies, nothing has changed. `transaction` makes one such unit of several calls, `snapshot` lets several calls
    read the same state. Every write makes a new generation, and a search index is good for the generation that stored
    it: save it last.

    All methods raise `IndexFormatError` where they meet damage and `IndexDirectoryError` where the disk or the folder
    does not allow what they do. Articles come in the order of content hash, then id, and vectors in the same order.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        # What was loaded last, and the state that it is of: a query after another does not load it again.
        self._search: tuple[tuple[int, ...], LoadedSearchIndex] | None = None
        self._arrays: dict[str, tuple[int, npt.NDArray[Any] | None]] = {}

    @classmethod
    def create(
        cls, path: str | os.PathLike[str], model: ModelIdentity, settings: Settings, *, replace: bool = False
    ) -> Self:
        """Make an index in a new or empty folder, open for writing.

        With `replace`, an index there gives way to this one with the first write or transaction that succeeds; until
        then it stays as it was for everyone else, and if none comes, for good.
        Raises `IndexDirectoryError` when the folder holds anything else, or an index and not `replace`.
        """
        return cls(create_session(Path(path), model, settings, replace=replace))

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, write: bool = False) -> Self:
        """Open an index.

        Raises `IndexMissingError` when there is none, `IndexFormatError` when it is damaged, of a newer format, or
        of an older one and not to `write`, and with `write`, `IndexLockedError` when another process is writing.
        """
        return cls(open_session(Path(path), write=write))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up what was not committed, and the right to write."""
        self._session.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Whatever is read within is of one state. Nothing can be written within."""
        with self._session.snapshot():
            yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Whatever is written within is stored as a whole when it ends, or not at all."""
        with self._session.transaction():
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

    def require_model(self, identity: ModelIdentity) -> None:
        """Raises `ModelMismatchError` unless the vectors were made by this very model."""
        own = self.model
        if own.fingerprint != identity.fingerprint:
            raise ModelMismatchError(
                f"the index was made by model {own.name} ({own.fingerprint[:_SHORT]}), not by {identity.name}"
                f" ({identity.fingerprint[:_SHORT]})",
                where=str(self.path),
                remedy=f"Run `clusterer reindex --model {shlex.quote(identity.name)}` to make its vectors anew, or use"
                " the model that made it.",
            )

    def info(self) -> dict[str, Any]:
        """Counts, sizes in bytes, model, settings, languages and dates, as plain values."""
        with self._session.snapshot() as connection:
            return describe(connection, self.path)

    def check(self) -> list[str]:
        """Every inconsistency found, in words; an empty list for a sound index."""
        with self._session.snapshot() as connection:
            return problems(connection, self.path)

    # Articles and vectors

    def store(
        self,
        articles: Sequence[Article],
        headline_vectors: Vectors,
        body_vectors: Vectors,
        *,
        removed: Collection[str] = (),
    ) -> None:
        """Add articles with their vectors, and remove others in the same breath.

        Both arrays are float32 [n, dimension], rows of unit length; an article without a body has a row of zeros. An
        article whose id is there already takes its place, and keeps its story until the next grouping.
        Raises `ValueError` for vectors of another shape or not finite, and for an id given twice.
        """
        if not articles and not removed:
            return
        if len({article.id for article in articles}) != len(articles):
            raise ValueError("an article's id is given twice")
        with self._session.step() as (connection, generation):
            dimension = manifest.model_of(connection).dimension
            headline = vectors.checked("headline", headline_vectors, (len(articles), dimension))
            body = vectors.checked("body", body_vectors, (len(articles), dimension))
            self._session.forget_retired()
            _, stories, families = article_table.remove(connection, removed)
            if articles:
                hashes = [content_hash(article) for article in articles]
                order = sorted(range(len(articles)), key=lambda index: (hashes[index], articles[index].id))
                segment = write_segment(
                    self.path,
                    generation,
                    headline.shape,
                    lambda part: headline[order[part]],
                    lambda part: body[order[part]],
                )
                vectors.add_segment(connection, segment)
                updated = article_table.upsert(
                    connection, [articles[index] for index in order], [hashes[index] for index in order], generation
                )
                stories |= article_table.stories_of(connection, updated)
            story_table.refresh_families(connection, families)
            story_table.refresh(connection, stories)
            vectors.retire_empty(connection, generation)
            if vectors.is_fragmented(connection):
                generation = self._session.next_generation()
                vectors.compact(connection, self.path, generation, dimension)
            manifest.put(connection, articles_generation=generation)

    def remove(self, ids: Collection[str]) -> int:
        """Remove articles, and say how many of these ids there were. Their stories and families shrink or go."""
        with self._session.transaction() as connection:
            there = len(article_table.content_hashes(connection, ids))
            if there:
                nothing = np.zeros((0, manifest.model_of(connection).dimension), np.float32)
                self.store((), nothing, nothing, removed=ids)
            return there

    def replace_vectors(
        self,
        model: ModelIdentity,
        headline_vectors: Vectors,
        body_vectors: Vectors,
        *,
        settings: Settings | None = None,
        constants: Mapping[str, npt.NDArray[Any]] | None = None,
    ) -> None:
        """Let another model's vectors be those of the articles, row by row in the order of `articles()`.

        The model's constants replace all that were saved; without `settings`, the settings stay. Stories stay until the
        next grouping. Raises `ValueError` for vectors of another shape or not finite.
        """
        with self._session.step() as (connection, generation):
            shape = (len(vectors.places_of_all(connection)), model.dimension)
            headline = vectors.checked("headline", headline_vectors, shape)
            body = vectors.checked("body", body_vectors, shape)
            self._session.forget_retired()
            vectors.rewrite(connection, self.path, generation, model.dimension, headline.__getitem__, body.__getitem__)
            connection.execute("DELETE FROM constants")
            for name, array in (constants or {}).items():
                self.save_array(name, array)
            manifest.put(connection, model=asdict(model), articles_generation=generation)
            if settings is not None:
                manifest.put(connection, settings=settings.as_dict())

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

    def replace_stories(self, stories: Sequence[Story], *, settings: Settings | None = None) -> None:
        """Let these be the stories, with their members' families and strengths; record the `settings` that made them.

        Raises `ValueError` unless they hold every article of the index exactly once, and every family its original.
        """
        with self._session.step() as (connection, generation):
            story_table.replace(connection, stories)
            manifest.put(connection, stories_generation=generation)
            if settings is not None:
                manifest.put(connection, settings=settings.as_dict())

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

    def save_search_index(
        self,
        index: Any,
        keys: Sequence[str],
        rows: Mapping[str, csr_matrix],
        columns: Columns,
        *,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Store a FAISS index whose rows stand for the families `keys`, with what else is known of each: matrices
        float32 [n, c] and arrays [n] by name. It is good until the next write.

        `details`, such as its kind and recall, are shown by `info`. Raises `ValueError` unless there is a key for each
        row, a row of each matrix and a value of each array.
        """
        with self._session.step() as (connection, generation):
            search_index.save(connection, self.path, generation, index, keys, details or {}, rows, columns)

    def load_search_index(self) -> LoadedSearchIndex | None:
        """What was stored for the present generation; None when there is nothing, or a file of it is damaged."""
        with self._session.snapshot() as connection:
            generation = int(manifest.get(connection, "generation"))
            stamp = search_index.stamp(connection, self.path, generation)
            if stamp is None:
                return None
            if self._search is not None and self._search[0] == stamp and self._session.is_settled:
                return self._search[1]
            files = search_index.named(connection, generation)
            loaded = None if files is None else search_index.load(self.path, files)
            if loaded is not None and self._session.is_settled:
                self._search = stamp, loaded
            return loaded

    def save_array(self, name: str, array: npt.NDArray[Any]) -> None:
        """Store a constant of the model. Raises `ValueError` for an array of objects."""
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        with self._session.step() as (connection, _):
            connection.execute("INSERT OR REPLACE INTO constants VALUES (?, ?)", (name, buffer.getvalue()))

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
