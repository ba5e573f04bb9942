"""The one door to FAISS.

The wheel of FAISS carries an OpenBLAS that is older than many processors and falls back to their smallest common
instruction set, which makes an exact search several times slower. numpy's OpenBLAS knows them; FAISS is told what
numpy found.
"""

from __future__ import annotations

import os
from functools import cache
from types import ModuleType

_VARIABLE = "OPENBLAS_CORETYPE"


@cache
def faiss_library() -> ModuleType:
    """FAISS, imported when it is first needed. Whoever sets OPENBLAS_CORETYPE decides for himself."""
    if _VARIABLE in os.environ:
        return _imported()
    found = _numpy_architecture()
    if found is None:
        return _imported()
    os.environ[_VARIABLE] = found
    try:
        return _imported()
    finally:
        del os.environ[_VARIABLE]


def _imported() -> ModuleType:
    import faiss

    return faiss


def _numpy_architecture() -> str | None:
    """The kind of processor for which numpy's OpenBLAS works; None where numpy has another library."""
    from threadpoolctl import threadpool_info

    for library in threadpool_info():
        if library.get("internal_api") == "openblas" and library.get("architecture"):
            return str(library["architecture"])
    return None
