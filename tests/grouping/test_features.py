from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from clusterer.grouping import features as features_module
from clusterer.grouping.features import columns_of_languages, compact_columns, join_rows, language_codes
from tests.grouping.features_of_chance import chance_features

counts = st.lists(st.lists(st.integers(0, 2), min_size=5, max_size=5), max_size=12)


@given(counts, st.data())
def test_products_stay_within_a_language_and_vanish_across(rows: list[list[int]], data: st.DataObject) -> None:
    language = np.array([data.draw(st.integers(0, 3)) for _ in rows], dtype=np.int32)
    dense = np.array(rows, dtype=np.float32).reshape(len(rows), 5)
    separated, _ = compact_columns(columns_of_languages(csr_matrix(dense), language))
    products = (separated @ separated.T).toarray()
    same = language[:, None] == language[None]
    assert np.array_equal(products, np.where(same, dense @ dense.T, 0))


def test_rows_with_columns_in_any_order_are_left_as_they_are() -> None:
    rows = csr_matrix((np.array([1, 2, 3], np.float32), np.array([4, 0, 2], np.int32), np.array([0, 3])), shape=(1, 5))
    before = rows.toarray()
    separated, _ = compact_columns(columns_of_languages(rows, np.zeros(1, dtype=np.int32)))
    assert np.array_equal(rows.toarray(), before)
    assert np.array_equal(separated.toarray(), before[:, [0, 2, 4]])


@given(counts, st.sampled_from([1, 1000]))
def test_few_rows_have_the_columns_that_many_would_have(rows: list[list[int]], columns: int) -> None:
    dense = np.array(rows, dtype=np.float32).reshape(len(rows), 5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features_module, "COLUMNS_OF_A_SORTED_NUMBER", columns)
        found, kept = compact_columns(csr_matrix(dense))
    assert kept.tolist() == np.flatnonzero(dense.any(axis=0)).tolist()
    assert np.array_equal(found.toarray(), dense[:, kept])


def test_no_family_has_no_columns() -> None:
    empty = csr_matrix((0, 7), dtype=np.float32)
    assert compact_columns(columns_of_languages(empty, np.zeros(0, dtype=np.int32)))[0].shape == (0, 0)
    assert join_rows(deque()).shape == (0, 0)


@given(counts, st.integers(1, 5))
def test_joined_rows_are_the_rows_of_the_blocks(rows: list[list[int]], block: int) -> None:
    dense = np.array(rows, dtype=np.float32).reshape(len(rows), 5)
    blocks = [csr_matrix(dense[start : start + block]) for start in range(0, len(dense), block)]
    assert np.array_equal(join_rows(deque(blocks)).toarray(), dense if blocks else np.zeros((0, 0)))


@given(st.lists(st.sampled_from(["ar", "en", "he", "und", "zh"])))
def test_languages_have_one_number_each(languages: list[str]) -> None:
    codes = language_codes(languages)
    assert codes.dtype == np.int32
    for i, code in enumerate(codes):
        assert [other == code for other in codes] == [other == languages[i] for other in languages]


def test_taken_families_keep_all_that_is_known_of_them() -> None:
    features = chance_features(1, 20, scale=1.5)
    rows = np.array([7, 3, 3, 19])
    taken = features.take(rows)
    assert len(taken) == 4
    assert np.array_equal(taken.dense, features.dense[rows])
    assert np.array_equal(taken.lexical.toarray(), features.lexical.toarray()[rows])
    assert np.array_equal(taken.language, features.language[rows])
    assert np.array_equal(taken.day, features.day[rows], equal_nan=True)
    assert taken.dense_scale == 1.5


def test_the_first_families_are_those_taken_from_the_beginning() -> None:
    features = chance_features(2, 20)
    for count in (0, 7, 20):
        first, taken = features.first(count), features.take(np.arange(count))
        assert np.array_equal(first.dense, taken.dense)
        assert (first.lexical != taken.lexical).nnz == 0
        assert first.names is not None
        assert (first.names != taken.names).nnz == 0
        assert np.array_equal(first.day, taken.day, equal_nan=True)
        assert np.array_equal(first.language, taken.language)
