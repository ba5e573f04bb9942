"""The way of an article, from a record to its story: the one place that knows the order of the stages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from clusterer.article import UNKNOWN_LANGUAGE, Article, content_hash
from clusterer.encoding.bundled import BundledEncoder
from clusterer.encoding.constants import (
    ModelConstants,
    bundled_constants,
    dump_constants,
    measured_constants,
    unit_rows,
)
from clusterer.encoding.encoder import Encoder, Vectors
from clusterer.encoding.lexicon import Lexicon, TokenizedTexts
from clusterer.encoding.loading import load_encoder
from clusterer.encoding.names import name_rows
from clusterer.errors import UsageError
from clusterer.grouping.calibration import evidence_at
from clusterer.grouping.duplicates import Families
from clusterer.grouping.duplicates import find_families as families_of
from clusterer.grouping.features import Features, language_codes, separate_languages
from clusterer.grouping.grid import LARGEST_DIMENSION, on_grid
from clusterer.grouping.partition import partition_with_threads
from clusterer.identity import identify
from clusterer.language import detect_languages
from clusterer.progress import Progress, silent
from clusterer.reading import BadRecord, ReadingOptions, articles_from_records
from clusterer.settings import Settings
from clusterer.stories.building import build_stories
from clusterer.stories.threads import threads_of
from clusterer.story import Assignment, Story, Thread

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

LEAD_CHARACTERS = 1000
NAMES_CHARACTERS = 250
DETECTED_CHARACTERS = 300
SECONDS_OF_A_DAY = 86_400.0
HEADLINE_WEIGHT = np.float32(0.5)
HEADLINE_COUNT = 2.0

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


@dataclass(frozen=True, slots=True)
class EncodedArticles:
    """Articles with the vectors of their headlines and of their leads, float32 [n, d].

    A row of zeros stands where there is no such text: a derived headline is a part of the body, not a text of its own.
    `tokens` are the lexicon's tokens of headlines and of leads, where the encoder had need of them too.
    """

    articles: tuple[Article, ...]
    headlines: Vectors
    leads: Vectors
    tokens: tuple[TokenizedTexts, TokenizedTexts] | None = None


@dataclass(frozen=True, slots=True)
class Grouped:
    """Stories, and the features of the families that they were made of, in content order."""

    stories: tuple[Story, ...]
    features: Features


def cluster(
    articles: Iterable[Record],
    *,
    encoder: Encoder | None = None,
    vectors: Vectors | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Clustering:
    """Cluster articles into stories.

    `articles` are mappings with the usual field names, or `Article`s. `encoder` is the bundled model unless given.
    `vectors`, float32 [n, d], one row for each article in order, stand in for those of an encoder; mappings are then
    kept whole, not split into the articles that stood on one page. The order of the articles, and repeated ones, have
    no influence on the stories. Raises `UsageError` for vectors that do not fit, and `InputError` where no record can
    be read.
    """
    told = progress or silent
    records, errors = read_records(articles, ReadingOptions(split="auto" if vectors is None else "never"))
    own = None if vectors is None else _checked_vectors(vectors, len(records))
    identified = identify(records)
    known = with_languages(identified.articles, progress=told)
    families = families_of(known, progress=told)
    originals = in_content_order(families.originals)
    if own is None:
        model = encoder or load_encoder()
        encoded = encode_articles(originals, model, progress=told)
        constants = constants_of(model, progress=told)
    else:
        row_of = {article.id: row for article, row in zip(identified.articles, identified.rows, strict=True)}
        given = unit_rows(own[[row_of[article.id] for article in originals]])
        encoded = EncodedArticles(originals, np.zeros_like(given), given)
        constants = dump_constants(given, [article.language for article in originals])
    stories = make_stories(families, encoded, constants, settings or Settings(), progress=told).stories
    return Clustering(stories, _assignments(stories, identified.ids), errors)


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
    """Articles in the order of content hash, then id, which no order of the input influences."""
    return tuple(sorted(articles, key=lambda article: (content_hash(article), article.id)))


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


def headline_text(article: Article) -> str:
    """What is encoded as an article's headline: nothing where it is a part of the body."""
    return "" if article.headline_derived and article.body else article.headline


def lead_text(article: Article) -> str:
    """What is encoded as an article's body: its beginning."""
    return article.body[:LEAD_CHARACTERS]


def encode_articles(
    articles: Sequence[Article], encoder: Encoder, *, progress: Progress | None = None
) -> EncodedArticles:
    """Headlines and leads through the encoder; a transformer, which is slow, gets each different text once."""
    headlines, leads = [headline_text(article) for article in articles], [lead_text(article) for article in articles]
    if isinstance(encoder, BundledEncoder):
        return _encode_bundled(tuple(articles), headlines, leads, encoder, progress or silent)
    distinct = list(dict.fromkeys(text for text in (*headlines, *leads) if text))
    row = {text: number for number, text in enumerate(distinct)}
    row[""] = len(distinct)
    encoded = np.vstack([encoder.encode(distinct, progress=progress), np.zeros((1, encoder.dimension), np.float32)])
    return EncodedArticles(
        tuple(articles), encoded[[row[text] for text in headlines]], encoded[[row[text] for text in leads]]
    )


def _encode_bundled(
    articles: tuple[Article, ...], headlines: list[str], leads: list[str], encoder: BundledEncoder, told: Progress
) -> EncodedArticles:
    """The bundled encoder needs the very tokens that are the words of the lexical evidence: they are made once."""
    tokens, vectors = encoder.encode_with_tokens([*headlines, *leads], progress=told)
    headline_tokens, lead_tokens = tokens.split(len(headlines))
    return EncodedArticles(
        articles, vectors[: len(headlines)], vectors[len(headlines) :], (headline_tokens, lead_tokens)
    )


def constants_of(encoder: Encoder, *, progress: Progress | None = None) -> ModelConstants:
    """The constants of a model: shipped with the bundled one, measured for any other."""
    if isinstance(encoder, BundledEncoder):
        return bundled_constants()
    return measured_constants(encoder, progress=progress)


def features_of(
    articles: Sequence[Article],
    dense: Vectors,
    constants: ModelConstants,
    lexicon: Lexicon,
    tokens: tuple[TokenizedTexts, TokenizedTexts] | None = None,
) -> Features:
    """What articles are compared by. `dense` are their centred vectors on the grid, float32 [n, d]; `tokens` those of
    their headlines and leads, if they are there already.
    """
    language = language_codes([article.language for article in articles])
    headlines, leads = tokens or (
        lexicon.tokenize([headline_text(article) for article in articles]),
        lexicon.tokenize([lead_text(article) for article in articles]),
    )
    lexical = separate_languages(_weigh(headlines, leads, lexicon), language)
    published = [a.published.timestamp() / SECONDS_OF_A_DAY if a.published else np.nan for a in articles]
    names = name_rows([article.text[:NAMES_CHARACTERS] for article in articles])
    return Features(dense, lexical, language, np.array(published, dtype=np.float64), constants.scale, names)


def _weigh(headlines: TokenizedTexts, leads: TokenizedTexts, lexicon: Lexicon) -> csr_matrix:
    return lexicon.weigh([(headlines, HEADLINE_COUNT), (leads, 1.0)])


def shared_words(first: Article, second: Article, lexicon: Lexicon) -> tuple[str, ...]:
    """The tokens that two articles of one language share, those first that add most to their lexical cosine."""
    headlines = lexicon.tokenize([headline_text(first), headline_text(second)])
    leads = lexicon.tokenize([lead_text(first), lead_text(second)])
    rows = _weigh(headlines, leads, lexicon)
    product = rows[0].multiply(rows[1]).tocoo()
    order = sorted(range(product.nnz), key=lambda place: (-product.data[place], product.col[place]))
    return tuple(lexicon.word(int(product.col[place])) for place in order)


def dense_vectors(encoded: EncodedArticles, constants: ModelConstants) -> Vectors:
    """The articles' vectors, centred and on the grid, float32 [n, d]."""
    return on_grid(constants.centre(article_vectors(encoded), [article.language for article in encoded.articles]))


def article_vectors(encoded: EncodedArticles) -> Vectors:
    """One unit vector for each article, of headline and lead together, float32 [n, d]."""
    has_lead = encoded.leads.any(axis=1, keepdims=True)
    return unit_rows(np.where(has_lead, HEADLINE_WEIGHT * encoded.headlines + encoded.leads, encoded.headlines))


def make_stories(
    families: Families,
    encoded: EncodedArticles,
    constants: ModelConstants,
    settings: Settings,
    *,
    progress: Progress | None = None,
) -> Grouped:
    """The stories of the families, whose originals were encoded in content order."""
    told = progress or silent
    originals = encoded.articles
    lexicon = Lexicon()
    told("group", 0, len(originals))
    features = features_of(originals, dense_vectors(encoded, constants), constants, lexicon, encoded.tokens)
    partition = partition_with_threads(
        features, least_evidence=evidence_at(settings.threshold), neighbours=settings.neighbours
    )
    told("group", len(originals), len(originals))
    stories = build_stories(families, originals, partition, features, lexicon)
    told("stories", len(stories), len(stories))
    return Grouped(stories, features)


def _assignments(stories: Iterable[Story], ids: Sequence[str]) -> tuple[Assignment, ...]:
    placed = {
        member.article.id: Assignment(member.article.id, story.id, member.family, member.strength, story.thread)
        for story in stories
        for member in story.articles
    }
    return tuple(placed[id] for id in ids)
