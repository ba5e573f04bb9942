"""The stories of families that were grouped anew: what large ones keep, and what is told of those that changed.

A large story of a large index is grouped anew when its articles leave or change, and else with every tenth that it
grows by: until then it stays together, and what comes joins it or does not. To group it for each article that comes
would take longer the larger it is, and it would change its members for nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clusterer.article import Article
from clusterer.grouping.duplicates import Families
from clusterer.grouping.features import Features
from clusterer.grouping.partition import UNSETTLED, Partition
from clusterer.progress import Progress
from clusterer.stories.building import Standing, build_stories, thread_ids
from clusterer.story import Story

# The families of a large story, and by how much it grows before it is grouped anew. One that is more than this share of
# all is always grouped anew: whether it is split or not matters to the whole.
FEWEST_OF_LARGE = 64
GROWTH = 1.1
LARGEST_SHARE_SETTLED = 0.01
# Which words are rare is learnt of at least so many stories.
LOOKED_THROUGH = 500
# A story of which this share is as it was keeps its keywords, and a large one the strengths of its members.
NEARLY_THE_SAME = 0.9

Rows = npt.NDArray[np.intp]


class Settled(NamedTuple):
    """Which of n families stay together: the number of each one's story, int [n], UNSETTLED of the others, and its
    strength there, float64 [n], NaN of the others.
    """

    stories: Rows
    strength: npt.NDArray[np.float64]


def settled_families(
    stories: Iterable[Story], originals: Sequence[Article], coming: Mapping[str, int], of_all: int
) -> Settled:
    """The families of large ones of the stories, to each of which so many are likely to come, where there are `of_all`
    families.
    """
    number: dict[str, int] = {}
    strength: dict[str, float] = {}
    for story in stories:
        own = {member.family: member.strength for member in story.articles if member.family == member.article.id}
        if can_be_settled(len(own), of_all) and _step(len(own)) == _step(len(own) + coming.get(story.id, 0)):
            number |= dict.fromkeys(own, len(number))
            strength |= own
    return Settled(
        np.array([number.get(article.id, UNSETTLED) for article in originals], dtype=np.intp),
        np.array([strength.get(article.id, np.nan) for article in originals], dtype=np.float64),
    )


def can_be_settled(families: int, of_all: int) -> bool:
    """Whether a story of so many families of all is large, and none that matters to the whole."""
    return FEWEST_OF_LARGE <= families <= LARGEST_SHARE_SETTLED * of_all


def _step(families: int) -> int:
    """How often a story of so many families has been grouped anew since it had one, if it grew little by little."""
    return int(math.log(families) / math.log(GROWTH))


@dataclass(frozen=True, slots=True)
class Regrouped:
    """The `originals` of families with the partition that was made of them, their features, and which were settled."""

    families: Families
    originals: Sequence[Article]
    partition: Partition
    features: Features
    settled: Settled


def unchanged_stories(grouped: Regrouped, stories: Iterable[Story], placed: frozenset[str]) -> dict[str, Story]:
    """The stories whose articles are together again and alone, in the same families, none of them new or changed."""
    original_of, labels = grouped.families.original_of, grouped.partition.stories.tolist()
    group = {article.id: label for article, label in zip(grouped.originals, labels, strict=True)}
    sizes = Counter(group[original] for original in original_of.values())
    found = {}
    for story in stories:
        members = {member.article.id: member.family for member in story.articles}
        groups = {group[original_of[id_]] for id_ in members}
        is_together = len(groups) == 1 and sizes[groups.pop()] == len(members)
        if is_together and not placed & members.keys() and members.items() <= original_of.items():
            found[story.id] = story
    return found


def made_stories(
    grouped: Regrouped,
    steady: Iterable[Story],
    unchanged: Mapping[str, Story],
    background: Callable[[int], Sequence[Sequence[Article]]],
    told: Progress,
) -> list[Story]:
    """The stories of a partition: those that are unchanged as they are, the others built, those that are nearly the
    same as a `steady` one with its keywords; all with their threads' own names. `background` gives so many others.
    """
    families, originals, partition = grouped.families, grouped.originals, grouped.partition
    done = {member.family for story in unchanged.values() for member in story.articles}
    rows = np.array([row for row, article in enumerate(originals) if article.id not in done], dtype=np.intp)
    stories = np.unique(partition.stories[rows], return_inverse=True)[1]
    own = Families(
        tuple(article for article in families.articles if families.original_of[article.id] not in done),
        families.original_of,
        families.overlap_of,
    )
    some, parts = [originals[row] for row in rows], replace(partition, stories=stories, threads=partition.threads[rows])
    keywords = _kept_keywords(steady, some, parts)
    standing = Standing.of(grouped.features.take(rows), stories, _kept_strengths(grouped.settled, rows, stories))
    threads = thread_ids(originals, partition.threads)
    others = background(max(0, LOOKED_THROUGH - (int(stories.max(initial=-1)) + 1 - len(keywords))))
    built = build_stories(own, some, parts, standing, threads, keywords=keywords, background=others, progress=told)
    thread = {article.id: threads[label] for article, label in zip(originals, partition.threads.tolist(), strict=True)}
    return [*built, *(replace(story, thread=thread[story.articles[0].family]) for story in unchanged.values())]


def _kept_strengths(settled: Settled, rows: Rows, stories: Rows) -> npt.NDArray[np.float64]:
    """The strengths of the families at `rows` that are settled in one of the stories, int [m], that is nearly the same,
    float64 [m]; NaN of the others.
    """
    group = settled.stories[rows]
    there = np.flatnonzero(group != UNSETTLED)
    kept = np.bincount(group[there])[group[there]] >= NEARLY_THE_SAME * np.bincount(stories)[stories[there]]
    strength = np.full(len(rows), np.nan)
    strength[there[kept]] = settled.strength[rows[there[kept]]]
    return strength


def _kept_keywords(
    steady: Iterable[Story], originals: Sequence[Article], partition: Partition
) -> dict[int, Mapping[str, tuple[str, ...]]]:
    """The keywords of stories that are nearly the same as stories of a partition, by the number of these."""
    group = {article.id: label for article, label in zip(originals, partition.stories.tolist(), strict=True)}
    sizes = np.bincount(partition.stories)
    kept = {}
    for story in steady:
        families = {member.family for member in story.articles}
        together = Counter(group[family] for family in families if family in group)
        for label, shared in together.items():
            if shared >= NEARLY_THE_SAME * max(sizes[label], len(families)):
                kept[label] = story.keywords
    return kept
