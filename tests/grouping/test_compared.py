"""Pairs that were compared: chosen by their evidence, and stored."""

from __future__ import annotations

import numpy as np

from clusterer.grouping.compared import Compared

COMPARED = Compared((np.array([0, 0, 2]), np.array([1, 3, 4])), np.array([0.2, 0.5, 0.4]))


def test_pairs_that_are_wanted_are_chosen_in_their_order() -> None:
    found = COMPARED.chosen(COMPARED.evidence >= 0.4)
    assert [own.tolist() for own in found.pairs] == [[0, 2], [3, 4]]
    assert found.evidence.tolist() == [0.5, 0.4]


def test_what_was_stored_comes_back() -> None:
    known = Compared.from_arrays(COMPARED.as_arrays())
    assert [own.tolist() for own in known.pairs] == [own.tolist() for own in COMPARED.pairs]
    assert known.evidence.tolist() == COMPARED.evidence.tolist()


def test_parts_are_joined_in_their_order() -> None:
    found = Compared.joined([COMPARED, COMPARED.chosen(COMPARED.evidence >= 0.5)])
    assert [own.tolist() for own in found.pairs] == [[0, 0, 2, 0], [1, 3, 4, 3]]
    assert found.evidence.tolist() == [0.2, 0.5, 0.4, 0.5]
    assert len(Compared.joined([]).evidence) == 0


def test_a_pair_that_is_there_twice_counts_once_and_as_it_came_first() -> None:
    found = Compared((np.array([3, 0, 1, 0]), np.array([1, 2, 3, 2])), np.array([0.2, 0.5, 0.4, 0.3])).distinct(4)
    assert [own.tolist() for own in found.pairs] == [[0, 1], [2, 3]]
    assert found.evidence.tolist() == [0.5, 0.2]
