"""Why two articles of an index are in one story, or are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

import numpy as np

from clusterer.article import Article
from clusterer.article_features import SECONDS_OF_A_DAY, EncodedArticles, dense_vectors, features_of, shared_words
from clusterer.encoding.constants import ModelConstants
from clusterer.encoding.names import shared_names
from clusterer.errors import IndexFormatError
from clusterer.grouping.calibration import evidence_at, probability
from clusterer.grouping.connection import Joining, Network
from clusterer.grouping.evidence import (
    DENSE_SHARE,
    LEXICAL_SHARE,
    NAME_SHARE,
    neighbour_evidence,
    pair_terms,
)
from clusterer.grouping.features import TYPICAL_DAYS_APART, Features
from clusterer.grouping.partition import edges_exactly, floor_of
from clusterer.grouping.row_products import row_products
from clusterer.grouping.shared_neighbours import with_neighbours
from clusterer.index import IndexDirectory
from clusterer.pipeline import in_content_order, stored_days_apart
from clusterer.settings import Settings
from clusterer.story import Story

# Stories are compared pair by pair: of a larger one these are enough, the two articles always among them.
FAMILIES_COMPARED = 500
WORDS_TOLD = 8
DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Term:
    """One part of the evidence: `contribution` is `value` times `weight`. `words` are what was found in both texts."""

    name: str
    value: float
    weight: float
    contribution: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExplainedArticle:
    """An article, and the story and the duplicate family that it is in."""

    id: str
    headline: str
    language: str
    published: datetime | None
    family: str
    story: str
    story_headline: str
    thread: str


@dataclass(frozen=True, slots=True)
class Link:
    """Two articles and the probability that they tell one story."""

    first: str
    first_headline: str
    second: str
    second_headline: str
    probability: float


@dataclass(frozen=True, slots=True)
class GroupJoining:
    """Two groups of articles, copies counted once, and the probability at their mean evidence. `enough` is the one from
    which these two are joined: more than the threshold where both hold together well, less where they do not.
    """

    sizes: tuple[int, int]
    probability: float
    enough: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why two articles are together, or are not.

    `terms` add up to `evidence`, whose `probability` is set against `threshold`: what the two texts say by themselves.
    `together` says whether they are in one story, `copies` whether in one duplicate family. Where articles are grouped,
    what lies near them counts too, here what does in the two stories: `neighbours` adds to the evidence, which makes it
    `probability_with_neighbours`; both None for copies. All that follows is told with it. For articles of one story,
    `path` is the chain of its articles from the first to the second whose weakest link is the strongest, and `joining`
    the two groups that average linkage joined, where it was that that brought them together. For articles of two
    stories, `path` is the strongest link between the stories, and `joining` the two stories, whose mean evidence is too
    low.
    """

    first: ExplainedArticle
    second: ExplainedArticle
    together: bool
    copies: bool
    terms: tuple[Term, ...]
    evidence: float
    probability: float
    threshold: float
    neighbours: Term | None
    probability_with_neighbours: float | None
    path: tuple[Link, ...]
    joining: GroupJoining | None

    @property
    def weakest(self) -> Link | None:
        """The weakest link of the path."""
        return min(self.path, key=lambda link: link.probability, default=None)


def explain_pair(
    directory: IndexDirectory, first: Article, second: Article, constants: ModelConstants, settings: Settings
) -> Explanation:
    """The explanation of two different articles of the index. Raises `IndexFormatError` where an article is not grouped
    yet, or a file is missing or damaged.
    """
    stories = [_story_of(directory, article) for article in (first, second)]
    told = [_told(article, story) for article, story in zip((first, second), stories, strict=True)]
    together = told[0].story == told[1].story
    terms = _terms(directory, first, second, constants)
    evidence = round(sum(term.contribution for term in terms), 6)
    path: tuple[Link, ...] = ()
    neighbours = joining = None
    copies = told[0].family == told[1].family
    if not copies:
        neighbours, path, joining = _connection(directory, stories[0], stories[1], told, constants, settings)
    return Explanation(
        first=told[0],
        second=told[1],
        together=together,
        copies=copies,
        terms=terms,
        evidence=evidence,
        probability=_chance(evidence),
        threshold=settings.threshold,
        neighbours=neighbours,
        probability_with_neighbours=_chance(evidence + neighbours.contribution) if neighbours else None,
        path=path,
        joining=joining,
    )


def _story_of(directory: IndexDirectory, article: Article) -> Story:
    story = directory.story_of(article.id)
    if story is None:
        raise IndexFormatError(
            f"article {article.id!r} is in no story yet",
            where=str(directory.path),
            remedy="Run `clusterer reindex`, which groups all articles.",
        )
    return story


def _told(article: Article, story: Story) -> ExplainedArticle:
    family = next(member.family for member in story.articles if member.article.id == article.id)
    return ExplainedArticle(
        id=article.id,
        headline=article.headline,
        language=article.language,
        published=article.published,
        family=family,
        story=story.id,
        story_headline=story.headline,
        thread=story.thread,
    )


def _terms(directory: IndexDirectory, first: Article, second: Article, constants: ModelConstants) -> tuple[Term, ...]:
    features = _features(directory, [first, second], constants)
    parts = pair_terms(features, np.array([0]), np.array([1]))
    same = first.language == second.language
    meaning = _term("meaning", float(parts.dense[0]), DENSE_SHARE if same else 1.0)
    if same:
        words = shared_words(first, second)[:WORDS_TOLD]
        shared = _term("rare words", float(parts.lexical[0]), LEXICAL_SHARE, words)
    else:
        words = shared_names(first.text, second.text)[:WORDS_TOLD]
        shared = _term("names", float(parts.names[0]), NAME_SHARE, words)
    time = _term("time", float(parts.penalty[0]), -1.0, _apart(first, second, features.days_apart))
    few, many = sorted(np.diff(features.lexical.indptr).tolist())
    brevity = _term("brevity", float(parts.brevity[0]), 1.0, [f"{few} and {many} distinct words"])
    across = () if same else (_term("language", float(parts.alignment[0]), 1.0, [first.language, second.language]),)
    return meaning, shared, time, brevity, *across


def _apart(first: Article, second: Article, days_apart: float) -> list[str]:
    if first.published is None or second.published is None:
        return ["a date is not known"]
    days = abs(first.published - second.published).total_seconds() / SECONDS_OF_A_DAY
    long = ["where stories run longer than is usual"] if days_apart > TYPICAL_DAYS_APART else []
    return [f"{days:.1f} days apart", *long]


def _term(name: str, value: float, weight: float, words: Sequence[str] = ()) -> Term:
    return Term(name, round(value, DECIMALS), weight, round(value * weight, 6) + 0.0, tuple(words))


def _features(directory: IndexDirectory, articles: Sequence[Article], constants: ModelConstants) -> Features:
    """The features of articles of the index, row by row."""
    stored = directory.articles([article.id for article in articles])
    row = {article.id: number for number, article in enumerate(stored)}
    headlines, leads = directory.vectors([article.id for article in articles])
    rows = [row[article.id] for article in articles]
    encoded = EncodedArticles(tuple(articles), headlines[rows], leads[rows])
    features = features_of(articles, dense_vectors(encoded, constants), constants)
    return replace(features, days_apart=stored_days_apart(directory))


def _connection(
    directory: IndexDirectory,
    story: Story,
    other: Story,
    told: Sequence[ExplainedArticle],
    constants: ModelConstants,
    settings: Settings,
) -> tuple[Term, tuple[Link, ...], GroupJoining | None]:
    """The neighbours, the path and the joining of two articles of different families."""
    together = story.id == other.id
    ends = told[0].family, told[1].family
    originals = in_content_order([*_originals(story, ends), *(() if together else _originals(other, ends))])
    least_evidence, features = evidence_at(settings.threshold), _features(directory, originals, constants)
    floor = floor_of(least_evidence)
    edges = edges_exactly(features, settings.neighbours, floor)
    network = Network.of(with_neighbours(features, edges, floor)[0])
    row = {article.id: number for number, article in enumerate(originals)}
    first, second = row[ends[0]], row[ends[1]]
    if together:
        way = network.path(first, second)
        joined = network.joining(first, second, least_evidence)
        steps = list(pairwise(way))
    else:
        own = {member.article.id for member in story.articles}
        members = np.array([article.id in own for article in originals])
        steps = [network.strongest(members)[:2]]
        joined = network.between(members, least_evidence)
    return (
        _neighbours(network, first, second),
        tuple(_link(network, originals, *step) for step in steps),
        _group_joining(joined),
    )


def _neighbours(network: Network, first: int, second: int) -> Term:
    rows = network.features.neighbours
    assert rows is not None
    cosine = row_products(rows, np.array([first]), np.array([second]))
    told = f"what is near them has a cosine of {cosine[0]:.2f}"
    return _term("neighbours", float(neighbour_evidence(cosine)[0]), 1.0, [told])


def _originals(story: Story, ends: tuple[str, str]) -> list[Article]:
    """The original of each family of a story; of very many, those of the two articles and the first ones."""
    found = [member.article for member in story.articles if member.family == member.article.id]
    found.sort(key=lambda article: article.id not in ends)
    return found[:FAMILIES_COMPARED]


def _link(network: Network, originals: Sequence[Article], one: int, other: int) -> Link:
    smaller, larger = min(one, other), max(one, other)
    place = np.flatnonzero((network.pairs[0] == smaller) & (network.pairs[1] == larger))[0]
    first, second = originals[one], originals[other]
    chance = _chance(float(network.evidence[place]))
    return Link(first.id, first.headline, second.id, second.headline, chance)


def _group_joining(joining: Joining | None) -> GroupJoining | None:
    if joining is None:
        return None
    return GroupJoining(joining.sizes, _chance(joining.evidence), _chance(joining.limit))


def _chance(evidence: float) -> float:
    return round(float(probability(np.array([evidence]))[0]), DECIMALS)
