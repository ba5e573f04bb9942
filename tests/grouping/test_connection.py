from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.grouping import limits as limits_module
from clusterer.grouping.compared import Compared
from clusterer.grouping.connection import Network
from clusterer.grouping.density import LEAST_DISTANCE
from clusterer.grouping.group_evidence import Groups
from clusterer.grouping.limits import Within, limits
from clusterer.grouping.nearest import nearest_families
from clusterer.grouping.neighbours import all_pairs
from clusterer.grouping.partition import floor_of, found_edges, partition
from clusterer.grouping.shared_neighbours import with_neighbours
from tests.grouping.features_of_chance import chance_features

seeds = st.integers(0, 2**32 - 1)


def evidence_of(network: Network, one: int, other: int) -> float:
    smaller, larger = min(one, other), max(one, other)
    return float(network.evidence[(network.pairs[0] == smaller) & (network.pairs[1] == larger)][0])


def strongest_bottleneck(network: Network, count: int, first: int, second: int) -> float:
    """The weakest link of the best way, found by taking ever weaker links until the two are connected."""
    group = list(range(count))
    for place in np.argsort(-network.evidence):
        one, other = group[network.pairs[0][place]], group[network.pairs[1][place]]
        group = [one if label == other else label for label in group]
        if group[first] == group[second]:
            return float(network.evidence[place])
    raise AssertionError


@settings(deadline=None, max_examples=40)
@given(seeds, st.integers(2, 25), st.data())
def test_no_way_has_a_stronger_weakest_link(seed: int, count: int, data: st.DataObject) -> None:
    network = Network.of(chance_features(seed, count))
    first, second = data.draw(st.permutations(range(count)))[:2]
    way = network.path(first, second)
    assert (way[0], way[-1]) == (first, second)
    assert len(set(way)) == len(way)
    weakest = min(evidence_of(network, one, other) for one, other in pairwise(way))
    # What is as near as can be is equally near.
    nearest = 1 - LEAST_DISTANCE
    assert min(weakest, nearest) == min(strongest_bottleneck(network, count, first, second), nearest)
    assert network.path(second, first) == way[::-1]


def test_the_way_to_itself_is_empty() -> None:
    assert Network.of(chance_features(1, 4)).path(2, 2) == []


@settings(deadline=None, max_examples=40)
@given(seeds, st.integers(3, 25))
def test_the_strongest_link_and_the_mean_between_two_groups(seed: int, count: int) -> None:
    features = chance_features(seed, count)
    network = Network.of(features)
    members = np.arange(count) < count // 2 + 1
    one, other, evidence = network.strongest(members)
    assert members[one]
    assert not members[other]
    labels = np.where(members, 0, 1)
    wanted = Groups.of(features, labels).evidence((np.array([0]), np.array([1])))[0]
    inside = [(members[network.pairs[0]] == side) & (members[network.pairs[1]] == side) for side in (True, False)]
    sums = np.array([network.evidence[pairs].sum() for pairs in inside])
    near = Compared(network.pairs, network.evidence).chosen(network.evidence > floor_of(0.36))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits_module, "NOT_SHORT_WORDS", 1)  # so that it counts what is nearest
        between = network.between(members, 0.36)
        within = Within.of(features, labels, np.arange(count), sums, nearest_families(count, near))
        limit = limits(0.36, within, np.array([0]), np.array([1]))[0]
    assert evidence >= between.evidence
    assert between.sizes == (int(members.sum()), count - int(members.sum()))
    assert abs(between.evidence - wanted) < 2e-6
    assert abs(between.limit - limit) < 2e-6


def test_what_is_nearest_to_two_groups_counts_in_what_is_enough() -> None:
    features = chance_features(3, 40, topics=2, languages=1, noise=0.5)
    of_first_topic = np.random.default_rng(3).integers(0, 2, 40) == 0
    by_turns = np.cumsum(of_first_topic) % 2 == 0
    network = Network.of(features)
    more = []
    for members in (of_first_topic, by_turns):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(limits_module, "NOT_SHORT_WORDS", 1)
            limit = network.between(members, 0.36).limit
            patch.setattr(limits_module, "MORE_OF_UNMIXED", 0.0)
            more.append(limit - network.between(members, 0.36).limit)
    assert more[0] > 0.05
    assert more[1] < more[0] / 2


@settings(deadline=None, max_examples=40)
@given(seeds, st.integers(4, 40), st.floats(0.3, 0.6))
def test_families_of_one_story_were_joined_by_enough(seed: int, count: int, least: float) -> None:
    features = chance_features(seed, count, topics=2)
    labels = partition(features, least_evidence=least, neighbours=count)
    story = np.flatnonzero(labels == np.bincount(labels).argmax())
    floor = floor_of(least)
    edges = found_edges(features, all_pairs(count), floor=floor)
    known, _ = with_neighbours(replace(features, days_apart=edges.days_apart), edges.compared, floor)
    network = Network.of(known.take(story))
    for place in range(1, len(story)):
        joining = network.joining(0, place, least)
        if joining is not None:
            assert sum(joining.sizes) <= len(story)
            assert joining.evidence >= joining.limit - 2e-6
