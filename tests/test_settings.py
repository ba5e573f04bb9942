from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterer.errors import UsageError
from clusterer.settings import Settings


def test_the_defaults_are_even_odds_and_thirty_two_neighbours() -> None:
    assert Settings().as_dict() == {"threshold": 0.5, "neighbours": 32, "recall": 0.9}


@given(st.floats(0, 1, exclude_min=True, exclude_max=True), st.integers(1))
def test_settings_come_back_from_the_manifest(threshold: float, neighbours: int) -> None:
    settings = Settings(threshold, neighbours)
    assert Settings(**settings.as_dict()) == settings


@given(st.floats().filter(lambda number: not 0 < number < 1))
def test_a_threshold_that_is_no_probability_is_refused(threshold: float) -> None:
    with pytest.raises(UsageError) as caught:
        Settings(threshold=threshold)
    assert caught.value.where == "--threshold"
    assert caught.value.remedy


@given(st.integers(max_value=0))
def test_no_neighbour_is_too_few(neighbours: int) -> None:
    with pytest.raises(UsageError, match="at least one neighbour"):
        Settings(neighbours=neighbours)
