"""An index of news on the disk: articles go in, stories and answers come out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from clusterer.article import Article
from clusterer.article_features import EncodedArticles, encode_articles
from clusterer.encoding.constants import ModelConstants
from clusterer.encoding.encoder import Encoder
from clusterer.encoding.loading import load_encoder
from clusterer.errors import IndexFormatError, IndexMissingError, InputError, UsageError
from clusterer.explaining import Explanation, explain_pair
from clusterer.index import IndexDirectory, ModelIdentity
from clusterer.index.check import Part
from clusterer.memory import collecting_seldom
from clusterer.pipeline import Record, constants_of, read_records, with_languages
from clusterer.progress import Progress, silent
from clusterer.search import Filters, differing_vectors, nearest_articles
from clusterer.settings import Settings
from clusterer.stories.threads import threads_of
from clusterer.story import Assignment, SimilarArticle, Story, StoryChange, Thread
from clusterer.touched import known_before
from clusterer.updating import Added, bring_up_to_date, changed_articles, regroup, store_articles

Result = TypeVar("Result")

_CONSTANTS = ("languages", "means", "overall", "scale")
# Those that an index made before they were known does not have.
_LATER_CONSTANTS = ("aligned", "alignment")
_STORIES_FROM_QUERY = 200
QUERY_ID = "\0query"  # no article has it: what holds a NUL is not read


@dataclass(frozen=True, slots=True)
class Removed:
    """What removing came to: how many articles went, the ids that were asked for and not there, and whether all that
    was removed is overwritten; else a reader still looks at it, and the next writer overwrites it.
    """

    removed: int
    missing: tuple[str, ...] = ()
    overwritten: bool = True


def open_index(
    path: str | os.PathLike[str],
    *,
    encoder: Encoder | None = None,
    settings: Settings | None = None,
    write: bool = False,
    create: bool = False,
    new: bool = False,
    replace: bool = False,
) -> NewsIndex:
    """Open an index directory, to read or to `write`, with the model that made it unless `encoder` is given.

    `create` makes it where there is none, with the bundled model unless `encoder` is given. `new` makes it in any case,
    and is refused where there is one already, which with `replace` gives way once the new one is stored.
    Raises `IndexMissingError`, `IndexFormatError`, `IndexLockedError` for a second writer, and `ModelMismatchError`
    for another model than the index's own.
    """
    if new or replace:
        return _new_index(path, encoder, settings, replace)
    try:
        directory = IndexDirectory.open(path, write=write or create)
    except IndexMissingError:
        if not create:
            raise
        return _new_index(path, encoder, settings, False)
    try:
        if encoder is not None:
            directory.require_model(identity_of(encoder))
    except BaseException:
        directory.close()
        raise
    return NewsIndex(directory, encoder, settings)


def _new_index(
    path: str | os.PathLike[str], encoder: Encoder | None, settings: Settings | None, replace: bool
) -> NewsIndex:
    model = encoder or load_encoder()
    directory = IndexDirectory.create(path, identity_of(model), settings or Settings(), replace=replace)
    return NewsIndex(directory, model, settings)


def identity_of(encoder: Encoder) -> ModelIdentity:
    """What an index remembers of a model."""
    return ModelIdentity(encoder.name, encoder.fingerprint, encoder.dimension, encoder.prompt, encoder.dtype)


class NewsIndex:
    """An open index. A context manager; close it when done."""

    def __init__(self, directory: IndexDirectory, encoder: Encoder | None, settings: Settings | None) -> None:
        self._directory = directory
        self._encoder = encoder
        self._settings = settings

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up what was not stored, and the right to write."""
        self._directory.close()

    @property
    def encoder(self) -> Encoder:
        """The model of this index. Raises `ModelError` when it cannot be loaded, `ModelMismatchError` when it has
        changed.
        """
        if self._encoder is None:
            model = self._directory.model
            loaded = load_encoder(model.name, prompt=model.prompt, dtype=model.dtype)
            self._directory.require_model(identity_of(loaded))
            self._encoder = loaded
        return self._encoder

    @property
    def settings(self) -> Settings:
        """The settings given, else those that the index remembers."""
        return self._settings or self._directory.settings

    @property
    def generation(self) -> int:
        """The number of the present state, which grows with each write: what `changes` can begin after."""
        return self._directory.generation

    @collecting_seldom()
    def add(self, articles: Iterable[Record], *, progress: Progress | None = None) -> Added:
        """Add articles, and bring the stories up to date. An article that is there already is not stored again; one
        with an id that is there and other content takes its place if it is the later published, else if its hash is
        larger.
        """
        told = progress or silent
        with self._directory.transaction():
            changed, added = changed_articles(self._directory, articles, told)
            is_current = self._directory.stories_current and self.settings == self._directory.settings
            if is_current and not changed:
                return added
            before = known_before(self._directory, [article.id for article in changed], self.settings)
            if changed:
                store_articles(self._directory, changed, self.encoder, told)
            del changed  # the stories are made of what is stored
            bring_up_to_date(self._directory, before, self._constants(told), self.settings, told)
        return added

    @collecting_seldom()
    def remove(
        self,
        ids: Iterable[str] = (),
        *,
        before: datetime | None = None,
        purge: bool = False,
        progress: Progress | None = None,
    ) -> Removed:
        """Remove the articles with these ids, with what was found on their pages, and those that were published
        `before`; and bring the stories up to date. Their text is overwritten on the disk; with `purge`, their vectors
        and all that the ledger tells of them too, also of what was removed earlier.
        """
        told = progress or silent
        asked = list(dict.fromkeys(ids))
        with self._directory.transaction():
            known = self._directory.content_hashes(asked)
            wanted = set(known)
            if moment := _in_utc(before):
                wanted.update(self._directory.published_before(moment))
            wanted.update(self._directory.parts_of(wanted))
            # A purge leaves nothing of the search index, which has the vectors of all that was removed since.
            earlier = None if purge else known_before(self._directory, wanted, self.settings)
            removed = self._directory.remove(wanted)
            if purge:
                self._directory.rewrite_vectors()
            if removed or purge:
                bring_up_to_date(self._directory, earlier, self._constants(told), self.settings, told)
            if purge:
                self._directory.forget_removed()
        overwritten = self._directory.overwrite(everything=purge) if removed or purge else True
        return Removed(removed, tuple(id for id in asked if id not in known), overwritten)

    @collecting_seldom()
    def reindex(
        self,
        *,
        encoder: Encoder | None = None,
        settings: Settings | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Make all vectors anew, with another model if given, and the stories with them. The old ones stay until the
        new are stored, in one step.
        """
        told = progress or silent
        model = encoder or self.encoder
        chosen = settings or self.settings
        with self._directory.transaction():
            encoded = encode_articles(self._directory.articles(), model, progress=told)
            constants = constants_of(model, progress=told)
            self._directory.replace_vectors(
                identity_of(model),
                encoded.headlines,
                encoded.leads,
                settings=chosen,
                constants=constants.as_arrays(),
            )
            regroup(self._directory, constants, chosen, told)
        self._encoder, self._settings = model, chosen

    def similar(
        self,
        text: str | None = None,
        *,
        id: str | None = None,
        top: int = 10,
        min_score: float = 0.0,
        language: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        duplicates: bool = False,
    ) -> list[SimilarArticle]:
        """The articles that resemble a text, or the article of this id, best first. Filters apply before the cut.

        A duplicate family is one row, unless `duplicates`. A date without time zone is in UTC. Raises `UsageError`
        unless just one of `text` and `id` is given, and for a text without words or an id that is not there.
        """
        filters = Filters(language, _in_utc(since), _in_utc(until))

        def search() -> list[SimilarArticle]:
            query = self._query(text, id)
            if id is None:
                encoded = encode_articles([query], self.encoder)
            else:
                encoded = EncodedArticles((query,), *self._directory.vectors([id]))
            return nearest_articles(
                self._directory,
                encoded,
                self._constants(silent),
                filters=filters,
                top=top,
                min_score=min_score,
                duplicates=duplicates,
            )

        return self._of_one_state(search)

    def stories(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        language: str | None = None,
        min_size: int = 2,
        query: str | None = None,
        limit: int | None = 50,
    ) -> list[Story]:
        """Stories with an article that passes the filters: the largest first, or with a `query` the most similar."""
        if query is None:
            since, until = _in_utc(since), _in_utc(until)
            return self._directory.stories(since=since, until=until, language=language, min_size=min_size, limit=limit)
        rows = self.similar(query, top=_STORIES_FROM_QUERY, language=language, since=since, until=until)
        found = [self._directory.story(id) for id in dict.fromkeys(row.story for row in rows)]
        return [story for story in found if story is not None and story.size >= min_size][:limit]

    def story(self, id: str) -> Story | None:
        """The story of this id, or the one that it was merged into; None where there is none."""
        with self._directory.snapshot():
            present = self._directory.successor(id)
            return None if present is None else self._directory.story(present)

    def history(self, id: str) -> list[StoryChange]:
        """What became of a story, and what was merged into it or split from it, the first event first; nothing where
        there never was such a story.
        """
        return self._directory.history(id)

    def changes(self, since: datetime | None = None, *, after: int | None = None) -> list[StoryChange]:
        """What became of all stories since a moment, after a generation of the index, or both, the first event first.
        A moment without time zone is in UTC.
        """
        return self._directory.changes(since=_in_utc(since), after=after)

    def threads(self, *, min_stories: int = 2, limit: int | None = 50) -> list[Thread]:
        """Threads of at least so many stories, the thread of most stories first."""
        found = self._directory.threads(least_stories=min_stories, limit=limit)
        return list(threads_of(story for stories in found for story in stories))

    def explain(self, first: str, second: str) -> Explanation:
        """Why two articles are in one story, or are not. Raises `UsageError` for an id that is not there, or one id
        given twice.
        """
        if first == second:
            raise UsageError("the two ids are one", where=f"explain {first}", remedy="Give two different ids.")

        def explain() -> Explanation:
            one, other = self._article(first), self._article(second)
            return explain_pair(self._directory, one, other, self._constants(silent), self._directory.settings)

        return self._of_one_state(explain)

    def assignments(self) -> list[Assignment]:
        """Story, family, strength and thread of each article, in content order."""
        return self._directory.assignments()

    def check(self) -> list[str]:
        """Every inconsistency found, in words."""
        return [message for messages in self._problems().values() for message in messages]

    def _problems(self) -> dict[Part, list[str]]:
        """The same by the part of the index that they are in."""
        with self._directory.snapshot():
            found = self._directory.problems()
            constants = self._known_constants()
            if not found and constants is not None and (differing := differing_vectors(self._directory, constants)):
                found["search index"] = differing
            return found

    @collecting_seldom()
    def repair(self, *, progress: Progress | None = None) -> list[str]:
        """Make anew of the texts whatever is found to be inconsistent: vectors, stories, search index, and the ledger,
        which then begins with the stories that there are. Gives what is still wrong: what the texts themselves lack.
        Raises `ModelMismatchError` where vectors are wanted and the model that made them is not there any more.
        """
        found = self._problems()
        if "vectors" in found:
            self.reindex(progress=progress)
        elif found.keys() & {"stories", "search index"}:
            with self._directory.transaction():
                told = progress or silent
                regroup(self._directory, self._constants(told), self.settings, told)
        found = self._problems() if found else found
        if "ledger" in found:
            self._directory.restart_ledger()
            found = self._problems()
        return [message for messages in found.values() for message in messages]

    def info(self) -> dict[str, Any]:
        """Counts, sizes, model, settings, languages and dates."""
        return self._directory.info()

    def _of_one_state(self, read: Callable[[], Result]) -> Result:
        """What is read of one state of the index; of a later one, where a writer has meanwhile removed files of it."""
        generation = -1
        while True:
            with self._directory.snapshot():
                before, generation = generation, self._directory.generation
                try:
                    return read()
                except IndexFormatError:
                    if generation == before:  # it is no writer's doing
                        raise

    def _query(self, text: str | None, id: str | None) -> Article:
        if (text is None) == (id is None):
            raise UsageError("a search needs a text or an id", where="similar", remedy="Give one of the two.")
        if text is not None:
            return _article_of(text)
        return self._article(str(id))

    def _article(self, id: str) -> Article:
        article = self._directory.article(id)
        if article is None:
            raise UsageError(f"there is no article {id!r}", where=str(self._directory.path), remedy="Give another id.")
        return article

    def _constants(self, told: Progress) -> ModelConstants:
        """The constants of the index's model, measured when they are first needed."""
        return self._known_constants() or constants_of(self.encoder, progress=told)

    def _known_constants(self) -> ModelConstants | None:
        """Those that the index has."""
        arrays = {name: self._directory.load_array(name) for name in (*_CONSTANTS, *_LATER_CONSTANTS)}
        present = {name: array for name, array in arrays.items() if array is not None}
        return ModelConstants.from_arrays(present) if present.keys() >= set(_CONSTANTS) else None


def _article_of(text: str) -> Article:
    """A query as an article: of several lines the body, as of a file, else the headline."""
    try:
        records, _ = read_records([{"body" if "\n" in text.strip() else "title": text}])
    except InputError:
        raise UsageError("the text has no words", where="similar", remedy="Give some words.") from None
    return replace(with_languages(records[:1])[0], id=QUERY_ID)


def _in_utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
