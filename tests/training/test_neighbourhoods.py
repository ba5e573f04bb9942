"""Batches of texts that the teacher has near each other."""

from dataclasses import replace

import numpy as np
import pytest

from training import neighbourhoods
from training.lessons import Lessons
from training.neighbourhoods import Neighbourhoods

NO_PAIRS = np.zeros(0, dtype=np.int32)


def lessons_of(count: int, group: int) -> Lessons:
    return Lessons(
        tokens=np.zeros(count, dtype=np.int32),
        offsets=np.arange(count + 1),
        left=NO_PAIRS,
        right=NO_PAIRS,
        group=NO_PAIRS,
        taught=np.arange(count, dtype=np.int32),
        taught_group=np.full(count, group, dtype=np.int32),
        group_names=("gazette:lead", "tatoeba"),
    )


@pytest.fixture
def targets() -> np.ndarray:
    """Vectors around 16 directions, 100 each, in turn."""
    chance = np.random.default_rng(0)
    vectors = np.eye(16, 32, dtype=np.float32)[np.arange(1600) % 16] + 0.02 * chance.normal(size=(1600, 32))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_a_batch_is_of_few_neighbourhoods(targets: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbourhoods, "FEWEST_TEXTS", 20)
    monkeypatch.setattr(neighbourhoods, "NEIGHBOURHOODS", 16)
    lessons = lessons_of(1600, 0)
    near = Neighbourhoods(lessons, lessons.taught, targets, 0)
    batch = near.next(np.random.default_rng(1), 160)
    assert len(batch) <= 160
    similarity = targets[batch] @ targets[batch].T
    chance = targets[np.random.default_rng(2).permutation(1600)[:160]]
    assert (similarity > 0.8).mean() > 1.5 * (chance @ chance.T > 0.8).mean()
    again = Neighbourhoods(lessons, lessons.taught, targets, 0).next(np.random.default_rng(1), 160)
    assert np.array_equal(batch, again)


def test_only_taught_news_is_in_them(targets: np.ndarray) -> None:
    everyday = lessons_of(1600, 1)
    assert Neighbourhoods(everyday, everyday.taught, targets, 0).empty
    untaught = replace(lessons_of(1600, 0), taught=np.full(1600, -1, dtype=np.int32))
    assert Neighbourhoods(untaught, untaught.taught, targets, 0).empty
