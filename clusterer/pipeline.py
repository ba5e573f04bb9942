"""The way of an article, from a record to its story: the one place that knows the order of the stages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterer.article import UNKNOWN_LANGUAGE, Article, content_hash
from clusterer.article_features import (
    EncodedArticles,
    bundled_features,
    dense_vectors,
    encode_articles,
    features_of,
)
from clusterer.checkpoint import Checkpoint, once
from clusterer.encoding.bundled import BundledEncoder
from clusterer.encoding.bundled_deep import DEEP_NAME
from clusterer.encoding.bundled_files import DEEP_MODEL
from clusterer.encoding.constants import (
    ModelConstants,
    bundled_constants,
    dump_constants,
    measured_constants,
    unit_rows,
)
from clusterer.encoding.encoder import Encoder, Vectors
from clusterer.encoding.loading import load_encoder
from clusterer.errors import UsageError
from clusterer.grouping.calibration import evidence_at
from clusterer.grouping.duplicates import Families
from clusterer.grouping.duplicates import find_families as families_of
from clusterer.grouping.features import TYPICAL_DAYS_APART, Features
from clusterer.grouping.grid import LARGEST_DIMENSION
from clusterer.grouping.neighbours import Pairs, neighbour_pairs
from clusterer.grouping.partition import Edges, Partition, floor_of, found_edges, partition_with_threads
from clusterer.grouping.search_index import SearchIndex, build_search_index
from clusterer.identity import Identified, identify
from clusterer.index.readable import ReadableIndex
from clusterer.language import detect_languages
from clusterer.memory import collecting_seldom, give_back
from clusterer.parallel import end_processes
from clusterer.progress import Progress, silent
from clusterer.reading import BadRecord, ReadingOptions, articles_from_records
from clusterer.settings import Settings
from clusterer.stories.building import Standing, build_stories, thread_ids
from clusterer.stories.threads import threads_of
from clusterer.story import Assignment, Story, Thread

DETECTED_CHARACTERS = 300
DAYS_APART = "days_apart"  # among the arrays of an index

Record = Article | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Clustering:
    """Stories, largest first; an assignment for each record that was read, in order; and the records that could not
    be.
    """

    stories: tuple[Story, ...]
    assignments: tuple[Assignment, ...]
    errors: tuple[BadRecord, ...] = ()

    @property
    def threads(self) -> tuple[Thread, ...]:
        """The threads that the stories make, those of most stories first."""
        return threads_of(self.stories)


@collecting_seldom()
def cluster(
    articles: Iterable[Record],
    *,
    encoder: Encoder | None = None,
    vectors: Vectors | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> Clustering:
    """Cluster articles into stories.

    `articles` are mappings with the usual field names, or `Article`s. `encoder` is the bundled model unless given.
    `vectors`, float32 [n, d], one row for each article in order, stand in for those of an encoder; mappings are then
    kept whole, not split into the articles that stood on one page. The order of the articles, and repeated ones, have
    no influence on the stories. What is finished is kept in `checkpoint`, if there is one, and not done again. Raises
    `UsageError` for vectors that do not fit, and `InputError` where no record can be read.
    """
    told = progress or silent
    records, errors = read_records(articles, ReadingOptions(split="auto" if vectors is None else "never"))
    own = None if vectors is None else _checked_vectors(vectors, len(records))
    identified = identify(records)
    known = with_languages(identified.articles, progress=told)
    families = families_of(known, progress=told, checkpoint=checkpoint)
    give_back()
    originals = in_content_order(families.originals)
    stories = make_stories(
        families,
        originals,
        # Not named here, so that they can be let go.
        _features(originals, encoder, told, checkpoint) if own is None else _given_features(originals, own, identified),
        settings or Settings(),
        progress=told,
        checkpoint=checkpoint,
    )
    return Clustering(stories, _assignments(stories, identified.ids), errors)


def _features(
    originals: tuple[Article, ...], encoder: Encoder | None, told: Progress, checkpoint: Checkpoint | None
) -> Features:
    model = encoder or load_encoder()
    if isinstance(model, BundledEncoder):
        return bundled_features(originals, progress=told, checkpoint=checkpoint)
    encoded = encode_articles(originals, model, progress=told)
    constants = constants_of(model, progress=told)
    return features_of(originals, dense_vectors(encoded, constants), constants, progress=told)


def _given_features(originals: tuple[Article, ...], vectors: Vectors, identified: Identified) -> Features:
    row_of = {article.id: row for article, row in zip(identified.articles, identified.rows, strict=True)}
    given = unit_rows(vectors[[row_of[article.id] for article in originals]])
    constants = dump_constants(given, [article.language for article in originals])
    encoded = EncodedArticles(originals, np.zeros_like(given), given)
    return features_of(originals, dense_vectors(encoded, constants), constants)


def find_families(articles: Iterable[Record], *, progress: Progress | None = None) -> Families:
    """The duplicate families of articles, without encoding anything."""
    return families_of(identify(read_records(articles)[0]).articles, progress=progress)


def read_records(
    articles: Iterable[Record], options: ReadingOptions | None = None
) -> tuple[list[Article], tuple[BadRecord, ...]]:
    """Articles from mappings, articles or a data frame, and the records that cannot be read, all of them."""
    errors: list[BadRecord] = []
    rows = articles.to_dict("records") if hasattr(articles, "to_dict") else articles
    records = list(articles_from_records(rows, options, on_bad=errors.append))
    return records, tuple(errors)


def _checked_vectors(vectors: Vectors, articles: int) -> Vectors:
    """The vectors as float32 [articles, d], if they are that."""
    rows = np.asarray(vectors)
    if rows.ndim != 2 or rows.dtype.kind != "f" or rows.shape[1] > LARGEST_DIMENSION:
        raise UsageError(
            f"the vectors are {rows.dtype} {list(rows.shape)}, not floats [articles, dimensions]",
            where="vectors",
            remedy=f"Give one row of at most {LARGEST_DIMENSION:,} floats for each article.",
        )
    if len(rows) != articles:
        raise UsageError(
            f"there are {len(rows):,} vectors for {articles:,} articles",
            where="vectors",
            remedy="Give one row for each article that can be read, in the order of the articles.",
        )
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise UsageError(
            f"row {int(np.argmin(finite)):,} of the vectors holds a number that is not finite",
            where="vectors",
            remedy="Compute it again; a text without meaning may have a row of zeros.",
        )
    return rows.astype(np.float32, copy=False)


def in_content_order(articles: Iterable[Article]) -> tuple[Article, ...]:
    """Articles in the order of language, content hash and id, which no order of the input influences.

    What is done to texts block by block remembers words, and those of one language come again sooner.
    """
    return tuple(sorted(articles, key=lambda article: (article.language, content_hash(article), article.id)))


def with_languages(articles: Sequence[Article], *, progress: Progress | None = None) -> tuple[Article, ...]:
    """The articles, each with a language: its own, or else a detected one. What stood on a page has the page's."""
    told = progress or silent
    unknown = [article for article in articles if article.language == UNKNOWN_LANGUAGE]
    pages: defaultdict[str, set[tuple[bool, str, str]]] = defaultdict(set)
    for article in unknown:
        part = (article.part_of is not None, article.id, article.text[:DETECTED_CHARACTERS])
        pages[article.part_of or article.id].add(part)
    # The page's own article first, whatever the order in which its parts come.
    texts = ["\n".join(text for _, _, text in sorted(parts)) for parts in pages.values()]
    detected = dict(zip(pages, detect_languages(texts), strict=True))
    told("language", len(articles), len(articles))
    return tuple(
        replace(article, language=detected[article.part_of or article.id])
        if article.language == UNKNOWN_LANGUAGE
        else article
        for article in articles
    )


def constants_of(encoder: Encoder, *, progress: Progress | None = None) -> ModelConstants:
    """The constants of a model: shipped with the bundled ones, measured for any other."""
    if isinstance(encoder, BundledEncoder):
        return bundled_constants()
    if encoder.name == DEEP_NAME:
        return bundled_constants(DEEP_MODEL)
    return measured_constants(encoder, progress=progress)


def make_stories(
    families: Families,
    originals: Sequence[Article],
    features: Features,
    settings: Settings,
    *,
    index: SearchIndex | None = None,
    edges_told: Callable[[Edges], None] | None = None,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> tuple[Story, ...]:
    """The stories of the families, whose originals come in content order with their features; `index` is that of their
    vectors, if it is there. What is finished is kept in `checkpoint`, if there is one. The edges are told as soon as
    they are found.
    """
    partition = _partition(features, settings, index, edges_told, progress, checkpoint)
    features = replace(features, days_apart=partition.days_apart)
    standing = Standing.of(features, partition.stories)
    del features  # not needed any longer, and a third of what there is, if nobody else has them
    give_back()
    threads = thread_ids(originals, partition.threads)
    return build_stories(families, originals, partition, standing, threads, progress=progress, checkpoint=checkpoint)


def stored_days_apart(directory: ReadableIndex) -> float:
    """How long the stories of an index run, as told when all were grouped; else what is typical."""
    stored = directory.load_array(DAYS_APART)
    return TYPICAL_DAYS_APART if stored is None else float(stored)


def _partition(
    features: Features,
    settings: Settings,
    index: SearchIndex | None,
    edges_told: Callable[[Edges], None] | None,
    progress: Progress | None,
    checkpoint: Checkpoint | None,
) -> Partition:
    least_evidence = evidence_at(settings.threshold)

    def search() -> tuple[Pairs, npt.NDArray[np.float64]]:
        return neighbour_pairs(
            features.dense,
            settings.neighbours,
            # Not named here, so that it is let go as soon as it has been searched.
            index or build_search_index(features.dense, settings.neighbours, settings.recall, progress=progress),
            progress=progress,
        )

    def compare() -> Edges:
        end_processes(len(features))
        give_back()
        pairs, cosines = search()
        give_back()
        edges = found_edges(features, pairs, cosines, floor=floor_of(least_evidence), progress=progress)
        del pairs, cosines
        if edges_told:
            edges_told(edges)
        give_back()
        return edges

    def group() -> Partition:
        return partition_with_threads(
            features,
            least_evidence=least_evidence,
            neighbours=settings.neighbours,
            # Not named here, so that they can be let go.
            edges=once(checkpoint, "edges", Edges, compare),
            progress=progress,
        )

    return once(checkpoint, "group", Partition, group)


def _assignments(stories: Iterable[Story], ids: Sequence[str]) -> tuple[Assignment, ...]:
    placed = {
        member.article.id: Assignment(member.article.id, story.id, member.family, member.strength, story.thread)
        for story in stories
        for member in story.articles
    }
    return tuple(placed[id] for id in ids)
