from __future__ import annotations

import random
import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from clusterer.evaluation.clusters import (
    Score,
    SizeSummary,
    VMeasure,
    adjusted_rand_index,
    bcubed,
    contingency,
    pairwise,
    size_summary,
    v_measure,
)

Labels = list[tuple[int, int]]
clusterings = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=40)
not_empty = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=40)


def sides(items: Labels) -> tuple[list[int], list[int]]:
    return [gold for gold, _ in items], [predicted for _, predicted in items]


def naive_bcubed(gold: Sequence[int], predicted: Sequence[int]) -> tuple[float, float]:
    precision, recall = [], []
    for i in range(len(gold)):
        beside_i = {j for j in range(len(gold)) if predicted[j] == predicted[i]}
        should_be = {j for j in range(len(gold)) if gold[j] == gold[i]}
        precision.append(len(beside_i & should_be) / len(beside_i))
        recall.append(len(beside_i & should_be) / len(should_be))
    return sum(precision) / len(gold), sum(recall) / len(gold)


def naive_pairwise(gold: Sequence[int], predicted: Sequence[int]) -> tuple[float, float]:
    pairs = [(i, j) for i in range(len(gold)) for j in range(i)]
    joined = {(i, j) for i, j in pairs if predicted[i] == predicted[j]}
    right = {(i, j) for i, j in pairs if gold[i] == gold[j]}
    both = len(joined & right)
    return both / len(joined) if joined else 1.0, both / len(right) if right else 1.0


@given(not_empty)
def test_bcubed_is_what_comparing_all_pairs_gives(items: Labels) -> None:
    gold, predicted = sides(items)
    found = bcubed(gold, predicted)
    assert (found.precision, found.recall) == pytest.approx(naive_bcubed(gold, predicted))
    assert found.f1 == pytest.approx(2 / (1 / found.precision + 1 / found.recall))


@given(clusterings)
def test_pairwise_is_what_comparing_all_pairs_gives(items: Labels) -> None:
    gold, predicted = sides(items)
    found = pairwise(gold, predicted)
    assert (found.precision, found.recall) == pytest.approx(naive_pairwise(gold, predicted))


@given(not_empty)
def test_rand_index_and_v_measure_agree_with_scikit_learn(items: Labels) -> None:
    gold, predicted = sides(items)
    assert adjusted_rand_index(gold, predicted) == pytest.approx(metrics.adjusted_rand_score(gold, predicted))
    found = v_measure(gold, predicted)
    expected = metrics.homogeneity_completeness_v_measure(gold, predicted)
    assert (found.homogeneity, found.completeness, found.v) == pytest.approx(expected, abs=1e-9)


@given(clusterings, st.randoms(use_true_random=False))
def test_names_and_order_do_not_matter(items: Labels, chance: random.Random) -> None:
    names = [f"story {number}" for number in chance.sample(range(100), 7)]
    shuffled = [(gold, names[predicted]) for gold, predicted in chance.sample(items, len(items))]
    before, after = sides(items), ([gold for gold, _ in shuffled], [predicted for _, predicted in shuffled])
    for measure in (bcubed, pairwise):
        first, second = measure(*before), measure(*after)
        assert (first.precision, first.recall) == pytest.approx((second.precision, second.recall))
    assert adjusted_rand_index(*before) == pytest.approx(adjusted_rand_index(*after))
    assert v_measure(*before).v == pytest.approx(v_measure(*after).v, abs=1e-9)


@given(clusterings)
def test_swapping_the_sides_swaps_precision_and_recall(items: Labels) -> None:
    gold, predicted = sides(items)
    for measure in (bcubed, pairwise):
        there, back = measure(gold, predicted), measure(predicted, gold)
        assert (there.precision, there.recall) == pytest.approx((back.recall, back.precision))
    assert adjusted_rand_index(gold, predicted) == pytest.approx(adjusted_rand_index(predicted, gold))


@given(clusterings)
def test_the_gold_clusters_themselves_are_perfect(items: Labels) -> None:
    gold, _ = sides(items)
    assert bcubed(gold, gold) == pairwise(gold, gold) == Score(1.0, 1.0, 1.0)
    assert v_measure(gold, gold) == VMeasure(1.0, 1.0, 1.0)
    assert adjusted_rand_index(gold, gold) == 1.0


def test_bcubed_of_an_example_worked_by_hand() -> None:
    # Two clusters: four items of one gold cluster with one stray; the stray's cluster holds the other two.
    found = bcubed("aaaabbb", "1111122")
    assert found.precision == pytest.approx((4 * 4 / 5 + 1 / 5 + 2) / 7)
    assert found.recall == pytest.approx((4 + 1 / 3 + 2 * 2 / 3) / 7)


def test_all_alone_is_precise_and_all_together_complete() -> None:
    gold = [0, 0, 1, 1]
    assert bcubed(gold, range(4)) == Score(1.0, 0.5, pytest.approx(2 / 3))
    assert pairwise(gold, range(4)) == Score(1.0, 0.0, 0.0)
    assert bcubed(gold, [9] * 4) == Score(0.5, 1.0, pytest.approx(2 / 3))
    assert v_measure(gold, [9] * 4) == VMeasure(0.0, 1.0, 0.0)
    assert adjusted_rand_index(gold, range(4)) == adjusted_rand_index(gold, [9] * 4) == 0.0


@pytest.mark.parametrize("items", [[], ["one"]])
def test_nothing_and_one_item_are_perfect(items: list[str]) -> None:
    assert bcubed(items, items) == pairwise(items, items) == Score(1.0, 1.0, 1.0)
    assert v_measure(items, items).v == adjusted_rand_index(items, items) == 1.0


def test_labels_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="3 gold labels, but 2 predicted"):
        contingency([1, 2, 3], [1, 2])


def test_sizes_are_summed_up() -> None:
    assert size_summary("aaabc") == SizeSummary(
        clusters=3, singletons=2, largest=3, mean=pytest.approx(5 / 3), median=1
    )
    assert size_summary([]) == SizeSummary(clusters=0, singletons=0, largest=0, mean=0.0, median=0.0)


def test_two_clusters_of_millions_do_not_overflow() -> None:
    # One pair out of 5e11 is apart from chance; products of pair counts reach 1e23.
    gold = np.zeros(1_000_000, dtype=np.int64)
    gold[-1] = 1
    found = adjusted_rand_index(gold.tolist(), gold[::-1].tolist())
    assert found == pytest.approx(-1e-6, rel=0.01)


@pytest.mark.slow
def test_memory_grows_with_the_items_and_not_with_the_table() -> None:
    items = 300_000
    gold, predicted = list(range(items)), list(range(items, 0, -1))
    tracemalloc.start()
    assert bcubed(gold, predicted).f1 == 1.0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 400 * items
