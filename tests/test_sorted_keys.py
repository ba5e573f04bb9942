"""Each number once, wherever it stood."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clusterer.sorted_keys import distinct_keys, key_starts


@given(st.lists(st.integers(0, 2**62), max_size=30), st.lists(st.integers(0, 5), max_size=30))
def test_each_number_is_there_once_and_begins_where_it_first_stands(large: list[int], small: list[int]) -> None:
    keys = np.array([*large, *small], dtype=np.int64)
    assert distinct_keys(keys).tolist() == sorted({*large, *small})
    ascending = sorted([*large, *small])
    assert key_starts(np.array(ascending, dtype=np.int64)).tolist() == [ascending.index(key) for key in sorted({*keys})]
