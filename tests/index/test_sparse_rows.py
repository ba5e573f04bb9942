from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from clusterer.errors import IndexFormatError
from clusterer.index.sparse_rows import PiecedRows, appended, map_rows, write_rows

WIDTH = 5
matrices = st.lists(st.lists(st.integers(0, 2), min_size=WIDTH, max_size=WIDTH), max_size=8).map(
    lambda rows: csr_matrix(np.array(rows, dtype=np.float32).reshape(len(rows), WIDTH))
)


@given(matrices, matrices, st.sets(st.integers(0, 7)))
def test_rows_come_after_those_that_are_there_and_what_is_gone_is_empty(
    rows: csr_matrix, more: csr_matrix, numbers: set[int]
) -> None:
    gone = np.array([number for number in numbers if number < rows.shape[0]], dtype=np.intp)
    days = {"days": np.arange(rows.shape[0], dtype=np.float64)}, {"days": np.arange(more.shape[0], dtype=np.float64)}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows"
        write_rows(path, {"words": PiecedRows.of(rows)}, days[0])
        joined, columns = appended(map_rows(path), gone, {"words": more}, days[1])
        expected = np.vstack([rows.toarray(), more.toarray()])
        expected[gone] = 0
        assert joined["words"].shape == expected.shape
        assert columns["days"].tolist() == [*days[0]["days"], *days[1]["days"]]
        write_rows(path.with_name("other"), joined, columns)
        places = np.arange(len(expected))[::-1].copy()
        assert np.array_equal(map_rows(path.with_name("other")).sparse["words"].at(places).toarray(), expected[::-1])


@pytest.mark.parametrize("column", [-1, WIDTH])
def test_a_column_that_is_not_there_is_damage(tmp_path: Path, column: int) -> None:
    rows = csr_matrix(np.eye(3, WIDTH, dtype=np.float32))
    rows.indices[1] = column
    write_rows(tmp_path / "rows", {"words": PiecedRows.of(rows)}, {})
    table = map_rows(tmp_path / "rows").sparse["words"]
    assert table.at(np.array([0, 2])).nnz == 2
    with pytest.raises(IndexFormatError, match="damaged"):
        table.at(np.array([0, 1]))
