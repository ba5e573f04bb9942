from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from clusterer.evaluation.pairs import pearson, roc_auc

judged = st.lists(st.tuples(st.booleans(), st.integers(-5, 5).map(lambda score: score / 4)), min_size=2, max_size=40)
numbers = st.floats(-1e6, 1e6).map(lambda number: round(number, 3))


@given(judged)
def test_auc_is_the_share_of_pairs_put_in_order(items: list[tuple[bool, float]]) -> None:
    labels, scores = [label for label, _ in items], [score for _, score in items]
    assume(len(set(labels)) == 2)
    above = [(a > b) + (a == b) / 2 for is_true, a in items if is_true for also_true, b in items if not also_true]
    assert roc_auc(labels, scores) == pytest.approx(sum(above) / len(above))
    assert roc_auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores))
    assert roc_auc(labels, [-score for score in scores]) == pytest.approx(1 - roc_auc(labels, scores))


def test_auc_of_equal_scores_is_a_half() -> None:
    assert roc_auc([True, False, False], [0.3, 0.3, 0.3]) == 0.5


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([True, True], [0.1, 0.2], "true pairs and false ones"),
        ([], [], "true pairs and false ones"),
        ([True], [0.1, 0.2], "1 labels, but 2 scores"),
        ([True, False], [0.1, float("nan")], "not finite"),
    ],
)
def test_auc_that_means_nothing_is_refused(labels: list[bool], scores: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        roc_auc(labels, scores)


@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=40))
def test_pearson_agrees_with_numpy(points: list[tuple[float, float]]) -> None:
    first, second = zip(*points, strict=True)
    assume(np.ptp(first) > 0.1 and np.ptp(second) > 0.1)
    assert pearson(first, second) == pytest.approx(np.corrcoef(first, second)[0, 1], abs=1e-6)


def test_pearson_of_a_line_is_one_whatever_its_scale() -> None:
    assert pearson([1, 2, 3], [1e200, 2e200, 3e200]) == pytest.approx(1.0)
    assert pearson([1, 2, 3], [-1e-200, -2e-200, -3e-200]) == pytest.approx(-1.0)


@pytest.mark.parametrize(("first", "second"), [([1, 1], [1, 2]), ([1], [1]), ([], []), ([1, 2], [1, 2, 3])])
def test_pearson_that_means_nothing_is_refused(first: list[float], second: list[float]) -> None:
    with pytest.raises(ValueError, match=r"vary|beside"):
        pearson(first, second)
