"""The one door to hdbscan: its compiled code for trees, without the rest of the package.

To import the package imports scikit-learn, which takes longer than most dumps take to be grouped, and of which nothing
is used. The functions are private to the package, so nothing else names them, and tests hold them to what they did.
"""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from importlib.machinery import PathFinder
from types import ModuleType

_PACKAGE, _MODULE = "hdbscan", "hdbscan._hdbscan_tree"


@cache
def hdbscan_tree() -> ModuleType:
    """The module with `condense_tree`, `compute_stability` and `get_clusters`, loaded when it is first needed. Raises
    `ModuleNotFoundError` where the package, or the module in it, is not installed.
    """
    if _MODULE in sys.modules:  # the whole package is imported already
        return sys.modules[_MODULE]
    package = importlib.util.find_spec(_PACKAGE)
    spec = package and PathFinder.find_spec(_MODULE, package.submodule_search_locations)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {_MODULE!r}", name=_MODULE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
