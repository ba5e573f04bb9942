"""Stories brought up to date in a large index: what articles that came or left touch is grouped anew, and nothing else.

Touched are the stories of articles that left or changed, those whose families an article joins, and those that have as
much evidence with one that came as joins groups. All families of these stories are grouped again, with the neighbours
that a search of the whole index gives them; the other stories stay, and so does their part in threads. As a search that
is approximate does, this gives nearly what all at once would give; once a share of the families has changed, all are
grouped anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clusterer.article import Article, content_hash
from clusterer.article_features import EncodedArticles, StoredFamilies, dense_vectors, features_of
from clusterer.encoding.constants import ModelConstants
from clusterer.grouping.calibration import evidence_at
from clusterer.grouping.duplicates import Families, find_families
from clusterer.grouping.features import Features
from clusterer.grouping.grid import GridVectors
from clusterer.grouping.neighbours import Pairs, pairs_with_cosines
from clusterer.grouping.partition import Partition, edges_among, floor_of, partition_with_threads
from clusterer.grouping.search_index import QUERY_BLOCK, Found, build_search_index
from clusterer.index import IndexDirectory
from clusterer.index.search_index import LoadedSearchIndex
from clusterer.index.sparse_rows import appended
from clusterer.pipeline import in_content_order
from clusterer.progress import Progress
from clusterer.settings import Settings
from clusterer.stories.building import build_stories, thread_ids
from clusterer.stories.registry import with_known_ids
from clusterer.story import Story

# What may have changed since all were grouped, and what may be touched, as shares of the families.
LARGEST_SHARE_CHANGED = 0.2
LARGEST_SHARE_TOUCHED = 0.5
# Among so many nearest families an article's original is looked for.
ORIGINALS_AMONG = 4
BACKGROUND_STORIES = 1000
# A story of which this share is as it was keeps its keywords.
NEARLY_THE_SAME = 0.9
CHANGED = "changed"  # how many families have since all were grouped, in the details of the search index
NOWHERE = -1

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Before:
    """What an index knew before articles came or left: its search index; their `stories`; and the ids of those that are
    to be `placed`, which are they and the copies of those of them that are originals.
    """

    search: LoadedSearchIndex
    stories: frozenset[str]
    placed: frozenset[str]


def known_before(directory: IndexDirectory, ids: Collection[str], settings: Settings) -> Before | None:
    """What an index knows before articles with these ids come or leave; None where all are to be grouped anew
    afterwards: the search is exact, the settings are others, or much has changed.
    """
    details = directory.search_details()
    if details is None or details["probes"] is None or not directory.stories_current or settings != directory.settings:
        return None
    search = directory.load_search_index(to_grow=True)
    if search is None or details.get(CHANGED, 0) + len(ids) > LARGEST_SHARE_CHANGED * len(search.keys):
        return None
    copies = directory.family_members(ids)
    placed = {*ids, *(member.article.id for members in copies.values() for member in members)}
    stories = {assignment.story for assignment in directory.assignments(ids)}
    return Before(search, frozenset(stories), frozenset(placed))


def regroup_touched(
    directory: IndexDirectory, before: Before, constants: ModelConstants, settings: Settings, told: Progress
) -> bool:
    """Bring stories up to date after articles came or left. False, and nothing is changed, where most is touched."""
    grown = _GrownIndex(before)
    placed = directory.articles(before.placed)
    dense = _dense(directory, placed, constants)
    nearest = grown.nearest(dense, settings.neighbours)
    nearby = _families_nearby(directory, grown, placed, nearest, told)
    least_evidence = evidence_at(settings.threshold)
    related = _related(grown, placed, dense, nearest, constants, least_evidence)
    ids = before.stories | nearby.stories | {assignment.story for assignment in directory.assignments(related)}
    stories = directory.stories_by_id(ids)
    if sum(story.size for story in stories) > LARGEST_SHARE_TOUCHED * len(grown):
        return False
    families = _families(stories, placed, nearby.families)
    originals = in_content_order(families.originals)
    for article in families.articles:
        if families.original_of[article.id] != article.id:
            grown.remove(article.id)
    fresh = sorted((a for a in originals if a.id not in grown), key=lambda article: (content_hash(article), article.id))
    added = StoredFamilies.of(fresh, features_of(fresh, _dense(directory, fresh, constants), constants, progress=told))
    features, pairs, cosines = grown.compared(originals, fresh, added, constants.scale, settings.neighbours)
    told("search", len(originals), len(originals))
    partition = partition_with_threads(
        features,
        least_evidence=least_evidence,
        neighbours=settings.neighbours,
        edges=edges_among(features, pairs, cosines, floor=floor_of(least_evidence), progress=told),
        of_all=len(grown),
        progress=told,
    )
    threads = directory.thread_of_stories()
    others = threads.keys() - ids
    unchanged = _unchanged(stories, before.placed, families, originals, partition)
    made = _made(families, originals, partition, features, stories, unchanged, _background(directory, others), told)
    named = _named(made, stories, others, {threads[other] for other in others})
    kept = {story.id for story in named if story.id in unchanged and story.thread == unchanged[story.id].thread}
    directory.replace_stories(
        [story for story in named if story.id not in kept], replaced=ids - kept, settings=settings
    )
    grown.save(directory, fresh, added)
    return True


def _dense(directory: IndexDirectory, articles: Sequence[Article], constants: ModelConstants) -> GridVectors:
    """The vectors of articles in the order of the index, centred and on the grid, int16 [n, d]."""
    vectors = directory.vectors([article.id for article in articles])
    return dense_vectors(EncodedArticles(tuple(articles), *vectors), constants)


class _GrownIndex:
    """The search index from before, whose rows are families: some of them are gone, others will be added."""

    def __init__(self, before: Before) -> None:
        self._search = before.search
        self._keys = list(before.search.keys)
        self._row = {key: row for row, key in enumerate(self._keys) if key}
        self._alive = np.array([bool(key) for key in self._keys])
        self._gone: list[int] = []
        for id_ in before.placed:
            self.remove(id_)

    def __len__(self) -> int:
        """How many families there are."""
        return len(self._row)

    def __contains__(self, family: str) -> bool:
        return family in self._row

    def remove(self, family: str) -> None:
        """Let a family be gone, if it is there."""
        row = self._row.pop(family, None)
        if row is not None:
            self._alive[row] = False
            self._keys[row] = ""
            self._gone.append(row)

    def key(self, row: int) -> str:
        """The family of a row."""
        return self._keys[row]

    def nearest(self, grid: GridVectors, count: int) -> Found:
        """The products of vectors on the grid, int16 [n, d], with their `count` nearest families that are there, and
        the rows of these, NOWHERE where no more are found.
        """
        wanted = count + min(int(np.count_nonzero(~self._alive)), count)
        blocks = [
            self._search.index.search(grid[start : start + QUERY_BLOCK].astype(np.float32), wanted)
            for start in range(0, len(grid), QUERY_BLOCK)
        ] or [(np.zeros((0, wanted), np.float32), np.zeros((0, wanted), np.int64))]
        products, rows = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        usable = (rows >= 0) & self._alive[rows]
        return _best(np.where(usable, products, -np.inf), np.where(usable, rows, NOWHERE), count)

    def stored(self, rows: Rows) -> StoredFamilies:
        """What is kept of the families in these rows."""
        table = self._search.table
        return StoredFamilies(
            self._search.index.reconstruct_batch(rows).astype(np.int16),
            {name: matrix.at(rows) for name, matrix in table.sparse.items()},
            {name: values[rows] for name, values in table.columns.items()},
        )

    def compared(
        self,
        originals: Sequence[Article],
        fresh: Sequence[Article],
        added: StoredFamilies,
        scale: float,
        neighbours: int,
    ) -> tuple[Features, Pairs, npt.NDArray[np.float64]]:
        """The features of families, of which those that are `fresh` have no row yet; and the pairs of them in which one
        is among the other's nearest in the whole index and the fresh ones, with their cosines.
        """
        place = {article.id: place for place, article in enumerate(originals)}
        known = [article.id for article in originals if article.id in self]
        rows = np.array([self._row[id_] for id_ in known], dtype=np.intp)
        order = np.array([place[id_] for id_ in (*known, *(article.id for article in fresh))], dtype=np.intp)
        families = StoredFamilies.joined([self.stored(rows), added]).take(np.argsort(order))
        # Of each row, and of the fresh ones after them, the place among the families that are compared.
        places = np.full(len(self._keys) + len(fresh) + 1, NOWHERE, dtype=np.intp)
        places[rows], places[len(self._keys) : -1] = order[: len(rows)], order[len(rows) :]
        products, found = self._nearest_of_all(families.dense, added.dense, neighbours + 1)
        left = np.repeat(np.arange(len(originals)), found.shape[1])
        right = places[found.ravel()]  # nowhere is the last
        keep = (right != NOWHERE) & (left != right)
        pairs, cosines = pairs_with_cosines(left[keep], right[keep], products.ravel()[keep], len(originals))
        return families.features(scale), pairs, cosines

    def _nearest_of_all(self, grid: GridVectors, fresh: GridVectors, count: int) -> Found:
        """The nearest of the families that are there and of the fresh ones, which come after all rows."""
        products, rows = self.nearest(grid, count)
        if not len(fresh):
            return products, rows
        beside = build_search_index(fresh, count, 1.0)
        blocks = list(beside.nearest(grid, min(count, len(fresh))))
        more, found = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        return _best(np.hstack([products, more]), np.hstack([rows, found + len(self._keys)]), count)

    def save(self, directory: IndexDirectory, fresh: Sequence[Article], added: StoredFamilies) -> None:
        """Store the index with the fresh families after its rows, and of those that are gone nothing but vectors."""
        self._search.index.add(added.dense.astype(np.float32))
        keys = [*self._keys, *(article.id for article in fresh)]
        table = appended(self._search.table, np.array(self._gone, dtype=np.intp), added.rows, added.columns)
        changed = self._search.details.get(CHANGED, 0) + len(fresh) + len(self._gone)
        directory.save_search_index(
            self._search.index, keys, *table, details={**self._search.details, CHANGED: changed}
        )


def _best(products: npt.NDArray[np.float32], rows: npt.NDArray[np.int64], count: int) -> Found:
    """Of what was found of each row the `count` with the largest products, the largest first."""
    order = np.argsort(-products, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(products, order, axis=1), np.take_along_axis(rows, order, axis=1)


class _Nearby(NamedTuple):
    """Duplicate families among articles and those that may be theirs, and the stories of those that have changed."""

    families: Families
    stories: frozenset[str]


def _families_nearby(
    directory: IndexDirectory, grown: _GrownIndex, placed: Sequence[Article], nearest: Found, told: Progress
) -> _Nearby:
    near = {grown.key(row) for row in np.unique(nearest[1][:, :ORIGINALS_AMONG]).tolist() if row != NOWHERE}
    members = [member for some in directory.family_members(near).values() for member in some]
    articles = {member.article.id: member.article for member in members} | {article.id: article for article in placed}
    families = find_families(list(articles.values()), progress=told)
    was = {member.article.id: member.family for member in members}
    changed: set[str] = set()
    for id_, original in families.original_of.items():
        if was.get(id_) != original:
            changed.update(was[one] for one in (id_, original) if one in was)
    return _Nearby(families, frozenset(assignment.story for assignment in directory.assignments(changed)))


def _related(
    grown: _GrownIndex,
    placed: Sequence[Article],
    dense: GridVectors,
    nearest: Found,
    constants: ModelConstants,
    least_evidence: float,
) -> set[str]:
    """The families near an article that have so much evidence with it."""
    rows, position = np.unique(nearest[1], return_inverse=True)
    article = np.repeat(np.arange(len(placed)), nearest[1].shape[1])
    there = nearest[1].ravel() != NOWHERE
    rows, missing = rows[rows != NOWHERE], int(np.count_nonzero(rows == NOWHERE))
    if not len(rows):
        return set()
    own = StoredFamilies.of(placed, features_of(placed, dense, constants))
    features = StoredFamilies.joined([grown.stored(rows), own]).features(constants.scale)
    pairs = position.ravel()[there] - missing, len(rows) + article[there]
    strong = edges_among(features, pairs, floor=least_evidence)
    return {grown.key(row) for row in rows[np.unique(strong.pairs[0])].tolist()}


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


def _unchanged(
    stories: Iterable[Story],
    placed: frozenset[str],
    families: Families,
    originals: Sequence[Article],
    partition: Partition,
) -> dict[str, Story]:
    """The stories whose articles are together again and alone, none of them new or changed, by id."""
    group = {article.id: label for article, label in zip(originals, partition.stories.tolist(), strict=True)}
    sizes = Counter(group[original] for original in families.original_of.values())
    found = {}
    for story in stories:
        members = [member.article.id for member in story.articles]
        groups = {group[families.original_of[id_]] for id_ in members}
        if len(groups) == 1 and sizes[groups.pop()] == len(members) and not placed & set(members):
            found[story.id] = story
    return found


def _made(
    families: Families,
    originals: Sequence[Article],
    partition: Partition,
    features: Features,
    before: Iterable[Story],
    unchanged: Mapping[str, Story],
    background: Sequence[Sequence[Article]],
    told: Progress,
) -> list[Story]:
    """The stories of a partition: those that are unchanged as they are, the others built; all with their threads' own
    names.
    """
    settled = {member.family for story in unchanged.values() for member in story.articles}
    rows = np.array([row for row, article in enumerate(originals) if article.id not in settled], dtype=np.intp)
    labels = (np.unique(labels[rows], return_inverse=True)[1] for labels in (partition.stories, partition.threads))
    own = Families(
        tuple(article for article in families.articles if families.original_of[article.id] not in settled),
        families.original_of,
        families.overlap_of,
    )
    some, parts = [originals[row] for row in rows], Partition(*labels)
    keywords = _kept_keywords(before, some, parts)
    built = build_stories(
        own, some, parts, features.take(rows), keywords=keywords, background=background, progress=told
    )
    names = thread_ids(originals, partition.threads)
    thread = {article.id: names[label] for article, label in zip(originals, partition.threads.tolist(), strict=True)}
    return [replace(story, thread=thread[story.articles[0].family]) for story in (*built, *unchanged.values())]


def _kept_keywords(
    before: Iterable[Story], originals: Sequence[Article], partition: Partition
) -> dict[int, Mapping[str, tuple[str, ...]]]:
    """The keywords of stories before that are nearly the same as stories of a partition, by the number of these."""
    group = {article.id: label for article, label in zip(originals, partition.stories.tolist(), strict=True)}
    sizes = np.bincount(partition.stories)
    kept = {}
    for story in before:
        families = {member.family for member in story.articles}
        together = Counter(group[family] for family in families if family in group)
        for label, shared in together.items():
            if shared >= NEARLY_THE_SAME * max(sizes[label], len(families)):
                kept[label] = story.keywords
    return kept


def _background(directory: IndexDirectory, others: Collection[str]) -> list[list[Article]]:
    """The originals of some other stories, a sample of chance: an id says nothing of its story."""
    stories = directory.stories_by_id(sorted(others)[:BACKGROUND_STORIES])
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
