"""Stories brought up to date in a large index: what articles that came or left touch is grouped anew, and nothing else.

Touched are the stories of articles that left or changed, those whose families an article joins, and those that have as
much evidence with one that came as joins groups. All families of these stories are grouped again, but for those of
large ones, which stay together (`regrouped`), with the edges that are known of them and those that a search of the
whole index gives to what came; the other stories stay, and so does their part in threads. As a search that is
approximate does, this gives nearly what all at once would give; once a share of the families has changed, all are
grouped anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from heapq import nsmallest
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clusterer.article import Article, content_hash
from clusterer.article_features import (
    EncodedArticles,
    StoredFamilies,
    dense_vectors,
    features_of,
    features_of_known,
)
from clusterer.encoding.constants import ModelConstants
from clusterer.grouping.calibration import evidence_at
from clusterer.grouping.duplicates import Families, find_families
from clusterer.grouping.evidence import pair_terms
from clusterer.grouping.features import Features
from clusterer.grouping.grid import GridVectors
from clusterer.grouping.limits import lowest_limit
from clusterer.grouping.neighbours import Pairs
from clusterer.grouping.partition import Edges, edges_among, floor_of, partition_with_threads
from clusterer.grown_index import CHANGED, EDGES, NOWHERE, Fresh, GrownIndex
from clusterer.index import IndexDirectory
from clusterer.index.search_index import LoadedSearchIndex
from clusterer.pipeline import stored_days_apart
from clusterer.progress import Progress
from clusterer.regrouped import Regrouped, can_be_settled, made_stories, settled_families, unchanged_stories
from clusterer.settings import Settings
from clusterer.sorted_keys import key_starts
from clusterer.stories.registry import with_known_ids
from clusterer.story import Story

# What may have changed since all were grouped, and what may be touched, as shares of the families; and what may have
# come since the search index was last written as a whole: each addition looks through it all, and writes it again.
LARGEST_SHARE_CHANGED = 0.2
LARGEST_SHARE_TOUCHED = 0.5
LARGEST_SHARE_ADDED = 1 / 16
# An article may join a large story if it has most evidence with one of its families, or evidence with some: of its
# neighbours at least such a share. With fewer the mean over the story is too low.
LEAST_SHARE_RELATED = 0.1
# An article's original is looked for among so many nearest families that are as near as that, and have as many words
# in common where the language is one: copies that are known have a cosine of .48 and more of vectors, .41 of words.
ORIGINALS_AMONG = 4
LEAST_COSINE_OF_A_COPY = 0.4
LEAST_COSINE_OF_ITS_WORDS = 0.3


@dataclass(frozen=True, slots=True)
class Before:
    """What an index knew before articles came or left: its search index; their `stories`; the ids of those that are to
    be `placed`, which are they and the copies of those of them that are originals; and whether it is enough to group
    anew what they touch: the search is approximate, and little has changed since all were grouped.
    """

    search: LoadedSearchIndex
    stories: frozenset[str]
    placed: frozenset[str]
    is_enough: bool

    def features(
        self, originals: Sequence[Article], dense: GridVectors, constants: ModelConstants, told: Progress
    ) -> Features:
        """What `features_of` gives for families in content order, without reading anew those that it knows."""
        row = {key: row for row, key in enumerate(self.search.keys) if key and key not in self.placed}
        rows = np.array([row.get(article.id, NOWHERE) for article in originals], dtype=np.intp)
        del row
        return features_of_known(originals, dense, self.search, rows, constants, progress=told)


def known_before(directory: IndexDirectory, ids: Collection[str], settings: Settings) -> Before | None:
    """What an index knows before articles with these ids come or leave; None where it has no search index."""
    search = directory.load_search_index()
    if search is None:
        return None
    count = len(search.keys)
    is_enough = (
        search.details["probes"] is not None
        and search.details.get(CHANGED, 0) + len(ids) <= LARGEST_SHARE_CHANGED * count
        and EDGES in search.table.sparse
        and directory.stories_current
        and settings == directory.settings
    )
    stories = {assignment.story for assignment in directory.assignments(ids)}
    # The words of what leaves or changes must not stay in files that are not written anew.
    if is_enough and (stories or len(search.added) + len(ids) > LARGEST_SHARE_ADDED * count):
        search = directory.load_search_index(to_grow=True)
        if search is None:
            return None
    copies = directory.family_members(ids)
    placed = {*ids, *(member.article.id for members in copies.values() for member in members)}
    return Before(search, frozenset(stories), frozenset(placed), is_enough)


def regroup_touched(
    directory: IndexDirectory, before: Before, constants: ModelConstants, settings: Settings, told: Progress
) -> bool:
    """Bring stories up to date after articles came or left. False, and nothing is changed, where most is touched."""
    grown = GrownIndex(before.search, stored_days_apart(directory))
    for id_ in before.placed:
        grown.remove(id_)
    # One more than the neighbours, as a family is its own nearest.
    placed = _searched(directory, grown, directory.articles(before.placed), settings.neighbours + 1, constants, told)
    neighbours = _Neighbours.of(grown, placed, settings.neighbours, constants)
    nearby = _families_nearby(directory, grown, placed.articles, neighbours, told)
    least_evidence = evidence_at(settings.threshold)
    coming = _coming(directory, neighbours.related(grown, least_evidence), settings.neighbours, len(grown))
    ids = before.stories | nearby.stories | coming.keys()
    stories = directory.stories_by_id(ids)
    if sum(story.size for story in stories) > LARGEST_SHARE_TOUCHED * len(grown):
        return False
    families = _families(stories, placed.articles, nearby.families)
    for article in families.articles:
        if families.original_of[article.id] != article.id:
            grown.remove(article.id)
    every = families.originals
    known = grown.in_row_order(article for article in every if article.id in grown)
    without_row = [article for article in every if article.id not in grown]
    fresh = _fresh(directory, grown, without_row, placed, settings.neighbours + 1, constants, told)
    originals = [*known, *fresh.articles]
    features, edges, fresh_edges = grown.compared(
        known, fresh, constants, neighbours=settings.neighbours, floor=floor_of(least_evidence)
    )
    told("evidence", len(originals), len(originals))
    # What an article said that left or changed must not live on in keywords.
    steady = [story for story in stories if story.id not in before.stories]
    settled = settled_families(steady, originals, coming, len(grown))
    with grown.being_saved(directory, fresh, fresh_edges) as save:
        partition = partition_with_threads(
            features,
            least_evidence=least_evidence,
            neighbours=settings.neighbours,
            edges=Edges(edges, grown.days_apart),
            of_all=len(grown),
            settled=settled.stories,
            progress=told,
        )
        threads = directory.thread_of_stories()
        others = threads.keys() - ids
        grouped = Regrouped(families, originals, partition, features, settled)
        unchanged = unchanged_stories(grouped, stories, before.placed)
        made = made_stories(grouped, steady, unchanged, partial(_background, directory, others), told)
        named = _named(made, stories, others, {threads[other] for other in others})
        kept = {story.id for story in named if story.id in unchanged and story.thread == unchanged[story.id].thread}
        changed = [story for story in named if story.id not in kept]
        directory.replace_stories(changed, replaced=ids - kept, stored=stories, settings=settings)
        save()
    return True


def _searched(
    directory: IndexDirectory,
    grown: GrownIndex,
    articles: Sequence[Article],
    count: int,
    constants: ModelConstants,
    told: Progress,
) -> Fresh:
    """Articles that have no row, in the order of the index, and of each so many families that are nearest."""
    vectors = directory.vectors([article.id for article in articles])
    dense = dense_vectors(EncodedArticles(tuple(articles), *vectors), constants)
    own = StoredFamilies.of(articles, features_of(articles, dense, constants, progress=told))
    return Fresh(articles, own, grown.search(dense, count))


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """The families nearest to articles, the nearest first.

    `rows`: those of all of them, ascending, int [m]. `features`: what they are compared by, and after them the
    articles. `pairs`: a family's place among these and an article's; `place`: which of the article's nearest it is.
    """

    rows: npt.NDArray[np.intp]
    features: Features
    pairs: Pairs
    place: npt.NDArray[np.intp]

    @staticmethod
    def of(grown: GrownIndex, articles: Fresh, count: int, constants: ModelConstants) -> _Neighbours:
        """As many as `count` of each article."""
        nearest = grown.nearest(articles.found, count)[1]
        article, place = np.nonzero(nearest != NOWHERE)
        rows, family = np.unique(nearest[article, place], return_inverse=True)
        families = StoredFamilies.joined([grown.stored(rows), articles.families])
        features = replace(families.features(constants), days_apart=grown.days_apart)
        return _Neighbours(rows, features, (family, len(rows) + article), place)

    def related(self, grown: GrownIndex, least_evidence: float) -> list[list[str]]:
        """Of articles the families that have as much evidence with them as joins groups, that with most first; of those
        articles that have any.
        """
        strong = edges_among(self.features, self.pairs, floor=lowest_limit(least_evidence))
        families, articles = strong.pairs
        order = np.lexsort((families, -strong.evidence, articles))
        keys = [grown.key(row) for row in self.rows[families[order]].tolist()]
        bounds = [*key_starts(articles[order]).tolist(), len(keys)]
        return [keys[start:end] for start, end in pairwise(bounds)]

    def maybe_originals(self, grown: GrownIndex) -> set[str]:
        """The families that an article may be a copy of."""
        left, right = (side[self.place < ORIGINALS_AMONG] for side in self.pairs)
        terms = pair_terms(self.features, left, right)
        has_words = ~terms.one_language | (terms.lexical >= LEAST_COSINE_OF_ITS_WORDS)
        return self._keys(grown, left[has_words & (terms.dense >= LEAST_COSINE_OF_A_COPY)])

    def _keys(self, grown: GrownIndex, families: npt.NDArray[np.intp]) -> set[str]:
        return {grown.key(row) for row in self.rows[np.unique(families)].tolist()}


def _coming(directory: IndexDirectory, related: Sequence[Sequence[str]], neighbours: int, of_all: int) -> Counter[str]:
    """The stories that articles may join, and how many of these are likely to come to each, `related` being the
    families that each has evidence with, that with most first.
    """
    story_of = {found.id: found.story for found in directory.assignments({key for keys in related for key in keys})}
    sizes = directory.story_sizes(story_of.values())
    coming: Counter[str] = Counter()
    for keys in related:
        stories = [story_of[key] for key in keys if key in story_of]
        coming.update(stories[:1])
        for story, count in Counter(stories).items():
            # By its articles: they are as many as its families and some copies.
            if count >= LEAST_SHARE_RELATED * neighbours or not can_be_settled(sizes[story], of_all):
                coming[story] += 0
    return coming


class _Nearby(NamedTuple):
    """Duplicate families among articles and those that may be theirs, and the stories of those that have changed."""

    families: Families
    stories: frozenset[str]


def _families_nearby(
    directory: IndexDirectory, grown: GrownIndex, placed: Sequence[Article], neighbours: _Neighbours, told: Progress
) -> _Nearby:
    near = neighbours.maybe_originals(grown)
    members = [member for some in directory.family_members(near).values() for member in some]
    articles = {member.article.id: member.article for member in members} | {article.id: article for article in placed}
    families = find_families(list(articles.values()), progress=told)
    was = {member.article.id: member.family for member in members}
    changed: set[str] = set()
    for id_, original in families.original_of.items():
        if was.get(id_) != original:
            changed.update(was[one] for one in (id_, original) if one in was)
    return _Nearby(families, frozenset(assignment.story for assignment in directory.assignments(changed)))


def _fresh(
    directory: IndexDirectory,
    grown: GrownIndex,
    originals: Sequence[Article],
    placed: Fresh,
    count: int,
    constants: ModelConstants,
    told: Progress,
) -> Fresh:
    """Originals that have no row yet: most are among those placed, and the others were copies before."""
    wanted = {article.id: article for article in originals}
    fresh = placed.chosen([place for place, article in enumerate(placed.articles) if article.id in wanted])
    for article in fresh.articles:
        del wanted[article.id]
    copies = sorted(wanted.values(), key=lambda article: (content_hash(article), article.id))
    return fresh.joined(_searched(directory, grown, copies, count, constants, told))


def _families(stories: Iterable[Story], placed: Sequence[Article], nearby: Families) -> Families:
    """The families of the articles of stories and of those that are placed."""
    members = [member for story in stories for member in story.articles]
    articles = {article.id: article for article in (*(member.article for member in members), *placed)}
    original_of = {member.article.id: member.family for member in members}
    overlap_of = {member.article.id: member.overlap for member in members if member.family != member.article.id}
    for id_ in articles.keys() & nearby.original_of.keys():
        original_of[id_] = nearby.original_of[id_]
        overlap_of.pop(id_, None)
        if id_ in nearby.overlap_of:
            overlap_of[id_] = nearby.overlap_of[id_]
    return Families(tuple(articles.values()), original_of, overlap_of)


def _background(directory: IndexDirectory, others: Collection[str], count: int) -> list[list[Article]]:
    """The originals of so many other stories, a sample of chance: an id says nothing of its story."""
    stories = directory.stories_by_id(nsmallest(count, others))
    return [[m.article for m in story.articles if m.family == m.article.id] for story in stories]


def _named(
    made: Sequence[Story], before: Sequence[Story], others: Collection[str], other_threads: set[str]
) -> tuple[Story, ...]:
    """Stories with the ids of those that they go on from; a thread may go on beyond them."""
    known_stories = {member.article.id: story.id for story in before for member in story.articles}
    known_threads = {member.article.id: story.thread for story in before for member in story.articles}
    return with_known_ids(
        made,
        known_stories,
        known_threads,
        other_stories=others,
        other_threads=other_threads - set(known_threads.values()),
    )
