"""Gold sets are given other dates, so that their stories run for weeks."""

import numpy as np
import pytest

from benchmarks.corpora import SAMPLE
from benchmarks.gold_set import load_gold_set
from benchmarks.long_stories import FIRST_DAYS, told_over
from clusterer.encoding.loading import load_encoder

GOLD = load_gold_set(SAMPLE, load_encoder(None))


@pytest.mark.parametrize("moving_on", [False, True])
@pytest.mark.parametrize("span", [2, 21])
def test_stories_go_on_for_so_many_days(span: int, moving_on: bool) -> None:
    days = told_over(GOLD, span, moving_on, 0)
    assert np.array_equal(days, told_over(GOLD, span, moving_on, 0))
    assert not np.array_equal(days, told_over(GOLD, span, moving_on, 1))
    assert days.shape == (len(GOLD.features),)
    assert days.min() >= 0
    assert days.max() <= FIRST_DAYS + span
    stories = np.array(GOLD.stories)
    lengths = [np.ptp(days[GOLD.rows[stories == story]]) for story in np.unique(stories)]
    assert span / 2 < max(lengths) <= span


def test_a_story_that_moves_on_has_what_is_alike_on_days_that_are_near() -> None:
    def alike(moving_on: bool) -> float:
        """How much more alike two families of one story are on near days than on far ones."""
        days = told_over(GOLD, 21, moving_on, 0)
        vectors = GOLD.features.dense.astype(np.float64)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        stories = np.array(GOLD.stories)
        correlations = []
        for story in np.unique(stories):
            rows = np.unique(GOLD.rows[stories == story])
            if len(rows) >= 5:
                left, right = np.triu_indices(len(rows), 1)
                cosines = (vectors[rows[left]] * vectors[rows[right]]).sum(axis=1)
                apart = np.abs(days[rows[left]] - days[rows[right]])
                correlations.append(-np.corrcoef(cosines, apart)[0, 1])
        return float(np.mean(correlations))

    assert alike(moving_on=True) > alike(moving_on=False) + 0.1
