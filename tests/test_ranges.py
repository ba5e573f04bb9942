"""Many ranges at once are those that come one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clusterer.ranges import ranges


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 6)), max_size=12))
def test_ranges_follow_one_another(wanted: list[tuple[int, int]]) -> None:
    starts, lengths = np.array(wanted, dtype=np.intp).reshape(-1, 2).T
    found = ranges(starts, lengths).tolist()
    assert found == [number for start, length in wanted for number in range(start, start + length)]
