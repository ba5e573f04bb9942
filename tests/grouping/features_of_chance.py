"""Features of families that are no one's: a few topics, each family near one of them, in several languages."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from clusterer.encoding.constants import unit_rows
from clusterer.grouping.features import Features, columns_of_languages, compact_columns
from clusterer.grouping.grid import on_grid


def chance_features(
    seed: int,
    count: int,
    *,
    topics: int = 4,
    languages: int = 3,
    dimension: int = 24,
    words: int = 30,
    noise: float = 0.7,
    scale: float = 1.0,
    neighbours: bool = False,
) -> Features:
    """`noise` is the length of what is a family's own, beside its topic's unit vector. A third has no date, and how
    well the model knows it is not known of a third of the languages. With `neighbours` those of its topic are near it,
    some of them.
    """
    chance = np.random.default_rng(seed)
    topic = chance.integers(0, topics, count)
    centres = unit_rows(chance.normal(size=(topics, dimension)).astype(np.float32))
    own = unit_rows(chance.normal(size=(count, dimension)).astype(np.float32))
    language = chance.integers(0, languages, count).astype(np.int32)
    rates = chance.gamma(0.3, size=(topics, words))
    counts = chance.poisson(rates[topic]).astype(np.float32)
    lexical, _ = compact_columns(columns_of_languages(csr_matrix(unit_rows(counts)), language))
    day = np.where(chance.random(count) < 1 / 3, np.nan, 20_000 + 5 * topic + chance.integers(0, 8, count))
    names = csr_matrix(unit_rows(chance.poisson(rates[topic]).astype(np.float32)))
    alignment = np.where(chance.random(languages) < 1 / 3, np.nan, chance.uniform(-0.1, 1, languages))
    dense = on_grid(unit_rows(centres[topic] + noise * own))
    near = chance.random((count, count)) * (topic[:, None] == topic) + np.eye(count)
    rows = csr_matrix(unit_rows(near.astype(np.float32))) if neighbours else None
    return Features(dense, lexical, language, day, scale, names, alignment=alignment, neighbours=rows)
