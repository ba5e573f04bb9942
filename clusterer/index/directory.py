"""The index directory: articles, their vectors, their stories, and the search index made of them, on the disk."""

from __future__ import annotations

import io
import os
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from clusterer.article import Article, content_hash
from clusterer.errors import ModelMismatchError
from clusterer.index import articles as article_table
from clusterer.index import ledger, manifest, search_index, vectors
from clusterer.index import stories as story_table
from clusterer.index.manifest import ModelIdentity
from clusterer.index.readable import ReadableIndex
from clusterer.index.search_files import AddedRows, FilesInWriting, SearchIndexRows, in_writing
from clusterer.index.segments import Vectors, write_segment
from clusterer.index.session import create_session, open_session
from clusterer.settings import Settings
from clusterer.story import Story

_SHORT = 12


class IndexDirectory(ReadableIndex):
    """An index on the disk. One process writes at a time; any number read, each call one consistent state.

    A method that writes has stored what it was given, against power cuts too, when it returns; if it raises, or the
    process dies, nothing has changed. `transaction` makes one such unit of several calls, `snapshot` lets several calls
    read the same state. Every write makes a new generation, and a search index is good for the generation that stored
    it: save it last.

    All methods raise `IndexFormatError` where they meet damage and `IndexDirectoryError` where the disk or the folder
    does not allow what they do. Articles come in the order of content hash, then id, and vectors in the same order.
    """

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
    def transaction(self) -> Iterator[None]:
        """Whatever is written within is stored as a whole when it ends, or not at all."""
        with self._session.transaction():
            yield

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
            left, families = article_table.remove(connection, removed)
            shrunk = set(left.values())
            stories = set(shrunk)
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
            moves = [(article, story, None) for article, story in left.items()]
            sizes = story_table.sizes(connection, shrunk)
            ledger.record(connection, generation, moves, before=shrunk, sizes=sizes)
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

    def rewrite_vectors(self) -> None:
        """Put the vectors of all articles into new files, which hold nothing of those that were removed."""
        with self._session.step() as (connection, generation):
            vectors.compact(connection, self.path, generation, manifest.model_of(connection).dimension)

    def forget_removed(self) -> None:
        """Name no file any longer that the present state does not need, and in the ledger no article that is not there.
        A reader of the state before may then miss a file. It makes no new generation.
        """
        with self._session.transaction() as connection:
            vectors.forget_retired(connection, int(manifest.get(connection, "generation")))
            search_index.forget_earlier(connection, int(manifest.get(connection, "generation")))
            ledger.forget_articles(connection)

    def overwrite(self, *, everything: bool = False) -> bool:
        """Bring all that is committed into the database file, so that nothing of states before stays beside it; with
        `everything`, write that file anew. Whether it could be done: a reader may still look at the state before.
        """
        return self._session.overwrite(everything=everything)

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

    # Stories

    def replace_stories(
        self,
        stories: Sequence[Story],
        *,
        replaced: Collection[str] | None = None,
        stored: Iterable[Story] = (),
        settings: Settings | None = None,
    ) -> None:
        """Let these be the stories, with their members' families and strengths, in the place of those whose ids are
        `replaced`, or of all; record the `settings` that made them. What members have in the `stored` stories, as they
        were read of this state, need not be written.

        Raises `ValueError` unless they hold every article of the index, or of the stories replaced and of none, exactly
        once, and every family its original.
        """
        with self._session.step() as (connection, generation):
            story_table.replace(connection, stories, generation, replaced=replaced, stored=stored)
            manifest.put(connection, stories_generation=generation)
            if settings is not None:
                manifest.put(connection, settings=settings.as_dict())

    def restart_ledger(self) -> None:
        """Forget all events, and tell the births of the stories that there are: where the two disagree. It makes no new
        generation.
        """
        with self._session.transaction() as connection:
            ledger.restart(connection, int(manifest.get(connection, "generation")))

    # The search index and the model's constants

    @contextmanager
    def writing_search_index(self, made: Callable[[], SearchIndexRows | AddedRows]) -> Iterator[FilesInWriting]:
        """Make a search index and write it while other things are done, in a thread. It is lost unless it is saved
        within.
        """
        with in_writing(self.path, made) as files:
            yield files

    def save_search_index(
        self, files: FilesInWriting, keys: Sequence[str], *, details: Mapping[str, Any] | None = None
    ) -> None:
        """Let what is being written be the search index, whose rows stand for the families `keys`. It is good until the
        next write.

        `details`, such as its kind and recall, are shown by `info`. Raises `ValueError` unless there is a key for each
        row, a row of each matrix and a value of each array, and what making the index raised.
        """
        with self._session.step() as (connection, generation):
            search_index.save(connection, generation, files, keys, details or {})

    def save_array(self, name: str, array: npt.NDArray[Any]) -> None:
        """Store a constant of the model. Raises `ValueError` for an array of objects."""
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        with self._session.step() as (connection, _):
            connection.execute("INSERT OR REPLACE INTO constants VALUES (?, ?)", (name, buffer.getvalue()))
