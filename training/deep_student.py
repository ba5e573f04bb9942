"""The deeper student: some layers of the teacher, taught what all of its layers make of each token.

It begins as the teacher's own first layers and its last one, on the teacher's own token vectors, which stay as they
are (Sanh et al. 2019). It is taught what the last layer makes of each token (Jiao et al. 2020), beside the vectors of
texts and their cosines.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from training.teacher import Readings

if TYPE_CHECKING:
    from torch import Tensor

LAYERS = (0, 1, 11)
RATE = 1e-3
LAST_RATE = 0.02
WARM_UP = 100
LARGEST_GRADIENT = 1.0
TOKENS_OF_A_BATCH = 6144
# Batches are of texts of like length, sorted among so many.
SORTED_TOGETHER = 8000
TEXT_WEIGHT = 1.0
SIMILARITY_WEIGHT = 0.5
FEWEST_COMPARED = 16
MEAN_MOMENTUM = 0.99
# What Adam keeps of each weight (Kingma & Ba 2015).
MOMENTS = ("exp_avg", "exp_avg_sq")


class DeepStudent:
    """A transformer of some of the teacher's layers, and the state of its training."""

    def __init__(self, teacher: Path, layers: Sequence[int] = LAYERS) -> None:
        from transformers import AutoModel

        # Torch's fused attention takes twice the plain one's time on its way back.
        self.transformer: Any = AutoModel.from_pretrained(str(teacher), attn_implementation="eager").eval()
        stack = self.transformer.encoder
        stack.layer = torch.nn.ModuleList([stack.layer[place] for place in layers])
        self.transformer.config.num_hidden_layers = len(layers)
        self.transformer.requires_grad_(False)
        self._learned: list[Tensor] = [weights.requires_grad_(True) for weights in stack.parameters()]
        self._optimizer = torch.optim.AdamW(self._learned, lr=RATE, weight_decay=0.01)
        self._mean: Tensor | None = None
        self._steps = 0

    def states(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """The last layer's vectors of padded tokens, int64 [n, longest], float32 [n, longest, d]."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found: Tensor = self.transformer(input_ids=tokens, attention_mask=mask).last_hidden_state
        return found.float()

    def follow(self, readings: Readings, passes: int, seed: int, done: float, share: float) -> None:
        """Learn from what the teacher read, so many times. `done` is the share of the round that is behind, and
        `share` that which this is: the rate falls over all of the round.
        """
        batches = [batch for turn in range(passes) for batch in _batches(readings, np.random.default_rng((seed, turn)))]
        started, shown = time.monotonic(), math.nan
        for number, rows in enumerate(batches):
            loss = self._step(*_padded(readings, rows), done + share * number / len(batches))
            shown = loss if math.isnan(shown) else 0.98 * shown + 0.02 * loss
        texts = passes * len(readings) / (time.monotonic() - started)
        print(f"{done + share:.1%}: loss {shown:.3f}, {texts:.0f} texts a second", flush=True)

    def _step(self, tokens: Tensor, mask: Tensor, wanted: Tensor, done: float) -> float:
        found = self.states(tokens, mask)
        there = mask > 0
        loss = (found - wanted)[there].square().mean() / wanted[there].square().mean()
        loss = loss + self._loss_of_texts(_mean_of_tokens(found, mask), _mean_of_tokens(wanted, mask))
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
        torch.nn.utils.clip_grad_norm_(self._learned, LARGEST_GRADIENT)
        self._steps += 1
        for group in self._optimizer.param_groups:
            group["lr"] = RATE * min(1.0, self._steps / WARM_UP) * max(LAST_RATE, 1 - done)
        self._optimizer.step()
        return float(loss.detach())

    def _loss_of_texts(self, found: Tensor, wanted: Tensor) -> Tensor:
        """How far texts' vectors [n, d], less the mean of all, are from the teacher's, and their cosines in the batch
        from its.
        """
        mean = wanted.mean(dim=0)
        self._mean = mean if self._mean is None else MEAN_MOMENTUM * self._mean + (1 - MEAN_MOMENTUM) * mean
        found, wanted = (torch.nn.functional.normalize(texts - self._mean, dim=1) for texts in (found, wanted))
        loss = TEXT_WEIGHT * (1 - (found * wanted).sum(dim=1).mean())
        if len(found) >= FEWEST_COMPARED:
            loss = loss + SIMILARITY_WEIGHT * (found @ found.T - wanted @ wanted.T).square().mean()
        return loss

    def state(self) -> dict[str, Tensor]:
        """Weights and the state of training, by name, once there is one."""
        assert self._mean is not None, "a student that has learned nothing has nothing to keep"
        arrays = {"mean": self._mean, "steps": torch.tensor(self._steps)}
        for number, weights in enumerate(self._learned):
            arrays[f"weights.{number}"] = weights.detach()
            arrays |= {f"{name}.{number}": self._optimizer.state[weights][name] for name in MOMENTS}
        return arrays

    def go_on(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what `state` gave."""
        self._mean, self._steps = state["mean"], int(state["steps"])
        for number, weights in enumerate(self._learned):
            weights.data.copy_(state[f"weights.{number}"])
            moments = {name: state[f"{name}.{number}"] for name in MOMENTS}
            self._optimizer.state[weights] = moments | {"step": torch.tensor(float(self._steps))}


def _batches(readings: Readings, draw: np.random.Generator) -> Iterator[npt.NDArray[np.intp]]:
    """The texts of batches of some TOKENS_OF_A_BATCH, with what pads them, in an order that is drawn."""
    length = np.diff(readings.offsets)
    order = draw.permutation(len(readings))
    found = []
    for start in range(0, len(order), SORTED_TOGETHER):
        some = order[start : start + SORTED_TOGETHER]
        some = some[np.argsort(length[some], kind="stable")]
        begin = 0
        for end in range(1, len(some) + 1):
            if end == len(some) or (end - begin + 1) * length[some[end]] > TOKENS_OF_A_BATCH:
                found.append(some[begin:end])
                begin = end
    for number in draw.permutation(len(found)):
        yield found[number]


def _padded(readings: Readings, rows: npt.NDArray[np.intp]) -> tuple[Tensor, Tensor, Tensor]:
    """Tokens and mask, int64 [n, longest], and the teacher's states, float32 [n, longest, d], of some texts."""
    starts, lengths = readings.offsets[rows], np.diff(readings.offsets)[rows]
    mask = np.arange(lengths.max())[None] < lengths[:, None]
    tokens = np.ones(mask.shape, dtype=np.int64)
    states = np.zeros((*mask.shape, readings.states.shape[1]), dtype=np.float32)
    places = (starts[:, None] + np.arange(lengths.max())[None])[mask]
    tokens[mask], states[mask] = readings.tokens[places], readings.states[places]
    return torch.from_numpy(tokens), torch.from_numpy(mask.astype(np.int64)), torch.from_numpy(states)


def _mean_of_tokens(states: Tensor, mask: Tensor) -> Tensor:
    """The mean of each text's states, made unit length, [n, d]."""
    there = mask[..., None].to(states.dtype)
    return torch.nn.functional.normalize((states * there).sum(dim=1) / there.sum(dim=1), dim=1)
