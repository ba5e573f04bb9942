from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from clusterer.errors import IndexFormatError
from clusterer.index.sparse_rows import PiecedRows, Table, map_table, write_table

WIDTH = 5
matrices = st.lists(st.lists(st.integers(0, 2), min_size=WIDTH, max_size=WIDTH), max_size=8).map(
    lambda rows: csr_matrix(np.array(rows, dtype=np.float32).reshape(len(rows), WIDTH))
)


def table(rows: csr_matrix) -> Table:
    return Table({"words": PiecedRows.of(rows)}, {"days": np.arange(rows.shape[0], dtype=np.float64)})


@given(matrices, matrices, st.sets(st.integers(0, 15)), st.integers(0, 16))
def test_tables_are_joined_and_cut_where_they_lie(
    rows: csr_matrix, more: csr_matrix, numbers: set[int], start: int
) -> None:
    count = rows.shape[0] + more.shape[0]
    gone = np.array([number for number in numbers if number < count], dtype=np.intp)
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("rows", "more", "joined")]
        write_table(paths[0], table(rows))
        write_table(paths[1], table(more))
        joined = map_table(paths[0]).joined(map_table(paths[1]))
        expected = np.vstack([rows.toarray(), more.toarray()])
        assert joined.lengths == {count}
        assert joined.columns["days"].tolist() == [*range(rows.shape[0]), *range(more.shape[0])]
        backwards = np.arange(count)[::-1].copy()
        assert np.array_equal(joined.sparse["words"].at(backwards).toarray(), expected[::-1])
        expected[gone] = 0
        start = min(start, count)
        for some, rest in (joined.without(gone).after(start), expected[start:]), (joined.without(gone), expected):
            write_table(paths[2], some)
            written = map_table(paths[2])
            assert written.lengths == {len(rest)}
            assert np.array_equal(written.sparse["words"].at(np.arange(len(rest))).toarray(), rest)
            assert len(written.sparse["words"].values[0]) == np.count_nonzero(rest)


def test_tables_of_other_names_are_not_joined() -> None:
    one, other = table(csr_matrix((2, WIDTH))), Table({}, {"days": np.zeros(2)})
    with pytest.raises(KeyError):
        one.joined(other)


@pytest.mark.parametrize("column", [-1, WIDTH])
def test_a_column_that_is_not_there_is_damage(tmp_path: Path, column: int) -> None:
    rows = csr_matrix(np.eye(3, WIDTH, dtype=np.float32))
    rows.indices[1] = column
    write_table(tmp_path / "rows", table(rows))
    stored = map_table(tmp_path / "rows").sparse["words"]
    assert stored.at(np.array([0, 2])).nnz == 2
    with pytest.raises(IndexFormatError, match="damaged"):
        stored.at(np.array([0, 1]))
