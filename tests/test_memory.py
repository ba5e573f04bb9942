from __future__ import annotations

import subprocess
import sys

import pytest


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
