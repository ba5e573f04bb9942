"""What an article is compared by: its vector, its words and its names, taken from headline and lead."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clusterer.article import Article
from clusterer.checkpoint import Arrays, Checkpoint, stage_of
from clusterer.encoding.bundled import bundled_encoder
from clusterer.encoding.constants import ModelConstants, bundled_constants, unit_rows
from clusterer.encoding.encoder import Encoder, Vectors
from clusterer.encoding.lexicon import Lexicon, TokenizedTexts, shared_lexicon
from clusterer.encoding.names import name_rows
from clusterer.grouping.features import Features, columns_of_languages, compact_columns, join_rows, language_codes
from clusterer.grouping.grid import GridVectors, on_grid
from clusterer.parallel import in_blocks, received_text, sent_form
from clusterer.progress import Progress

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from clusterer.index.search_index import LoadedSearchIndex

LEAD_CHARACTERS = 1000
NAMES_CHARACTERS = 250
SECONDS_OF_A_DAY = 86_400.0
_SPARSE_PARTS = ("data", "indices", "indptr")
HEADLINE_WEIGHT = np.float32(0.5)
HEADLINE_COUNT = 2.0
TEXT_BLOCK = 1 << 12
ROW_BLOCK = 1 << 14
NO_TEXT = -1
WORDS, NAMES, LANGUAGES, DAYS = "words", "names", "languages", "days"


@dataclass(frozen=True, slots=True)
class EncodedArticles:
    """Articles with the vectors of their headlines and of their leads, float32 [n, d].

    A row of zeros stands where there is no such text: a derived headline is a part of the body, not a text of its own.
    """

    articles: tuple[Article, ...]
    headlines: Vectors
    leads: Vectors


@dataclass(frozen=True, slots=True)
class _Compared:
    """The texts of an article that it is compared by, as they are sent, its language, and that language's number in the
    collection.
    """

    headline: bytes
    lead: bytes
    names: bytes
    language: str
    code: int


@dataclass(frozen=True, slots=True)
class _Rows:
    """Of n articles the words, TF-IDF rows whose columns belong to one language each, and the names; with them the
    vectors, centred and on the grid, int16 [n, d], where they are made at the same time.
    """

    lexical: csr_matrix
    names: csr_matrix
    dense: GridVectors | None = None

    def as_arrays(self) -> Arrays:
        """The same as arrays, to be stored."""
        arrays = {} if self.dense is None else {"dense": self.dense}
        for name, rows in (("lexical", self.lexical), ("names", self.names)):
            arrays |= {f"{name}_{part}": getattr(rows, part) for part in _SPARSE_PARTS}
            arrays[f"{name}_shape"] = np.array(rows.shape)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> _Rows:
        """What `as_arrays` gave."""
        from scipy.sparse import csr_matrix

        lexical, names = (
            csr_matrix(tuple(arrays[f"{name}_{part}"] for part in _SPARSE_PARTS), shape=tuple(arrays[f"{name}_shape"]))
            for name in ("lexical", "names")
        )
        return _Rows(lexical, names, arrays.get("dense"))


def headline_text(article: Article) -> str:
    """What is encoded as an article's headline: nothing where it is a part of the body."""
    return "" if article.headline_derived and article.body else article.headline


def lead_text(article: Article) -> str:
    """What is encoded as an article's body: its beginning."""
    return article.body[:LEAD_CHARACTERS]


def encode_articles(
    articles: Sequence[Article], encoder: Encoder, *, progress: Progress | None = None
) -> EncodedArticles:
    """Headlines and leads through the encoder, each different text once."""
    headlines, leads = [headline_text(article) for article in articles], [lead_text(article) for article in articles]
    distinct = list(dict.fromkeys(text for text in (*headlines, *leads) if text))
    row = {text: number for number, text in enumerate(distinct)}
    encoded = encoder.encode(distinct, progress=progress)
    return EncodedArticles(tuple(articles), *(_rows_of_texts(encoded, row, texts) for texts in (headlines, leads)))


def _rows_of_texts(encoded: Vectors, row: dict[str, int], texts: Sequence[str]) -> Vectors:
    """The row of each text, float32 [n, d], zeros where there is none."""
    rows = np.array([row.get(text, NO_TEXT) for text in texts], dtype=np.intp)
    vectors = np.zeros((len(texts), encoded.shape[1]), dtype=np.float32)
    for start in range(0, len(texts), ROW_BLOCK):
        part = slice(start, start + ROW_BLOCK)
        there = rows[part] != NO_TEXT
        vectors[part][there] = encoded[rows[part][there]]
    return vectors


def article_vectors(encoded: EncodedArticles) -> Vectors:
    """One unit vector for each article, of headline and lead together, float32 [n, d]."""
    has_lead = encoded.leads.any(axis=1, keepdims=True)
    return unit_rows(np.where(has_lead, HEADLINE_WEIGHT * encoded.headlines + encoded.leads, encoded.headlines))


def dense_vectors(encoded: EncodedArticles, constants: ModelConstants) -> GridVectors:
    """The articles' vectors, centred and on the grid, int16 [n, d]."""
    dense = np.empty(encoded.headlines.shape, dtype=np.int16)
    for start in range(0, len(dense), ROW_BLOCK):
        rows = slice(start, start + ROW_BLOCK)
        block = EncodedArticles(encoded.articles[rows], encoded.headlines[rows], encoded.leads[rows])
        dense[rows] = _centred(article_vectors(block), constants, [article.language for article in block.articles])
    return dense


def _centred(vectors: Vectors, constants: ModelConstants, languages: Sequence[str]) -> GridVectors:
    return on_grid(constants.centre(vectors, languages))


def features_of(
    articles: Sequence[Article],
    dense: GridVectors,
    constants: ModelConstants,
    *,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> Features:
    """What articles are compared by. `dense` are their centred vectors on the grid, int16 [n, d]. Finished blocks of
    articles are kept in `checkpoint`, if there is one.
    """
    kept = stage_of(checkpoint, "words", _Rows)
    compared = _Comparing(articles)
    blocks = in_blocks(_text_rows, articles, TEXT_BLOCK, given=compared, stage="words", progress=progress, kept=kept)
    return _features(articles, dense, constants, blocks)


def bundled_features(
    articles: Sequence[Article], *, progress: Progress | None = None, checkpoint: Checkpoint | None = None
) -> Features:
    """What articles are compared by, with the bundled model's vectors: those of `encode_articles` are not kept."""
    kept = stage_of(checkpoint, "encode", _Rows)
    constants = bundled_constants()
    compared = _Comparing(articles)
    dense = np.empty((len(articles), bundled_encoder().dimension), dtype=np.int16)
    blocks = in_blocks(
        _encoded_rows, articles, TEXT_BLOCK, given=compared, stage="encode", progress=progress, kept=kept
    )
    return _features(articles, dense, constants, _filling(dense, blocks))


def _filling(dense: GridVectors, blocks: Iterable[_Rows]) -> Iterator[_Rows]:
    """The blocks, whose vectors are put into `dense` when they come."""
    start = 0
    for block in blocks:
        assert block.dense is not None
        dense[start : start + len(block.dense)] = block.dense
        start += len(block.dense)
        yield block


class _Comparing:
    """Takes articles of a collection to what they are compared by."""

    def __init__(self, articles: Sequence[Article]) -> None:
        languages = sorted({article.language for article in articles})
        self._code = {language: number for number, language in enumerate(languages)}

    def __call__(self, article: Article) -> _Compared:
        headline, lead = sent_form(headline_text(article)), sent_form(lead_text(article))
        names = sent_form(article.text[:NAMES_CHARACTERS])
        return _Compared(headline, lead, names, article.language, self._code[article.language])


def _encoded_rows(texts: Sequence[_Compared]) -> _Rows:
    encoder = bundled_encoder()
    headlines, leads = _tokenized(texts, encoder.lexicon)
    encoded = EncodedArticles((), encoder.pooled(headlines), encoder.pooled(leads))
    dense = _centred(article_vectors(encoded), bundled_constants(), [text.language for text in texts])
    return replace(_rows(texts, headlines, leads, encoder.lexicon), dense=dense)


def _text_rows(texts: Sequence[_Compared]) -> _Rows:
    lexicon = shared_lexicon()
    return _rows(texts, *_tokenized(texts, lexicon), lexicon)


def _tokenized(texts: Sequence[_Compared], lexicon: Lexicon) -> tuple[TokenizedTexts, TokenizedTexts]:
    headlines, leads = [received_text(text.headline) for text in texts], [received_text(text.lead) for text in texts]
    return lexicon.tokenize(headlines), lexicon.tokenize(leads)


def _rows(texts: Sequence[_Compared], headlines: TokenizedTexts, leads: TokenizedTexts, lexicon: Lexicon) -> _Rows:
    code = np.array([text.code for text in texts], dtype=np.int32)
    lexical = columns_of_languages(_weigh(headlines, leads, lexicon), code)
    return _Rows(lexical, _names(texts))


def _names(texts: Sequence[_Compared]) -> csr_matrix:
    return name_rows([received_text(text.names) for text in texts])


def _weigh(headlines: TokenizedTexts, leads: TokenizedTexts, lexicon: Lexicon) -> csr_matrix:
    return lexicon.weigh([(headlines, HEADLINE_COUNT), (leads, 1.0)])


def _features(
    articles: Sequence[Article],
    dense: GridVectors,
    constants: ModelConstants,
    blocks: Iterable[_Rows],
) -> Features:
    lexical: deque[csr_matrix] = deque()
    names: deque[csr_matrix] = deque()
    for block in blocks:
        lexical.append(block.lexical)
        names.append(block.names)
    language, alignment = _languages([article.language for article in articles], constants)
    day = _days(articles)
    rows, columns = compact_columns(join_rows(lexical))
    tokens = columns % np.int32(shared_lexicon().size)
    return Features(dense, rows, language, day, constants.scale, join_rows(names), tokens, alignment)


def _languages(
    languages: list[str], constants: ModelConstants
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """The number of each language of n families, int32 [n], and the alignment of each number, float64 [languages]."""
    return language_codes(languages), constants.alignment_of(sorted(set(languages)))


def _days(articles: Sequence[Article]) -> npt.NDArray[np.float64]:
    """When articles were published, in days since 1970, NaN where that is not known, float64 [n]."""
    published = (article.published for article in articles)
    days = (np.nan if moment is None else moment.timestamp() / SECONDS_OF_A_DAY for moment in published)
    return np.fromiter(days, dtype=np.float64, count=len(articles))


@dataclass(frozen=True, slots=True)
class StoredFamilies:
    """What an index keeps of n families, so that their texts need not be read again. `dense`: centred vectors on the
    grid, int16 [n, d]. `rows`: words by token and names, float32 [n, columns]. `columns`: languages, and days since
    1970, NaN where they are not known.
    """

    dense: GridVectors
    rows: Mapping[str, csr_matrix]
    columns: Mapping[str, npt.NDArray[Any]]

    @staticmethod
    def of(articles: Sequence[Article], features: Features) -> StoredFamilies:
        """Of articles with their features."""
        from scipy.sparse import csr_matrix

        lexical = features.lexical
        assert features.tokens is not None and features.names is not None
        shape = lexical.shape[0], shared_lexicon().size
        words = csr_matrix((lexical.data, features.tokens[lexical.indices], lexical.indptr), shape=shape)
        languages = np.array([article.language for article in articles], dtype=str)
        rows = {WORDS: words, NAMES: features.names}
        return StoredFamilies(features.dense, rows, {LANGUAGES: languages, DAYS: features.day})

    @staticmethod
    def joined(parts: Sequence[StoredFamilies]) -> StoredFamilies:
        """The families of all parts, one part after another. One that is empty need not know how wide rows are."""
        from scipy.sparse import vstack

        parts = [part for part in parts if len(part.dense)] or parts[:1]
        rows = {name: vstack([part.rows[name] for part in parts], format="csr") for name in (WORDS, NAMES)}
        columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in (LANGUAGES, DAYS)}
        return StoredFamilies(np.vstack([part.dense for part in parts]), rows, columns)

    def take(self, places: npt.NDArray[np.intp]) -> StoredFamilies:
        """The families at these places."""
        rows = {name: matrix[places] for name, matrix in self.rows.items()}
        columns = {name: values[places] for name, values in self.columns.items()}
        return StoredFamilies(self.dense[places], rows, columns)

    def features(self, constants: ModelConstants) -> Features:
        """What the families are compared and grouped by."""
        language, alignment = _languages(self.columns[LANGUAGES].tolist(), constants)
        words, columns = compact_columns(columns_of_languages(self.rows[WORDS], language))
        tokens = columns % np.int32(shared_lexicon().size)
        days, names = self.columns[DAYS], self.rows[NAMES]
        return Features(self.dense, words, language, days, constants.scale, names, tokens, alignment)


def stored_families(search: LoadedSearchIndex, rows: npt.NDArray[np.int64]) -> StoredFamilies:
    """What is kept of the families in these rows of a search index. Raises `IndexFormatError` where it is damaged."""
    return StoredFamilies(
        search.vectors(rows),
        {name: search.table.sparse[name].at(rows) for name in (WORDS, NAMES)},
        {name: values[rows] for name, values in search.table.columns.items()},
    )


def features_of_known(
    articles: Sequence[Article],
    dense: GridVectors,
    search: LoadedSearchIndex,
    rows: npt.NDArray[np.intp],
    constants: ModelConstants,
    *,
    progress: Progress | None = None,
) -> Features:
    """What `features_of` gives, without reading the texts of those that have a row in a search index: `rows` tells
    which, int [n], and is negative for the others.
    """
    fresh = np.flatnonzero(rows < 0)
    some = [articles[place] for place in fresh.tolist()]
    added = StoredFamilies.of(some, features_of(some, dense[fresh], constants, progress=progress)).rows
    number = np.cumsum(rows < 0) - 1
    joined = {}
    for name in (WORDS, NAMES):
        blocks: deque[csr_matrix] = deque()
        for start in range(0, len(rows), ROW_BLOCK):
            own, own_number = rows[start : start + ROW_BLOCK], number[start : start + ROW_BLOCK]
            is_known = own >= 0
            order = np.concatenate([np.flatnonzero(is_known), np.flatnonzero(~is_known)])
            parts = deque([search.table.sparse[name].at(own[is_known]), added[name][own_number[~is_known]]])
            blocks.append(join_rows(parts)[np.argsort(order)])
        joined[name] = join_rows(blocks)
    languages = np.array([article.language for article in articles], dtype=str)
    stored = StoredFamilies(dense, joined, {LANGUAGES: languages, DAYS: _days(articles)})
    del joined
    return stored.features(constants)


def features_beside(
    query: Article, dense: GridVectors, families: StoredFamilies, constants: ModelConstants
) -> Features:
    """What an article, its centred vector int16 [1, d], and after it families are compared by: pairs of them, that is,
    of which words within a language alone are looked at. Here all languages have the same columns.
    """
    from scipy.sparse import vstack

    lexicon = shared_lexicon()
    texts = [_Comparing([query])(query)]
    words = _weigh(*_tokenized(texts, lexicon), lexicon)
    language, alignment = _languages([query.language, *families.columns[LANGUAGES].tolist()], constants)
    return Features(
        np.vstack([dense, families.dense]),
        vstack([words, families.rows[WORDS]], format="csr"),
        language,
        np.concatenate([_days([query]), families.columns[DAYS]]),
        constants.scale,
        vstack([_names(texts), families.rows[NAMES]], format="csr"),
        alignment=alignment,
    )


def shared_words(first: Article, second: Article) -> tuple[str, ...]:
    """The tokens that two articles of one language share, those first that add most to their lexical cosine."""
    lexicon = shared_lexicon()
    headlines = lexicon.tokenize([headline_text(first), headline_text(second)])
    leads = lexicon.tokenize([lead_text(first), lead_text(second)])
    rows = _weigh(headlines, leads, lexicon)
    product = rows[0].multiply(rows[1]).tocoo()
    order = sorted(range(product.nnz), key=lambda place: (-product.data[place], product.col[place]))
    return tuple(lexicon.word(int(product.col[place])) for place in order)
