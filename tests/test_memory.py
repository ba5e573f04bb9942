from __future__ import annotations

import gc
import subprocess
import sys
from collections import deque

import numpy as np
import pytest

from clusterer.memory import OBJECTS_BETWEEN_COLLECTIONS, collect_seldom, collecting_seldom, joined


@pytest.mark.skipif(sys.platform != "linux", reason="only there can it be seen")
def test_what_is_free_within_the_heap_goes_back() -> None:
    script = """
import numpy as np
from clusterer.memory import give_back

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

np.zeros(30_000_000, np.uint8).any()  # from now on such arrays come from the heap
held = [np.ones(2_000_000, np.uint8) for _ in range(100)]
last = np.ones(2_000_000, np.uint8)
before = resident()
del held
give_back()
print((before - resident()) / 1e6)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(done.stdout) > 150


def test_parts_are_joined_in_order_and_taken() -> None:
    for count in (0, 1, 16, 50):
        parts = deque(np.arange(number, number + number % 3, dtype=np.int64) for number in range(count))
        expected = [value for part in parts for value in part.tolist()]
        whole = joined(parts, np.int32)
        assert whole.dtype == np.int32
        assert whole.tolist() == expected
        assert not parts


def test_garbage_in_cycles_is_looked_for_seldom_and_found() -> None:
    before = gc.get_threshold()
    try:
        collect_seldom()
        assert gc.isenabled()
        assert gc.get_threshold() == (OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    finally:
        gc.set_threshold(*before)


def test_for_a_while_garbage_is_looked_for_seldom_and_then_as_before() -> None:
    before = gc.get_threshold()
    with pytest.raises(RuntimeError), collecting_seldom():
        assert gc.get_threshold() == (OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
        raise RuntimeError
    assert gc.get_threshold() == before
