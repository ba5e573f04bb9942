from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clusterer.grouping.compared import Compared
from clusterer.grouping.limits import ALONE_BELOW, TYPICAL_WITHIN, Within, limits, lowest_limit

LEAST = 0.36
sizes = st.integers(2, 40)
means = st.floats(-0.2, 1.0)


def within(*groups: tuple[int, float]) -> Within:
    """Groups of so many families with so much evidence in the mean."""
    count = np.array([size for size, _ in groups])
    mean = np.array([evidence for _, evidence in groups])
    return Within(count, mean * count * (count - 1) / 2)


def limit(groups: Within) -> float:
    return float(limits(LEAST, groups, np.array([0]), np.array([1]))[0])


@given(sizes, means, sizes, means, st.floats(0, 0.3))
def test_the_more_two_groups_have_within_the_more_joins_them(
    size: int, mean: float, other: int, other_mean: float, more: float
) -> None:
    before = limit(within((size, mean), (other, other_mean)))
    assert limit(within((size, mean + more), (other, other_mean + more))) >= before
    assert limit(within((size, mean + more), (other, other_mean))) >= before
    assert before == limit(within((other, other_mean), (size, mean)))


@given(sizes, means, sizes, means)
def test_the_looser_of_two_groups_decides(size: int, mean: float, other: int, other_mean: float) -> None:
    one, two = (size, mean), (other, other_mean)
    assert limit(within(one, two)) == min(limit(within(one, one)), limit(within(two, two)))


@given(sizes, means, sizes, means)
def test_no_limit_is_under_the_lowest(size: int, mean: float, other: int, other_mean: float) -> None:
    assert limit(within((size, mean), (other, other_mean))) >= round(lowest_limit(LEAST), 6)


@given(sizes, sizes)
def test_groups_of_typical_evidence_are_joined_from_the_least_evidence(size: int, other: int) -> None:
    assert limit(within((size, TYPICAL_WITHIN), (other, TYPICAL_WITHIN))) == LEAST


def test_two_families_alone_need_the_least_evidence_and_one_beside_a_group_a_little_less() -> None:
    assert limit(within((1, 0.0), (1, 0.0))) == LEAST
    for size in (2, 9):
        assert limit(within((1, 0.0), (size, 0.9))) == round(LEAST - ALONE_BELOW, 6)
        assert limit(within((size, 0.9), (1, 0.0))) == round(LEAST - ALONE_BELOW, 6)


@given(sizes, means, st.floats(-0.2, 0.6), st.floats(-0.2, 0.6))
def test_looser_groups_take_a_family_that_is_alone_from_what_is_asked_for_it(
    size: int, mean: float, least: float, alone: float
) -> None:
    groups = within((1, 0.0), (1, 0.0), (size, mean), (size, mean))
    left, right = np.array([0, 0, 2, 2]), np.array([2, 1, 0, 3])
    with_a_group, both, the_same, of_groups = limits(least, groups, left, right, alone=alone).tolist()
    assert with_a_group == the_same == round(alone, 6)
    assert both == round(max(least, alone), 6)
    assert of_groups == limits(least, groups, left[3:], right[3:])[0]


def test_the_evidence_within_small_groups_counts_less() -> None:
    few, many = (limit(within((size, 0.8), (size, 0.8))) for size in (2, 20))
    assert LEAST < few < many


def test_a_joined_group_has_the_pairs_of_both_and_those_between() -> None:
    before = within((2, 0.5), (1, 0.0), (3, 0.4))
    pairs = np.array([0]), np.array([2])
    joined = before.joined(np.array([0, 1]), Compared(pairs, np.array([0.3])))
    assert joined.sizes.tolist() == [5, 1]
    assert np.allclose(joined.evidence, [0.5 + 3 * 0.4 + 6 * 0.3, 0])
    assert before.sizes.tolist() == [2, 1, 3]
