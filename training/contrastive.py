"""Training of the token vectors: pairs are brought together, and texts to where the teacher has them.

A text is the mean of its tokens' vectors, made unit length. In a batch of pairs each text must find its partner among
all of the batch, both ways (InfoNCE, van den Oord et al. 2018, with a scale of 20); a text that the teacher read, or
that translates one, must also find the teacher's vector, and lie near it (Reimers & Gurevych 2020 teach translations
by the vector of the English side). Other batches are of taught texts alone. Later stages are gentler, and some of their
batches are of news texts that lie near each other: the similarities in a batch must then be in proportion what the
teacher's are (relational distillation, Park et al. 2019, as a divergence of softmax rows). Adam (Kingma & Ba 2015) is
applied to the rows that a batch touches and to no others, which makes a step five times as fast as a dense embedding's.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import csr_matrix, identity

from training.lessons import Lessons
from training.neighbourhoods import Neighbourhoods

BATCH = 2048
SCALE = 20.0
WARM_UP = 100
LAST_RATE = 0.02
ONE_SOURCE_SHARE = 0.6
TAUGHT_BATCHES = 0.4
NEARNESS = 2.0
FEWEST_TAUGHT = 1 / 8
RANDOM_START = 0.1
# How often a source is drawn, beside its size: less where texts are short, noisy or unlike news, more where they are
# news.
SOURCE_WEIGHT = {
    "tatoeba": 0.4,
    "multi30k": 0.2,
    "indian_wiki": 0.3,
    "wikidict_titles:lex": 0.35,
    "omw:lex": 0.25,
    "wiktionary:lex": 0.4,
    "netransliteration_names:lex": 0.25,
    "dr5hn_places:lex": 0.25,
    "wmt_newstest": 2.0,
    "wmt_general": 2.0,
    "tico19": 1.5,
}
PAIR_KIND_WEIGHT = {"news": 3.0}
TAUGHT_KIND_WEIGHT = {"title": 2.0, "sentence": 2.0, "lex": 0.5}


@dataclass(frozen=True)
class Stage:
    """A stage of training: the highest learning `rate`, the share of batches that are of neighbourhoods, how much the
    similarities of a batch count, and how often leads are drawn beside other texts.
    """

    rate: float
    neighbourhood_batches: float = 0.0
    similarity_weight: float = 0.0
    lead_weight: float = 2.0


FIRST_STAGE = Stage(rate=1e-2)
SECOND_STAGE = Stage(rate=2e-3, neighbourhood_batches=0.4, similarity_weight=2.0, lead_weight=4.0)
THIRD_STAGE = Stage(rate=4e-3, neighbourhood_batches=0.5, similarity_weight=3.0, lead_weight=4.0)


@dataclass(frozen=True)
class Student:
    """Where training begins: `vectors`, float32 [vocabulary, d], and `parts`, float32 [vocabulary, vocabulary], what
    each token's vector is the sum of.
    """

    vectors: npt.NDArray[np.float32]
    parts: csr_matrix

    def summed(self) -> npt.NDArray[np.float32]:
        """One vector a token, its parts' added, float32 [vocabulary, d]."""
        total: npt.NDArray[np.float32] = self.parts @ self.vectors
        return total


def random_student(parts: csr_matrix, dimension: int, without_parts: int, seed: int) -> Student:
    """A student that knows nothing. Tokens that have parts begin at zero."""
    vectors = np.random.default_rng(seed).normal(size=(parts.shape[0], dimension)).astype(np.float32) * RANDOM_START
    vectors[without_parts:] = 0
    return Student(vectors, parts)


def whole_tokens(vectors: npt.NDArray[np.float32]) -> Student:
    """A student with a vector of its own for each token, the sum of no other's."""
    return Student(vectors, identity(len(vectors), dtype=np.float32, format="csr"))


class _Draw:
    """Draws batches of rows: most from one source, so that partners are told apart by more than their source."""

    def __init__(self, source: npt.NDArray[np.int32], weights: Sequence[float], draw: np.random.Generator) -> None:
        self._draw = draw
        self._rows = [np.flatnonzero(source == number) for number in range(len(weights))]
        shares = np.array(weights) * [len(rows) for rows in self._rows]
        self._share = shares / max(shares.sum(), 1e-9)
        self.empty = not shares.sum()

    def next(self) -> npt.NDArray[np.int64]:
        if self._draw.random() < ONE_SOURCE_SHARE:
            rows = self._rows[self._draw.choice(len(self._rows), p=self._share)]
            return self._draw.choice(rows, BATCH, replace=len(rows) < BATCH)
        chosen = self._draw.choice(len(self._rows), BATCH, p=self._share)
        return np.array([self._rows[source][self._draw.integers(len(self._rows[source]))] for source in chosen])


class _SparseAdam:
    """Adam over the rows that a batch touches; each row counts its own steps."""

    def __init__(self, weights: torch.Tensor) -> None:
        self._weights = weights
        self._mean = torch.zeros_like(weights)
        self._square = torch.zeros_like(weights)
        self._steps = torch.zeros(len(weights))

    def step(self, rows: torch.Tensor, gradient: torch.Tensor, rate: float) -> None:
        self._steps[rows] += 1
        steps = self._steps[rows][:, None]
        mean = self._mean[rows] * 0.9 + 0.1 * gradient
        square = self._square[rows] * 0.999 + 0.001 * gradient * gradient
        self._mean[rows] = mean
        self._square[rows] = square
        scale = (square / (1 - 0.999**steps)).sqrt() + 1e-8
        self._weights[rows] -= rate * (mean / (1 - 0.9**steps)) / scale


def train(
    lessons: Lessons,
    student: Student,
    targets: npt.NDArray[np.float32] | None,
    steps: int,
    seed: int,
    stage: Stage = FIRST_STAGE,
) -> Student:
    """The student after so many steps of a stage. `targets` are the teacher's vectors, float32 [n, d]; without them the
    pairs alone teach. The same lessons and seed give the same student: on two threads the last bits differ.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    draw = np.random.default_rng(seed)
    weights = torch.from_numpy(student.vectors.copy())
    optimizer = _SparseAdam(weights)
    course = _Course(lessons, targets, stage, draw, seed)
    shown: dict[str, float] = {}
    started = time.monotonic()
    for step in range(steps):
        rows, paired = course.next()
        tokens, bag = _bag_of_tokens(lessons, rows, student.parts)
        pooled = torch.from_numpy(bag @ weights[tokens].numpy()).requires_grad_(True)
        losses = course.losses(torch.nn.functional.normalize(pooled, dim=1), rows, paired=paired)
        loss = torch.stack(list(losses.values())).sum()
        loss.backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
        assert pooled.grad is not None
        rate = stage.rate * min(1.0, (step + 1) / WARM_UP) * max(LAST_RATE, 1 - step / steps)
        optimizer.step(tokens, torch.from_numpy(bag.T.tocsr() @ pooled.grad.numpy()), rate)
        for name, value in losses.items():
            shown[name] = 0.98 * shown.get(name, float(value.detach())) + 0.02 * float(value.detach())
        if step % 500 == 0:
            told = ", ".join(f"{name} {value:.3f}" for name, value in sorted(shown.items()))
            print(f"step {step:,} of {steps:,}: loss of {told}; {time.monotonic() - started:.0f} s", flush=True)
    return Student(weights.numpy(), student.parts)


class _Course:
    """What the batches of a stage are, and what is wrong with a student's vectors of them."""

    def __init__(
        self,
        lessons: Lessons,
        targets: npt.NDArray[np.float32] | None,
        stage: Stage,
        draw: np.random.Generator,
        seed: int,
    ) -> None:
        self._lessons, self._stage, self._draw = lessons, stage, draw
        self._goals = None if targets is None else torch.from_numpy(targets)
        self._taught = np.where(lessons.taught < (0 if targets is None else len(targets)), lessons.taught, -1)
        names = lessons.group_names
        kinds = TAUGHT_KIND_WEIGHT | {"lead": stage.lead_weight}
        self._pairs = _Draw(lessons.group, [_weight(name, PAIR_KIND_WEIGHT) for name in names], draw)
        self._known = np.flatnonzero(self._taught >= 0)
        self._texts = _Draw(lessons.taught_group[self._known], [_weight(name, kinds) for name in names], draw)
        self._near: Neighbourhoods | None = None
        if stage.neighbourhood_batches and targets is not None:
            self._near = Neighbourhoods(lessons, self._taught, targets, seed)

    def next(self) -> tuple[npt.NDArray[np.int64 | np.int32], bool]:
        """The texts of the next batch, and whether they are pairs: the left sides, then the right ones."""
        if self._near and not self._near.empty and self._draw.random() < self._stage.neighbourhood_batches:
            return self._near.next(self._draw, BATCH), False
        if not self._texts.empty and self._draw.random() < TAUGHT_BATCHES:
            return self._known[self._texts.next()], False
        pick = self._pairs.next()
        return np.concatenate([self._lessons.left[pick], self._lessons.right[pick]]), True

    def losses(
        self, unit: torch.Tensor, rows: npt.NDArray[np.int64 | np.int32], *, paired: bool
    ) -> dict[str, torch.Tensor]:
        """The losses of unit vectors of the texts `rows`."""
        losses: dict[str, torch.Tensor] = {}
        if paired:
            losses["pairs"] = contrastive_loss(unit[:BATCH], unit[BATCH:])
        some = np.flatnonzero(self._taught[rows] >= 0)
        if self._goals is None or (paired and len(some) <= FEWEST_TAUGHT * BATCH):
            return losses
        some = self._draw.choice(some, BATCH, replace=False) if len(some) > BATCH else some
        goal_rows = self._taught[rows[some]]
        share, own, goals = len(some) / BATCH, unit[torch.from_numpy(some)], self._goals[goal_rows]
        losses["taught"] = share * taught_loss(own, goals, goal_rows)
        if self._stage.similarity_weight:
            losses["similarity"] = share * self._stage.similarity_weight * similarity_loss(own, goals)
        return losses


def _weight(name: str, of_kind: Mapping[str, float]) -> float:
    return SOURCE_WEIGHT.get(name, of_kind.get(name.rpartition(":")[2], 1.0))


def _bag_of_tokens(
    lessons: Lessons, texts: npt.NDArray[np.int64 | np.int32], parts: csr_matrix
) -> tuple[torch.Tensor, csr_matrix]:
    """The tokens in a batch, and their parts (int64 [u]), and the matrix [texts, u] that takes the mean of each text's
    tokens.
    """
    starts, ends = lessons.offsets[texts], lessons.offsets[texts + 1]
    length = ends - starts
    bounds = np.concatenate([[0], np.cumsum(length)])
    positions = np.arange(bounds[-1]) + np.repeat(starts - bounds[:-1], length)
    used, columns = np.unique(lessons.tokens[positions], return_inverse=True)
    shares = np.repeat(1 / np.maximum(length, 1), length).astype(np.float32)
    bag = csr_matrix((shares, columns, bounds), shape=(len(texts), len(used))) @ parts[used]
    rows, columns = np.unique(bag.indices, return_inverse=True)
    return torch.from_numpy(rows).long(), csr_matrix((bag.data, columns, bag.indptr), shape=(len(texts), len(rows)))


def contrastive_loss(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """InfoNCE both ways of unit vectors [n, d] whose partners have the same row."""
    return _both_ways(left @ right.T * SCALE)


def _both_ways(similarity: torch.Tensor) -> torch.Tensor:
    """Cross entropy of the diagonal in its row and in its column."""
    partner = torch.arange(len(similarity))
    cross_entropy = torch.nn.functional.cross_entropy
    return (cross_entropy(similarity, partner) + cross_entropy(similarity.T, partner)) / 2


def taught_loss(unit: torch.Tensor, goals: torch.Tensor, goal_rows: npt.NDArray[np.int32]) -> torch.Tensor:
    """How far unit vectors [n, d] are from finding their goals among all, and from lying near them. Texts of one goal,
    by `goal_rows` [n], are not held against each other.
    """
    same = torch.from_numpy(goal_rows[:, None] == goal_rows[None]).fill_diagonal_(False)
    similarity = (unit @ goals.T * SCALE).masked_fill(same, -1e4)
    return _both_ways(similarity) + NEARNESS * (1 - (unit * goals).sum(dim=1).mean())


def similarity_loss(unit: torch.Tensor, goals: torch.Tensor) -> torch.Tensor:
    """How far the similarities among unit vectors [n, d] are, row by row, from those among their goals: the cross
    entropy of their softmax, each vector left out of its own row.
    """
    own = torch.eye(len(unit), dtype=torch.bool)
    wanted = torch.softmax((goals @ goals.T * SCALE).masked_fill(own, -1e4), dim=1)
    found = torch.log_softmax((unit @ unit.T * SCALE).masked_fill(own, -1e4), dim=1)
    return -(wanted * found).sum(dim=1).mean()
