"""Articles, vectors and stories to fill an index with."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from clusterer.article import Article
from clusterer.index import IndexDirectory, ModelIdentity
from clusterer.settings import Settings
from clusterer.story import Story, StoryArticle

DIMENSION = 8


class Samples:
    """Makes articles, and vectors that depend on their texts alone."""

    model = ModelIdentity("sample-model", "ab" * 32, DIMENSION, prompt="query: ")
    settings = Settings(threshold=0.6)

    def articles(self, count: int, *, first: int = 0) -> list[Article]:
        """Articles `a<first>`, ...: a day apart, every third without a body, in two languages and from two sources."""
        return [
            Article(
                id=f"a{number}",
                headline=f"The river rose again, report {number}",
                body="" if number % 3 == 2 else f"Water stood in the streets for {number} hours.",
                language="en" if number % 2 else "ru",
                source="Herald" if number % 4 else "Courier",
                published=datetime(2024, 5, 1, tzinfo=UTC) + timedelta(days=number),
                extra={"number": number},
            )
            for number in range(first, first + count)
        ]

    def vectors(self, articles: Sequence[Article], dimension: int = DIMENSION) -> tuple[np.ndarray, np.ndarray]:
        """Headline and body vectors: unit length, zero for no body."""
        pairs = [(self._vector(a.headline, dimension), self._vector(a.body, dimension)) for a in articles]
        shape = (len(pairs), dimension)
        return (
            np.array([headline for headline, _ in pairs], np.float32).reshape(shape),
            np.array([body for _, body in pairs], np.float32).reshape(shape),
        )

    @staticmethod
    def _vector(text: str, dimension: int) -> np.ndarray:
        if not text:
            return np.zeros(dimension)
        vector = np.random.default_rng(crc32(text.encode())).standard_normal(dimension)
        return vector / np.linalg.norm(vector)

    def story(self, id_: str, articles: Sequence[Article], families: Sequence[str] | None = None) -> Story:
        """A story of these articles, in the order that a story promises; its headline is the first one's."""
        chosen = families or [article.id for article in articles]
        strengths = [1 - position / 10 for position in range(len(articles))]
        dates = [article.published for article in articles if article.published]
        sources = Counter(article.source for article in articles if article.source)
        languages = Counter(article.language for article in articles)
        return Story(
            id=id_,
            headline=articles[0].headline,
            languages=dict(sorted(languages.items(), key=lambda item: (-item[1], item[0]))),
            sources=tuple(sorted(sources, key=lambda source: (-sources[source], source))),
            first_published=min(dates, default=None),
            last_published=max(dates, default=None),
            keywords={"en": ("river", "flood")},
            articles=tuple(map(StoryArticle, articles, chosen, strengths)),
        )

    def store(self, index: IndexDirectory, articles: Sequence[Article]) -> None:
        """Store articles with their vectors."""
        index.store(articles, *self.vectors(articles))

    def revised(self, article: Article) -> Article:
        """The same article with another text."""
        return replace(article, headline=f"{article.headline}, corrected", body="The level has been corrected.")


@pytest.fixture(scope="session")
def samples() -> Samples:
    return Samples()


@pytest.fixture
def index(folder: Path, samples: Samples) -> Iterator[IndexDirectory]:
    """A new index, open for writing."""
    with IndexDirectory.create(folder, samples.model, samples.settings) as index:
        yield index
