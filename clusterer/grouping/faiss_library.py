"""The one door to FAISS, which tells it two things before it is loaded.

The wheel of FAISS carries an OpenBLAS that is older than many processors and falls back to their smallest common
instruction set, which makes an exact search several times slower: it is told what numpy's own, newer one found. And its
threads are told to sleep while they wait: spinning, they take the processor from whoever they wait for.
"""

from __future__ import annotations

import os
from functools import cache
from types import ModuleType

FEWEST_FOR_BUFFER = 16


@cache
def faiss_library() -> ModuleType:
    """FAISS, imported when it is first needed. What the environment says already stays as it is."""
    wanted = {"OPENBLAS_CORETYPE": _numpy_architecture(), "OMP_WAIT_POLICY": "PASSIVE"}
    told = {name: value for name, value in wanted.items() if value is not None and name not in os.environ}
    os.environ.update(told)
    try:
        import faiss
    finally:
        for name in told:
            del os.environ[name]
    # Above this many neighbours FAISS gathers them in a buffer that it cuts down at times; that pays for few as well.
    faiss.cvar.distance_compute_min_k_reservoir = FEWEST_FOR_BUFFER
    return faiss


def _numpy_architecture() -> str | None:
    """The kind of processor for which numpy's OpenBLAS works; None where numpy has another library."""
    from threadpoolctl import threadpool_info

    for library in threadpool_info():
        if library.get("internal_api") == "openblas" and library.get("architecture"):
            return str(library["architecture"])
    return None
