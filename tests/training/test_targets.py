"""The teacher's space: unit vectors, without what a language has in common."""

import numpy as np
import pytest

from training.targets import MEAN_SHRINKAGE, shortened, starting_vectors, teacher_space

LANGUAGES = ["en"] * 600 + ["de"] * 400


def teacher_vectors() -> np.ndarray:
    drawn = np.random.default_rng(0)
    rows = drawn.normal(size=(1000, 12)) * np.linspace(2, 0.2, 12) + 3
    rows[600:, 0] += 5
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


@pytest.mark.parametrize("dimension", [4, 12, 16])
def test_targets_are_of_unit_length_and_first_dimensions_hold_the_most(dimension: int) -> None:
    space = teacher_space(teacher_vectors(), LANGUAGES, dimension)
    assert space.targets.shape == (1000, dimension)
    assert space.targets.dtype == np.float32
    assert np.allclose(np.linalg.norm(space.targets, axis=1), 1, atol=1e-5)
    held = (space.targets**2).sum(axis=0)
    assert (np.diff(held[:4]) < 0).all()
    assert not held[12:].any()


def test_the_mean_of_a_language_goes_and_angles_stay() -> None:
    vectors = teacher_vectors().astype(np.float32)
    space = teacher_space(teacher_vectors(), LANGUAGES, 12)
    centred = vectors.copy()
    for own in (np.arange(600), np.arange(600, 1000)):
        mean = (vectors[own].sum(axis=0) + MEAN_SHRINKAGE * vectors.mean(axis=0)) / (len(own) + MEAN_SHRINKAGE)
        centred[own] -= mean
        assert np.linalg.norm(space.targets[own].mean(axis=0)) < 0.2 < 0.9 < np.linalg.norm(vectors[own].mean(axis=0))
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    assert np.allclose(space.targets @ space.targets.T, centred @ centred.T, atol=1e-3)


def test_common_tokens_begin_shorter() -> None:
    space = teacher_space(teacher_vectors(), LANGUAGES, 8)
    tokens = np.array([0] * 900 + [1] * 99 + [2], dtype=np.int32)
    begun = starting_vectors(teacher_vectors()[:5], space, tokens)
    length = np.linalg.norm(begun, axis=1)
    assert begun.shape == (5, 8)
    assert length[0] < length[1] < length[2] < length[3]
    assert length[3] == pytest.approx(length[4])


def test_common_tokens_are_shortened_and_keep_their_direction() -> None:
    vectors = np.ones((4, 3), dtype=np.float32)
    tokens = np.repeat(np.arange(3, dtype=np.int32), [9000, 990, 10])
    length = shortened(vectors, tokens)[:, 0]
    assert (np.diff(length) > 0).all()
    assert length[3] == 1
    assert length[2] == pytest.approx(0.5**0.3, rel=1e-3)
    assert np.allclose(shortened(vectors, tokens), length[:, None])
