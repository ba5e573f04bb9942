from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from clusterer.grouping import row_products as module
from clusterer.grouping.row_products import paired_products, prepare_products, row_products

seeds = st.integers(0, 2**32 - 1)

NOT_LOADED_FOR_FEW = """
import sys
import numpy as np
from scipy.sparse import csr_matrix
from clusterer.grouping.row_products import prepare_products, row_products
rows = csr_matrix(np.eye(3, dtype=np.float32))
all_rows = np.arange(3)
prepare_products(rows, all_rows, all_rows)
assert row_products(rows, all_rows, all_rows).tolist() == [1, 1, 1]
assert "numba" not in sys.modules
"""


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> Iterator[None]:
    module._compiled()
    yield
    module._compiled.cache_clear()


def chance_rows(seed: int, count: int, columns: int) -> tuple[csr_matrix, np.ndarray]:
    """Rows of which some are empty and some are full."""
    chance = np.random.default_rng(seed)
    share = chance.random((count, 1))
    dense = np.where(chance.random((count, columns)) < share, chance.standard_normal((count, columns)), 0)
    dense = dense.astype(np.float32)
    return csr_matrix(dense), dense


@settings(deadline=None, max_examples=80)
@given(seeds, st.integers(1, 12), st.integers(1, 60), st.integers(0, 50))
def test_the_compiled_loop_gives_the_same_bits(seed: int, count: int, columns: int, pairs: int) -> None:
    rows, dense = chance_rows(seed, count, columns)
    left, right = np.random.default_rng(seed).integers(0, count, (2, pairs))
    found = row_products(rows, left, right)
    assert np.array_equal(found, paired_products(rows[left], rows[right]))
    assert found == pytest.approx((dense[left].astype(np.float64) * dense[right]).sum(axis=1), rel=1e-6, abs=1e-6)


def test_sides_and_company_of_a_pair_have_no_influence() -> None:
    rows, _ = chance_rows(5, 40, 300)
    left, right = np.random.default_rng(6).integers(0, 40, (2, 500))
    whole = row_products(rows, left, right)
    assert np.array_equal(row_products(rows, right, left), whole)
    assert np.array_equal(
        np.concatenate([row_products(rows, left[i : i + 1], right[i : i + 1]) for i in range(500)]), whole
    )


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_indices_may_be_of_either_size(kind: type[np.signedinteger]) -> None:
    rows, dense = chance_rows(7, 9, 30)
    rows.indices, rows.indptr = rows.indices.astype(kind), rows.indptr.astype(kind)
    places = np.arange(9)
    assert row_products(rows, places, places) == pytest.approx((dense.astype(np.float64) ** 2).sum(axis=1), rel=1e-5)


def test_a_loop_is_compiled_once_enough_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, _ = chance_rows(8, 10, 50)
    places = np.arange(10)
    monkeypatch.setattr(module, "FEWEST_ENTRIES_COMPILED", 3 * 2 * rows.nnz)
    monkeypatch.setattr(module._Asked, "entries", 0)
    module._compiled.cache_clear()
    compiled = []
    for _ in range(4):
        prepare_products(rows, places, places)
        compiled.append(module._compiled.cache_info().currsize)
    assert compiled == [0, 0, 1, 1]


def test_for_few_pairs_no_compiler_is_loaded() -> None:
    subprocess.run([sys.executable, "-c", NOT_LOADED_FOR_FEW], check=True)
