"""The teacher's vectors: texts run through a transformer, in int8 arithmetic.

The teacher is a tool of training alone: what ships is the student's. Its weights are quantized after training (NNCF,
smoothed and calibrated on the texts themselves): on this material the vectors agree with those of float32 to a cosine
of .999, at more than twice the speed of torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Item = TypeVar("Item")

PROMPT = "query: "
TOKENS = 96
BATCH = 32
SHARD = 20_000
CALIBRATION_BATCH = 4
CALIBRATION_TEXTS = 240


@dataclass(frozen=True)
class Readings:
    """What the teacher makes of texts: of text t the `tokens[offsets[t]:offsets[t + 1]]`, int32, its own numbers for
    them, and in the same rows of `states` the last layer's vector of each, float16 [tokens, d].
    """

    tokens: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    states: npt.NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.offsets) - 1


class Teacher:
    """A sentence-transformers folder whose vectors are the mean of the last layer's, made unit length.

    `folder` holds the float32 model, `quantized` the file (.xml) of the int8 one, which is made from `calibration`
    where it is missing. `streams` batches are worked on at once, one thread each.
    """

    def __init__(self, folder: Path, quantized: Path, calibration: Sequence[str], streams: int = 2) -> None:
        import openvino
        from tokenizers import Tokenizer

        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        if not quantized.exists():
            batches = [_padded(self._tokenized(texts, TOKENS)) for texts in _cut(calibration, CALIBRATION_BATCH)]
            _quantize(folder, quantized, batches)
        options = {"NUM_STREAMS": str(streams), "INFERENCE_NUM_THREADS": str(streams)}
        self._model = openvino.Core().compile_model(str(quantized), "CPU", options)
        self._streams = streams

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.output(0).partial_shape[2].get_length())

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float16]:
        """Unit vectors, float16 [n, dimension], of the texts' first TOKENS."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float16)

        def keep(rows: list[int], states: npt.NDArray[np.float32], lengths: list[int]) -> None:
            for row, own, length in zip(rows, states, lengths, strict=True):
                mean = own[:length].mean(axis=0)
                vectors[row] = mean / np.linalg.norm(mean)

        self._run(self._tokenized(texts, TOKENS), keep)
        return vectors

    def read(self, texts: Sequence[str], most_tokens: int) -> Readings:
        """What the last layer makes of each of the first `most_tokens` of the texts."""
        tokenized = self._tokenized(texts, most_tokens)
        offsets = np.concatenate([[0], np.cumsum([len(row) for row in tokenized], dtype=np.int64)])
        states = np.empty((int(offsets[-1]), self.dimension), dtype=np.float16)

        def keep(rows: list[int], found: npt.NDArray[np.float32], lengths: list[int]) -> None:
            for row, own, length in zip(rows, found, lengths, strict=True):
                states[offsets[row] : offsets[row + 1]] = own[:length]

        self._run(tokenized, keep)
        return Readings(np.concatenate(tokenized, dtype=np.int32), offsets, states)

    def _tokenized(self, texts: Sequence[str], most_tokens: int) -> list[list[int]]:
        self._tokenizer.enable_truncation(most_tokens)
        return [encoding.ids for encoding in self._tokenizer.encode_batch([PROMPT + text for text in texts])]

    def _run(
        self,
        tokenized: Sequence[list[int]],
        keep: Callable[[list[int], npt.NDArray[np.float32], list[int]], None],
    ) -> None:
        """Give `keep` the rows of some texts, their states, float32 [n, longest, d], and how long each is, until all
        were read.
        """
        import openvino

        queue = openvino.AsyncInferQueue(self._model, self._streams)
        queue.set_callback(
            lambda request, rows: keep(rows, request.get_output_tensor(0).data, [len(tokenized[row]) for row in rows])
        )
        by_length = sorted(range(len(tokenized)), key=lambda row: -len(tokenized[row]))
        for rows in _cut(by_length, BATCH):
            queue.start_async(list(_padded([tokenized[row] for row in rows])), rows)
        queue.wait_all()


def teach(teacher: Teacher, texts: Sequence[str], shards: Path) -> npt.NDArray[np.float16]:
    """The teacher's vectors, float16 [n, d], kept in the folder `shards` a shard at a time; what is there is not made
    again.
    """
    shards.mkdir(parents=True, exist_ok=True)
    parts = []
    for number, start in enumerate(range(0, len(texts), SHARD)):
        file = shards / f"{number:04d}.npy"
        if not file.exists():
            unfinished = file.with_suffix(".part.npy")
            np.save(unfinished, teacher.encode(texts[start : start + SHARD]))
            unfinished.rename(file)
            print(f"teacher: {min(start + SHARD, len(texts)):,} of {len(texts):,} texts", flush=True)
        parts.append(np.load(file))
    return np.concatenate(parts)


def _padded(rows: Sequence[list[int]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Token ids and the mask of what is no padding, int64 [n, longest]."""
    ids = np.ones((len(rows), max(map(len, rows))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
    return ids, mask


def _cut(items: Sequence[Item], size: int) -> list[list[Item]]:
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def _quantize(folder: Path, quantized: Path, batches: list[Any]) -> None:
    import nncf
    import openvino
    import torch
    from transformers import AutoModel

    transformer = AutoModel.from_pretrained(str(folder), attn_implementation="eager").eval()

    class LastLayer(torch.nn.Module):
        """The transformer, less what it gives beside its last layer."""

        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
            return self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    example = tuple(torch.from_numpy(part) for part in batches[0])
    with torch.inference_mode():
        model = openvino.convert_model(LastLayer(), example_input=example)
    names = [port.any_name for port in model.inputs]
    data = nncf.Dataset(batches, lambda batch: dict(zip(names, batch, strict=True)))
    openvino.save_model(
        nncf.quantize(model, data, model_type=nncf.ModelType.TRANSFORMER, subset_size=len(batches)), str(quantized)
    )
