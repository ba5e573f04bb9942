from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterer.grouping.calibration import EVEN_EVIDENCE, evidence_at, probability

chances = st.floats(1e-9, 1 - 1e-9)


@given(chances)
def test_the_evidence_of_a_probability_has_that_probability(chance: float) -> None:
    assert probability(np.array([evidence_at(chance)]))[0] == pytest.approx(chance)


@given(st.lists(st.floats(-3, 3), min_size=2))
def test_more_evidence_is_no_less_probable(evidence: list[float]) -> None:
    found = probability(np.sort(np.array(evidence)))
    assert (np.diff(found) >= 0).all()
    assert ((found >= 0) & (found <= 1)).all()


def test_even_evidence_is_even() -> None:
    assert evidence_at(0.5) == EVEN_EVIDENCE
    assert probability(np.array([EVEN_EVIDENCE]))[0] == 0.5


def test_unknown_evidence_has_no_probability() -> None:
    assert np.isnan(probability(np.array([np.nan]))[0])
