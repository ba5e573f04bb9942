"""What comes out: stories, their articles, assignments, and the rows of a search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from clusterer.article import Article


@dataclass(frozen=True, slots=True)
class StoryArticle:
    """An article as a member of its story.

    `family` is the id of the original of its duplicate family (its own id when it has no copy). `strength` is its mean
    evidence with the other families of the story, from 0 to 1; an article alone has 1.
    """

    article: Article
    family: str
    strength: float


@dataclass(frozen=True, slots=True)
class Story:
    """A group of articles on one event. An article alone is a story of one.

    `languages` and `sources` are ordered by how many articles they have, then by name; `keywords` holds for each
    language its most telling words, best first. `articles` are ordered by strength (descending), then by id.
    """

    id: str
    headline: str
    languages: Mapping[str, int]
    sources: tuple[str, ...]
    first_published: datetime | None
    last_published: datetime | None
    keywords: Mapping[str, tuple[str, ...]]
    articles: tuple[StoryArticle, ...]

    @property
    def size(self) -> int:
        """How many articles it has, copies counted."""
        return len(self.articles)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where one record of the input went: its article's id, its story, its duplicate family, its strength."""

    id: str
    story: str
    family: str
    strength: float


@dataclass(frozen=True, slots=True)
class SimilarArticle:
    """A row of a search. `score` is from 0 to 1 and means the same for every model: the probability of one story."""

    rank: int
    score: float
    article: Article
    story: str
    family: str
    query: str | None = None
