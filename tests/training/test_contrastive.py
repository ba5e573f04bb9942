"""Training: translations come together, and the seed decides everything."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix
from tokenizers import Tokenizer

from training import contrastive
from training.contrastive import DIMENSION, train_vectors
from training.pairs import Pairs, make_pairs


@pytest.fixture(scope="module")
def pairs(material: Path, tokenizer: Tokenizer) -> Pairs:
    return make_pairs(material, tokenizer, 0)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contrastive, "BATCH", 128)
    monkeypatch.setattr(contrastive, "WARM_UP", 5)


def found_share(pairs: Pairs, vectors: np.ndarray) -> float:
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


def test_translations_come_together(pairs: Pairs, tokenizer: Tokenizer) -> None:
    vocabulary = tokenizer.get_vocab_size()
    start, trained = train_vectors(pairs, vocabulary, 0, 0), train_vectors(pairs, vocabulary, 200, 0)
    assert trained.shape == (vocabulary, DIMENSION)
    assert trained.dtype == np.float32
    assert found_share(pairs, start) < 0.2
    assert found_share(pairs, trained) > 0.8


def test_the_seed_decides_everything(pairs: Pairs, tokenizer: Tokenizer) -> None:
    vocabulary = tokenizer.get_vocab_size()
    once = train_vectors(pairs, vocabulary, 8, 3)
    assert np.array_equal(train_vectors(pairs, vocabulary, 8, 3), once)
    assert not np.array_equal(train_vectors(pairs, vocabulary, 8, 4), once)


def test_tokens_that_no_batch_touches_stay(pairs: Pairs, tokenizer: Tokenizer) -> None:
    vocabulary = tokenizer.get_vocab_size()
    unused = np.setdiff1d(np.arange(vocabulary), pairs.tokens)
    assert len(unused)
    start, trained = train_vectors(pairs, vocabulary, 0, 0), train_vectors(pairs, vocabulary, 3, 0)
    assert np.array_equal(start[unused], trained[unused])
    assert not np.array_equal(start, trained)


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
    optimizer.step(torch.tensor([1]), torch.ones(1, 4), 0.01)
    assert torch.equal(ours[[0, 2, 3, 4, 5]], ours.clone()[[0, 2, 3, 4, 5]])
    assert not torch.allclose(ours[1], theirs[1].detach())
    assert torch.allclose(ours[2], theirs[2].detach(), atol=1e-6)


def test_the_loss_is_smallest_where_partners_meet() -> None:
    unit = torch.nn.functional.normalize(torch.from_numpy(np.random.default_rng(0).normal(size=(16, 8))), dim=1)
    together = contrastive._contrastive_loss(torch.cat([unit, unit]))
    apart = contrastive._contrastive_loss(torch.cat([unit, unit.roll(1, 0)]))
    assert float(together) < 0.1 < 5 < float(apart)
