from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from clusterer.grouping.compared import Compared
from clusterer.grouping.features import Features
from clusterer.grouping.limits import (
    ALONE_BELOW,
    EVEN_MIXING,
    LESS_OF_SHORT,
    MORE_OF_UNMIXED,
    NOT_LARGE,
    NOT_SHORT_WORDS,
    SHARE_BETWEEN,
    TYPICAL_WITHIN,
    Within,
    limits,
    lowest_limit,
)
from clusterer.grouping.nearest import MOST_NEAREST, NearestInGroups

LEAST = 0.36
ENGLISH, GREEK = 0, 1
sizes = st.integers(2, 40)
means = st.floats(-0.2, 1.0)
words = st.integers(1, 200)


def families(*words_and_language: tuple[int, int]) -> Features:
    """Families of so many distinct words each, in a language; nothing else is known of them."""
    count = len(words_and_language)
    bounds = np.cumsum([0, *(number for number, _ in words_and_language)])
    columns = np.concatenate([np.arange(number) for number, _ in words_and_language])
    lexical = csr_matrix((np.ones(bounds[-1], np.float32), columns.astype(np.int32), bounds), shape=(count, 1000))
    languages = np.array([language for _, language in words_and_language], dtype=np.int32)
    return Features(np.zeros((count, 2), np.int16), lexical, languages, np.full(count, np.nan))


def within(
    *groups: tuple[int, float],
    of_words: int = NOT_SHORT_WORDS,
    languages: tuple[int, ...] = (),
    nearest: np.ndarray | None = None,
) -> Within:
    """Groups of so many families with so much evidence in the mean, each of one language, the same unless given. What
    is nearest to them is not known unless given.
    """
    count = np.array([size for size, _ in groups])
    mean = np.array([evidence for _, evidence in groups])
    labels = np.repeat(np.arange(len(groups)), count)
    languages = languages or (ENGLISH,) * len(groups)
    features = families(*((of_words, languages[group]) for group in labels.tolist()))
    return Within.of(features, labels, np.arange(len(labels)), mean * count * (count - 1) / 2, nearest)


def nearest_of_own(*sizes: int, across: int = 0) -> np.ndarray:
    """What is nearest to the families of two groups: those of their own, but the last `across` are the other's."""
    labels = np.repeat([0, 1], sizes)
    rows = []
    for family, label in enumerate(labels.tolist()):
        own = np.flatnonzero((labels == label) & (np.arange(len(labels)) != family))
        other = np.flatnonzero(labels != label)
        rows.append(np.concatenate([own[: MOST_NEAREST - across], other[:across]]))
    return np.array(rows)


def of_two_languages(*groups: tuple[int, float]) -> Within:
    return within(*groups, languages=(ENGLISH, GREEK))


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
def test_the_looser_of_two_groups_of_no_common_language_decides(
    size: int, mean: float, other: int, other_mean: float
) -> None:
    one, two = (size, mean), (other, other_mean)
    both = limit(of_two_languages(one, two))
    assert both == min(limit(of_two_languages(one, one)), limit(of_two_languages(two, two)))


@given(sizes, means, sizes, means)
def test_no_limit_is_under_the_lowest(size: int, mean: float, other: int, other_mean: float) -> None:
    assert limit(within((size, mean), (other, other_mean))) >= round(lowest_limit(LEAST), 6)


@given(sizes, sizes)
def test_groups_of_typical_evidence_are_joined_from_the_least_evidence_or_from_most_of_theirs(
    size: int, other: int
) -> None:
    groups = (size, TYPICAL_WITHIN), (other, TYPICAL_WITHIN)
    assert limit(of_two_languages(*groups)) == LEAST
    as_large = max(size, other, NOT_LARGE) / NOT_LARGE
    assert math.isclose(
        limit(within(*groups)), max(LEAST, SHARE_BETWEEN * TYPICAL_WITHIN / as_large**0.25), abs_tol=1e-6
    )


@given(sizes, means, sizes, means, words, words)
def test_the_shorter_the_texts_the_less_has_to_be_between_them(
    size: int, mean: float, other: int, other_mean: float, number: int, more: int
) -> None:
    groups = (size, mean), (other, other_mean)
    shorter, longer = limit(within(*groups, of_words=number)), limit(within(*groups, of_words=number + more))
    assert limit(of_two_languages(*groups)) <= shorter <= longer <= limit(within(*groups))


def test_half_the_words_need_so_much_less_and_of_more_words_than_are_short_none_need_more() -> None:
    groups = (16, TYPICAL_WITHIN), (16, 0.9)
    mean = float(within(*groups).mean().mean())
    assert limit(of_two_languages(*groups)) == LEAST
    assert limit(within(*groups)) == limit(within(*groups, of_words=120))
    assert math.isclose(limit(within(*groups)), SHARE_BETWEEN * mean, abs_tol=1e-6)
    of_half = limit(within(*groups, of_words=NOT_SHORT_WORDS // 2))
    assert math.isclose(of_half, (SHARE_BETWEEN - LESS_OF_SHORT) * mean, abs_tol=1e-6)
    of_few = limit(within(*groups, of_words=1))
    assert LEAST == of_few == limit(within(*groups, of_words=5)) < of_half


def test_the_larger_of_two_groups_counts_more_and_texts_without_a_word_as_not_short() -> None:
    tight_is_large, loose_is_large = within((16, 0.9), (5, 0.5)), within((5, 0.9), (16, 0.5))
    assert limit(tight_is_large) > limit(loose_is_large)
    assert limit(within((16, 0.9), (5, 0.5), of_words=0)) == limit(tight_is_large)


def test_the_parts_of_a_story_that_is_large_need_less_with_each_other() -> None:
    limits_of = [limit(within((size, 0.8), (5, TYPICAL_WITHIN))) for size in (NOT_LARGE, 2 * NOT_LARGE, 16 * NOT_LARGE)]
    assert limits_of[0] > limits_of[1] > limits_of[2]
    groups = within((16 * NOT_LARGE, 0.8), (16 * NOT_LARGE, TYPICAL_WITHIN))
    assert math.isclose(limit(groups), max(LEAST, SHARE_BETWEEN / 2 * groups.mean().mean()), abs_tol=1e-6)


@given(st.integers(6, 40), means, st.integers(6, 40), means, words)
def test_the_less_two_groups_are_mixed_the_more_has_to_be_between_them(
    size: int, mean: float, other: int, other_mean: float, number: int
) -> None:
    groups = (size, mean), (other, other_mean)
    limits_of = [
        limit(within(*groups, of_words=number, nearest=nearest_of_own(size, other, across=across)))
        for across in (0, 1, 2, 4)
    ]
    assert limits_of == sorted(limits_of, reverse=True)
    unknown = limit(within(*groups, of_words=number))
    assert limits_of[-1] == unknown
    assert (limits_of[0] == unknown) or number > NOT_SHORT_WORDS / 2


def test_what_groups_need_more_that_are_not_mixed_at_all() -> None:
    def share(groups: Within) -> float:
        return float(groups.between(np.array([0]), np.array([1]), np.ones(2))[0])

    def more(size: int, of_words: int = NOT_SHORT_WORDS) -> float:
        groups = (size, 0.9), (size, 0.9)
        unmixed = within(*groups, of_words=of_words, nearest=nearest_of_own(size, size))
        return share(unmixed) - share(within(*groups, of_words=of_words))

    assert math.isclose(more(NOT_LARGE), MORE_OF_UNMIXED * EVEN_MIXING, abs_tol=1e-9)
    assert more(NOT_LARGE, of_words=NOT_SHORT_WORDS // 2) == 0 < more(NOT_LARGE, of_words=NOT_SHORT_WORDS // 2 + 5)
    # Of groups twice as large half as much mixing is even, and the share is less by the fourth root.
    assert math.isclose(more(2 * NOT_LARGE), MORE_OF_UNMIXED * EVEN_MIXING / 2 / 2**0.25, abs_tol=1e-9)


def test_groups_of_many_events_need_not_have_most_with_each_other() -> None:
    groups = (16, TYPICAL_WITHIN), (16, TYPICAL_WITHIN)
    left, right = np.array([0]), np.array([1])
    assert limits(LEAST, within(*groups), left, right, alone=LEAST)[0] == LEAST < limit(within(*groups))


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
    assert of_groups == limits(least, groups, left[3:], right[3:], alone=least)[0]


def test_the_evidence_within_small_groups_counts_less() -> None:
    few, many = (limit(within((size, 0.8), (size, 0.8))) for size in (2, 20))
    assert LEAST < few < many


def test_what_is_nearest_to_a_joined_group_is_what_is_to_its_parts() -> None:
    sizes = 3, 4, 5
    labels = np.repeat(np.arange(3), sizes)
    nearest = np.random.default_rng(2).integers(0, sum(sizes), (sum(sizes), MOST_NEAREST))
    before = within(*((size, 0.5) for size in sizes), nearest=nearest)
    best = Compared((np.array([0]), np.array([2])), np.array([0.3]))
    joined = before.joined(np.array([0, 1]), best, np.array([0, 1, 0]))
    one, other = np.array([0]), np.array([1])
    for found, parts in ((joined, labels % 2), (before.taken(np.array([2, 0])), np.array([1, -1, 0])[labels])):
        kept = np.flatnonzero(parts >= 0)
        count = np.bincount(parts[kept])
        wanted = NearestInGroups.of(nearest, parts[kept], kept, 2).mixing(count, one, other)
        assert found.nearest.mixing(found.sizes, one, other).tolist() == wanted.tolist()


def test_a_joined_group_has_the_pairs_of_both_and_those_between() -> None:
    before = within((2, 0.5), (1, 0.0), (3, 0.4), of_words=15, languages=(ENGLISH, ENGLISH, GREEK))
    pairs = np.array([0]), np.array([2])
    joined = before.joined(np.array([0, 1]), Compared(pairs, np.array([0.3])), np.array([0, 1, 0]))
    assert joined.sizes.tolist() == [5, 1]
    assert joined.shortness.tolist() == [2 * 1000 + 3 * 1000, 1000]
    assert (joined.languages[0] == before.languages[0] | before.languages[2]).all()
    assert joined.languages[1].tolist() == before.languages[1].tolist()
    # The group that is of two languages by now has one in common with an English one, which it had not.
    one, of_english, of_greek = np.array([0]), np.array([0]), np.array([2])
    assert before.between(of_english, of_greek, before.mean())[0] == 0 < joined.between(one, one, joined.mean())[0]
    assert np.allclose(joined.evidence, [0.5 + 3 * 0.4 + 6 * 0.3, 0])
    assert before.sizes.tolist() == [2, 1, 3]
