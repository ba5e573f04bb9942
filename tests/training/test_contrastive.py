"""Training: translations come together, and the seed decides everything."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix
from tokenizers import Tokenizer

from training import contrastive, neighbourhoods
from training.contrastive import (
    SECOND_STAGE,
    Student,
    contrastive_loss,
    random_student,
    similarity_loss,
    taught_loss,
    train,
    whole_tokens,
)
from training.lessons import Lessons, make_lessons
from training.parts import parts_of_tokens
from training.teacher_texts import TaughtText

DIMENSION = 64


@pytest.fixture(scope="module")
def pairs(material: Path, tokenizer: Tokenizer) -> Lessons:
    return make_lessons(material, tokenizer, [], 0)


@pytest.fixture(scope="module")
def beginner(tokenizer: Tokenizer) -> Student:
    common = tokenizer.get_vocab_size() - 20
    return random_student(parts_of_tokens(tokenizer, common), DIMENSION, common, 0)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contrastive, "BATCH", 128)
    monkeypatch.setattr(contrastive, "WARM_UP", 5)


def found_share(pairs: Lessons, vectors: np.ndarray) -> float:
    """How many of the sentences have a translation as the nearest of all other sentences."""
    counts = np.ones(len(pairs.tokens), dtype=np.float32)
    bag = csr_matrix((counts, pairs.tokens, pairs.offsets), shape=(len(pairs.offsets) - 1, len(vectors)))
    pooled = bag @ vectors
    pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
    left, right = (rows[pairs.group == 0] for rows in (pairs.left, pairs.right))
    partners = {(*pair,) for pair in np.concatenate([np.stack([left, right], 1), np.stack([right, left], 1)]).tolist()}
    sentences = np.unique([left, right])
    similarity = pooled[sentences] @ pooled[sentences].T
    np.fill_diagonal(similarity, -1)
    nearest = sentences[similarity.argmax(axis=1)]
    return float(np.mean([pair in partners for pair in zip(sentences.tolist(), nearest.tolist(), strict=True)]))


def test_translations_come_together(pairs: Lessons, beginner: Student) -> None:
    trained = train(pairs, beginner, None, 200, 0).summed()
    assert trained.shape == (beginner.parts.shape[0], DIMENSION)
    assert trained.dtype == np.float32
    assert found_share(pairs, beginner.summed()) < 0.2
    assert found_share(pairs, trained) > 0.8


def test_the_seed_decides_everything(pairs: Lessons, beginner: Student) -> None:
    once = train(pairs, beginner, None, 8, 3).vectors
    assert np.array_equal(train(pairs, beginner, None, 8, 3).vectors, once)
    assert not np.array_equal(train(pairs, beginner, None, 8, 4).vectors, once)


def test_tokens_that_no_batch_touches_stay(pairs: Lessons, beginner: Student) -> None:
    touched = np.unique(beginner.parts[np.unique(pairs.tokens)].indices)
    unused = np.setdiff1d(np.arange(len(beginner.vectors)), touched)
    assert len(unused)
    trained = train(pairs, beginner, None, 3, 0).vectors
    assert np.array_equal(beginner.vectors[unused], trained[unused])
    assert not np.array_equal(beginner.vectors, trained)


def test_texts_come_near_to_where_the_teacher_has_them(
    material: Path, tokenizer: Tokenizer, beginner: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contrastive, "BATCH", 16)
    read = [
        TaughtText(" ".join(words), "en", "quay") for words in product(("river", "boat", "clock"), ("sells", "opens"))
    ]
    lessons = make_lessons(material, tokenizer, [*read, TaughtText("the museum", "en", "quay")], 0)
    targets = np.random.default_rng(0).normal(size=(len(read), DIMENSION)).astype(np.float32)
    targets /= np.linalg.norm(targets, axis=1, keepdims=True)
    assert lessons.taught.max() == len(targets), "the last text has no vector, and is not taught"

    def nearness(vectors: np.ndarray) -> float:
        texts = [vectors[tokenizer.encode(item.text).ids].mean(axis=0) for item in read]
        cosines = [text @ target / np.linalg.norm(text) for text, target in zip(texts, targets, strict=True)]
        return float(np.mean(cosines))

    assert nearness(beginner.summed()) < 0.3
    assert nearness(train(lessons, beginner, targets, 150, 0).summed()) > 0.6


def test_what_the_teacher_has_no_vector_of_is_not_taught(
    material: Path, tokenizer: Tokenizer, beginner: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contrastive, "BATCH", 16)
    read = [TaughtText(" ".join(words), "en", "quay") for words in product(("river", "boat"), ("sells", "opens"))]
    lessons = make_lessons(material, tokenizer, read, 0)
    targets = np.eye(len(read), DIMENSION, dtype=np.float32)
    without = np.where(lessons.taught < 2, lessons.taught, -1).astype(np.int32)
    once = train(lessons, beginner, targets[:2], 8, 0).vectors
    assert np.array_equal(once, train(replace(lessons, taught=without), beginner, targets, 8, 0).vectors)
    assert not np.array_equal(once, train(lessons, beginner, targets, 8, 0).vectors)


def test_adam_is_that_of_torch_on_the_rows_touched() -> None:
    start = torch.from_numpy(np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32))
    ours, theirs = start.clone(), start.clone().requires_grad_(True)
    optimizer, reference = contrastive._SparseAdam(ours), torch.optim.Adam([theirs], lr=0.01)
    for step in range(5):
        gradient = torch.full((6, 4), 0.5) * (step + 1)
        optimizer.step(torch.arange(6), gradient, 0.01)
        theirs.grad = gradient.clone()
        reference.step()
    assert torch.allclose(ours, theirs.detach(), atol=1e-6)
    before = ours.clone()
    optimizer.step(torch.tensor([1]), torch.ones(1, 4), 0.01)
    assert torch.equal(ours[[0, 2, 3, 4, 5]], before[[0, 2, 3, 4, 5]])
    assert not torch.allclose(ours[1], before[1])


def test_the_loss_is_smallest_where_partners_meet() -> None:
    unit = torch.nn.functional.normalize(torch.from_numpy(np.random.default_rng(0).normal(size=(16, 8))), dim=1)
    together = contrastive_loss(unit, unit)
    apart = contrastive_loss(unit, unit.roll(1, 0))
    assert float(together) < 0.1 < 5 < float(apart)


def test_texts_of_one_goal_are_not_held_against_each_other() -> None:
    goals = torch.eye(6)[[0, 1, 2, 0, 1, 2]]
    rows = np.array([0, 1, 2, 0, 1, 2], dtype=np.int32)
    at_their_goals = taught_loss(goals, goals, rows)
    assert float(at_their_goals) < 1e-3
    assert float(taught_loss(goals, goals, np.arange(6, dtype=np.int32))) > 0.5
    assert float(taught_loss(goals.roll(1, 0), goals, rows)) > 5


def test_similarities_are_right_where_they_are_the_goals_own() -> None:
    goals = torch.nn.functional.normalize(torch.from_numpy(np.random.default_rng(0).normal(size=(16, 8))), dim=1)
    turned = goals @ torch.linalg.qr(torch.from_numpy(np.random.default_rng(1).normal(size=(8, 8))))[0]
    at_best = similarity_loss(goals, goals)
    assert float(similarity_loss(turned, goals)) == pytest.approx(float(at_best))
    assert float(similarity_loss(goals.roll(1, 0), goals)) > float(at_best) + 0.5


def test_the_second_stage_brings_similarities_nearer_to_the_teachers(
    material: Path, tokenizer: Tokenizer, beginner: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contrastive, "BATCH", 32)
    monkeypatch.setattr(neighbourhoods, "FEWEST_TEXTS", 8)
    words = product(("river", "boat", "clock", "bridge"), ("sells", "opens", "repairs"), ("old", "harbour", "island"))
    read = [TaughtText(" ".join(some), "en", "gazette:title") for some in words]
    lessons = make_lessons(material, tokenizer, read, 0)
    targets = np.random.default_rng(0).normal(size=(len(read), DIMENSION)).astype(np.float32)
    targets /= np.linalg.norm(targets, axis=1, keepdims=True)

    def loss(vectors: np.ndarray) -> float:
        texts = np.array([vectors[tokenizer.encode(item.text).ids].mean(axis=0) for item in read])
        unit = torch.nn.functional.normalize(torch.from_numpy(texts), dim=1)
        return float(similarity_loss(unit, torch.from_numpy(targets)))

    whole = whole_tokens(beginner.summed())
    assert np.array_equal(whole.summed(), beginner.summed())
    trained = [train(lessons, whole, targets, 100, 0, SECOND_STAGE).summed() for _ in range(2)]
    assert np.array_equal(*trained)
    assert loss(trained[0]) < loss(whole.summed()) - 0.5
