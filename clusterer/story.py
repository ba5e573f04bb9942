"""What comes out: stories, their articles, assignments, and the rows of a search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from clusterer.article import Article


@dataclass(frozen=True, slots=True)
class StoryArticle:
    """An article as a member of its story.

    `family` is the id of the original of its duplicate family (its own id when it has no copy). `strength` is its mean
    evidence with the other families of the story, from 0 to 1; an article alone has 1. `overlap` is how much of the
    text it shares with the original, from 0 to 1: 1 of the original itself and of what says the same.
    """

    article: Article
    family: str
    strength: float
    overlap: float = 1.0


@dataclass(frozen=True, slots=True)
class Story:
    """A group of articles on one event. An article alone is a story of one.

    `languages` and `sources` are ordered by how many articles they have, then by name; `keywords` holds for each
    language its most telling words, best first. `articles` are ordered by strength (descending), then by id. `thread`
    is the id of its thread; it is empty in an index that was made before there were threads, until that is added to.
    """

    id: str
    headline: str
    languages: Mapping[str, int]
    sources: tuple[str, ...]
    first_published: datetime | None
    last_published: datetime | None
    keywords: Mapping[str, tuple[str, ...]]
    articles: tuple[StoryArticle, ...]
    thread: str = ""

    @property
    def size(self) -> int:
        """How many articles it has, copies counted."""
        return len(self.articles)


@dataclass(frozen=True, slots=True)
class Thread:
    """The saga that events belong to: stories that are related, and yet not one. A story alone is a thread of one.

    `name` is what most of the stories' headlines share. `stories` are ordered as stories are: the largest first.
    """

    id: str
    name: str
    stories: tuple[Story, ...]

    @property
    def size(self) -> int:
        """How many articles its stories have."""
        return sum(story.size for story in self.stories)

    @property
    def first_published(self) -> datetime | None:
        """When its first article was published, of those whose time is known."""
        return min((story.first_published for story in self.stories if story.first_published), default=None)

    @property
    def last_published(self) -> datetime | None:
        """When its last article was published, of those whose time is known."""
        return max((story.last_published for story in self.stories if story.last_published), default=None)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where one record of the input went: its article's id, its story, its duplicate family, its strength, and the
    thread of its story.
    """

    id: str
    story: str
    family: str
    strength: float
    thread: str = ""


StoryEvent = Literal["born", "grew", "shrank", "merged", "split", "retired"]
ARRIVALS: frozenset[StoryEvent] = frozenset({"born", "grew", "split"})


@dataclass(frozen=True, slots=True)
class StoryChange:
    """An event in the life of a story: articles came to it (born, grew, split) or left it (shrank, merged, retired).

    `moved` is how many they were; `members` names those of them that were not purged since. `generation` numbers the
    state of the index that it led to, `size` is the story's afterwards. `other` is the story that it was merged into or
    split from, `headline` the one that the story has now, None where it is gone.
    """

    generation: int
    time: datetime
    event: StoryEvent
    story: str
    other: str | None
    size: int
    moved: int
    members: tuple[str, ...]
    headline: str | None = None

    @property
    def came(self) -> bool:
        """Whether the members came; else they left."""
        return self.event in ARRIVALS

    @property
    def largest_size(self) -> int:
        """The story's size before or after, whichever is larger."""
        return self.size if self.came else self.size + self.moved


@dataclass(frozen=True, slots=True)
class SimilarArticle:
    """A row of a search. `score` is from 0 to 1 and means the same for every model: the probability of one story."""

    rank: int
    score: float
    article: Article
    story: str
    family: str
    query: str | None = None
