"""From groups of families to stories with all that is shown of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.article import Article
from clusterer.checkpoint import Checkpoint
from clusterer.grouping.calibration import probability
from clusterer.grouping.duplicates import Families, seniority
from clusterer.grouping.features import Features
from clusterer.grouping.linkage import Labels
from clusterer.grouping.membership import mean_evidence_within
from clusterer.grouping.partition import Partition
from clusterer.progress import Progress, silent
from clusterer.ranges import blocks_of_cost
from clusterer.stories.keywords import KeywordFinder
from clusterer.story import Story, StoryArticle

Keywords = Mapping[str, tuple[str, ...]]

ID_LENGTH = 12
STRENGTH_DECIMALS = 4
THREAD_PREFIX = "t"
STORIES_BETWEEN_TELLING = 1000
FAMILIES_AT_ONCE = 1 << 9


@dataclass(frozen=True, slots=True)
class Standing:
    """How each of n families stands in its story, float64 [n] both: `strength` is the probability that belongs to its
    mean evidence with the others, 1 if it is alone; `nearness` to the centre is its product with the sum of all.
    """

    strength: npt.NDArray[np.float64]
    nearness: npt.NDArray[np.float64]

    @classmethod
    def of(cls, features: Features, stories: Labels, strength: npt.NDArray[np.float64] | None = None) -> Standing:
        """Of families with their features in their stories, int [n], numbered from 0. A `strength`, float64 [n], that
        is no NaN stays.
        """
        return Standing(_strengths(features, stories, strength), _nearness(features, _rows_of(stories)))


def build_stories(
    families: Families,
    originals: Sequence[Article],
    partition: Partition,
    standing: Standing,
    threads: Sequence[str],
    *,
    keywords: Mapping[int, Keywords] | None = None,
    background: Sequence[Sequence[Article]] = (),
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> tuple[Story, ...]:
    """The stories, largest first, then the latest, then by id.

    `partition` and `standing` belong to the n `originals`, row by row; `threads` are the ids of its threads.
    `keywords` are those of stories, by number, for which they need not be found. `background` are the originals of
    other stories, from which too it is learnt which words are rare.
    """
    told = progress or silent
    if not originals:
        return ()
    by_id = {article.id: article for article in families.articles}
    copies = families.copies
    rows_of_story = _rows_of(partition.stories)
    members_of_story = [[originals[row] for row in rows] for rows in rows_of_story]
    known = keywords or {}
    wanting = [[] if number in known else members for number, members in enumerate(members_of_story)]
    finder = KeywordFinder([*wanting, *background], progress=progress, checkpoint=checkpoint)
    stories = []
    for number, rows in enumerate(rows_of_story):
        if number % STORIES_BETWEEN_TELLING == 0:
            told("stories", number, len(rows_of_story))
        members = [
            StoryArticle(by_id[id], originals[row].id, float(standing.strength[row]), families.overlap_of.get(id, 1.0))
            for row in rows
            for id in (originals[row].id, *copies[originals[row].id])
        ]
        headline = originals[_central_row(standing.nearness, originals, rows)].headline
        thread = threads[partition.threads[rows[0]]]
        stories.append(_story(members, headline, known.get(number) or finder.keywords(number), thread))
    told("stories", len(stories), len(stories))
    return tuple(sorted(stories, key=prominence))


def prominence(story: Story) -> tuple[int, float, str]:
    """Sort key by which the largest story comes first, then the latest."""
    latest = story.last_published.timestamp() if story.last_published else float("-inf")
    return (-story.size, -latest, story.id)


def thread_ids(originals: Sequence[Article], threads: Labels) -> list[str]:
    """The id of each thread, made of its first article as a story's is."""
    members: list[list[Article]] = [[] for _ in range(int(threads.max(initial=-1)) + 1)]
    for article, thread in zip(originals, threads, strict=True):
        members[thread].append(article)
    return [THREAD_PREFIX + _story_id(articles) for articles in members]


def _story(members: list[StoryArticle], headline: str, keywords: Keywords, thread: str) -> Story:
    members.sort(key=lambda member: (-member.strength, member.article.id))
    articles = [member.article for member in members]
    days = sorted(article.published for article in articles if article.published)
    return Story(
        id=_story_id(articles),
        headline=headline,
        languages=_by_frequency(article.language for article in articles),
        sources=tuple(_by_frequency(article.source for article in articles if article.source)),
        first_published=days[0] if days else None,
        last_published=days[-1] if days else None,
        keywords=keywords,
        articles=tuple(members),
        thread=thread,
    )


def _story_id(articles: Sequence[Article]) -> str:
    """Made of the story's first article, so that it stays when others join."""
    first = min(articles, key=seniority)
    return hashlib.sha256(first.id.encode("utf-8", "surrogatepass")).hexdigest()[:ID_LENGTH]


def _by_frequency(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))


def _rows_of(stories: Labels) -> list[Labels]:
    """The families of each story, ascending."""
    order = np.argsort(stories, kind="stable")
    return np.split(order, np.cumsum(np.bincount(stories))[:-1]) if len(order) else []


def _nearness(features: Features, rows_of_story: Sequence[Labels]) -> npt.NDArray[np.float64]:
    """The product of each family with the sum of its story, float64 [n], exactly."""
    nearness = np.zeros(len(features))
    for some in blocks_of_cost(np.array([len(rows) for rows in rows_of_story], dtype=np.intp), FAMILIES_AT_ONCE):
        block = rows_of_story[some]
        rows, sizes = np.concatenate(block), np.array([len(own) for own in block])
        vectors = features.dense[rows].astype(np.float64)
        centres = np.add.reduceat(vectors, np.cumsum(sizes) - sizes, axis=0)
        nearness[rows] = np.einsum("ij,ij->i", vectors, np.repeat(centres, sizes, axis=0))
    return nearness


def _central_row(nearness: npt.NDArray[np.float64], originals: Sequence[Article], rows: Labels) -> int:
    """The family nearest the story's centre, of those in its commonest language; with a headline of its own, if any."""
    if len(rows) == 1:
        return int(rows[0])
    count = Counter(originals[row].language for row in rows)
    most = max(count.values())
    candidates = [
        (originals[row].headline_derived, -nearness[row], position)
        for position, row in enumerate(rows)
        if count[originals[row].language] == most
    ]
    return int(rows[min(candidates)[2]])


def _strengths(features: Features, labels: Labels, known: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64]:
    """The probability that belongs to the mean evidence of each family with the others of its story, float64 [n], where
    it is not known.
    """
    is_known = np.zeros(len(labels), dtype=bool) if known is None else ~np.isnan(known)
    evidence = mean_evidence_within(features, labels, ~is_known)
    strength = np.where(np.isnan(evidence), 1.0, np.round(probability(evidence), STRENGTH_DECIMALS))
    return strength if known is None else np.where(is_known, known, strength)
