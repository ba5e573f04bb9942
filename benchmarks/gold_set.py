"""A dump whose right stories are known, made ready for grouping."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.corpora import gold_field
from clusterer.article import Article
from clusterer.article_features import EncodedArticles, dense_vectors, encode_articles, features_of
from clusterer.encoding.constants import ModelConstants
from clusterer.encoding.encoder import Encoder
from clusterer.evaluation.clusters import Score, bcubed
from clusterer.evaluation.gold import gold_stories
from clusterer.grouping.features import Features
from clusterer.identity import identify
from clusterer.pipeline import constants_of, find_families, in_content_order, with_languages
from clusterer.reading import read_articles


@dataclass(frozen=True)
class GoldSet:
    """The articles of a set; its families' originals in content order, encoded, and their features. `ids` are the
    articles whose right stories, `stories`, are known, and `rows` the rows of their families, int [scored].
    """

    name: str
    articles: tuple[Article, ...]
    encoded: EncodedArticles
    constants: ModelConstants
    features: Features
    ids: list[str]
    stories: list[str]
    rows: npt.NDArray[np.intp]

    def score(self, labels: npt.NDArray[np.intp]) -> Score:
        """B-cubed of a partition of the families, int [n]."""
        return bcubed(self.stories, labels[self.rows].tolist())


def load_gold_set(path: Path, encoder: Encoder) -> GoldSet:
    """Read and encode a set."""
    records = list(read_articles([path]))
    right = gold_stories(records, gold_field(path))
    articles = with_languages(identify(records).articles)
    families = find_families(articles)
    originals = in_content_order(families.originals)
    encoded = encode_articles(originals, encoder)
    constants = constants_of(encoder)
    features = features_of(originals, dense_vectors(encoded, constants), constants)
    row = {article.id: number for number, article in enumerate(originals)}
    scored = [(article.id, story) for article, story in zip(records, right, strict=True) if story is not None]
    return GoldSet(
        name=path.name.split(".")[0],
        articles=tuple(articles),
        encoded=encoded,
        constants=constants,
        features=features,
        ids=[id for id, _ in scored],
        stories=[story for _, story in scored],
        rows=np.array([row[families.original_of[id]] for id, _ in scored], dtype=np.intp),
    )
