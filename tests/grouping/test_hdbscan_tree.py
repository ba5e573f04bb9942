from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from clusterer.grouping.hdbscan_tree import hdbscan_tree


def told(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.strip()


def test_the_rest_of_the_package_is_not_imported() -> None:
    told(
        "import sys; from clusterer.grouping.hdbscan_tree import hdbscan_tree;"
        "hdbscan_tree().condense_tree; assert not {'hdbscan', 'sklearn'} & sys.modules.keys()"
    )


@pytest.mark.parametrize("imports", ["from hdbscan import HDBSCAN; tree = hdbscan_tree()", "tree = hdbscan_tree()"])
def test_the_package_can_be_imported_before_and_after(imports: str) -> None:
    script = (
        "import numpy as np; from clusterer.grouping.hdbscan_tree import hdbscan_tree;"
        f"{imports};"
        "from hdbscan import HDBSCAN;"
        "points = np.repeat(np.arange(3.0), 4)[:, None] + np.linspace(0, 0.1, 12)[:, None];"
        "assert callable(tree.condense_tree);"
        "print(*sorted(set(HDBSCAN(min_cluster_size=3).fit_predict(points))))"
    )
    assert told(script) == "0 1 2"


def test_where_hdbscan_is_missing_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    hdbscan_tree.cache_clear()
    monkeypatch.delitem(sys.modules, "hdbscan._hdbscan_tree", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match="hdbscan"):
        hdbscan_tree()


def test_the_private_functions_of_hdbscan_do_what_they_did() -> None:
    from hdbscan._hdbscan_linkage import label

    code = hdbscan_tree()

    edges = np.array([[0, 1, 0.1], [3, 4, 0.1], [1, 2, 0.125], [2, 3, 0.5], [4, 5, 0.8]])
    hierarchy = label(edges)
    assert hierarchy.tolist() == [[0, 1, 0.1, 2], [3, 4, 0.1, 2], [6, 2, 0.125, 3], [8, 7, 0.5, 5], [9, 5, 0.8, 6]]
    tree = code.condense_tree(hierarchy, 2)
    assert tree.dtype.names == ("parent", "child", "lambda_val", "child_size")
    assert sorted(tree.tolist()) == [
        (6, 5, 1.25, 1),
        (6, 7, 2.0, 3),
        (6, 8, 2.0, 2),
        (7, 0, 10.0, 1),
        (7, 1, 10.0, 1),
        (7, 2, 8.0, 1),
        (8, 3, 10.0, 1),
        (8, 4, 10.0, 1),
    ]
    stability = code.compute_stability(tree)
    assert stability == pytest.approx({6: 1.25 + 2 * 5, 7: 6 + 8 + 8, 8: 16})
    labels, strengths, _ = code.get_clusters(tree, stability, "eom", False, False, 0.0, 0)
    assert labels.tolist() == [0, 0, 0, 1, 1, -1]
    assert strengths.tolist() == pytest.approx([1, 1, 0.8, 1, 1, 0])
