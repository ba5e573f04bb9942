"""The transformer of the deeper bundled model, as a module of sentence-transformers.

Its token vectors stay as they are stored, in blocks of 4 bits, and only those of a batch are unpacked. Importing torch
takes seconds, so this module is imported only when the model is loaded.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import load_file
from sentence_transformers.base.modules import InputModule
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import BertConfig, BertModel

from clusterer.encoding.packed_vectors import BLOCK, PACKED, SCALES, ZERO
from clusterer.errors import ModelError

WORDS = "embeddings.word_embeddings"


class PackedEmbedding(torch.nn.Module):
    """Token vectors in blocks of 4 bits: `packed`, uint8 [tokens, d / 2], and `scales`, float16 [tokens, d / BLOCK]."""

    packed: Tensor
    scales: Tensor

    def __init__(self, packed: Tensor, scales: Tensor, dtype: torch.dtype) -> None:
        super().__init__()
        self.register_buffer("packed", packed)
        self.register_buffer("scales", scales)
        self._dtype = dtype

    def forward(self, tokens: Tensor) -> Tensor:
        """The vectors of tokens, [..., d], in the dtype of the model."""
        packed = self.packed[tokens].reshape(*tokens.shape, -1, BLOCK // 2)
        weights = torch.cat([packed & 15, packed >> 4], dim=-1).float() - ZERO
        return (weights * self.scales[tokens].float()[..., None]).flatten(-2).to(self._dtype)


class DeepTransformer(InputModule):
    """The layers in `folder`, computed in `dtype`; of a text the first `max_seq_length` tokens are read."""

    def __init__(self, folder: Path, dtype: torch.dtype) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch does not annotate it
        numbers = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.max_seq_length: int = numbers["max_position_embeddings"]
        self._dimension: int = numbers["hidden_size"]
        self._padding: int = numbers["pad_token_id"]
        arrays = load_file(folder / "model.safetensors")
        words = PackedEmbedding(arrays.pop(PACKED), arrays.pop(SCALES), dtype)
        # No vectors are made that the packed ones would replace.
        fewest = self._padding + 1
        arrays[f"{WORDS}.weight"] = torch.zeros(fewest, self._dimension)
        # In batches of short texts plain attention is quicker than the fused one.
        configuration = BertConfig.from_dict(numbers | {"vocab_size": fewest}, attn_implementation="eager")
        # What transformers annotates is not all that it takes.
        self._transformer = cast("Any", BertModel(configuration, add_pooling_layer=False))
        self._transformer.load_state_dict(arrays)
        self._transformer.to(dtype)
        self._transformer.set_input_embeddings(words)
        self.tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(self.max_seq_length)

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **_: Any) -> dict[str, Tensor | Any]:
        """Padded tokens and their mask, int64 [n, longest]."""
        found = self.tokenizer.encode_batch_fast([(prompt or "") + text for text in inputs])
        rows = [torch.tensor(encoding.ids) for encoding in found]
        tokens = pad_sequence(rows, batch_first=True, padding_value=self._padding)
        mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
        return {"input_ids": tokens, "attention_mask": mask}

    def forward(self, features: dict[str, Tensor | Any], **_: Any) -> dict[str, Tensor | Any]:
        """Adds the last layer's vectors of the tokens, [n, longest, d]."""
        found = self._transformer(input_ids=features["input_ids"], attention_mask=features["attention_mask"])
        return features | {"token_embeddings": found.last_hidden_state}

    def get_embedding_dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Refused, with a ModelError: sentence-transformers could not open what it saved."""
        raise ModelError(
            "the deeper bundled model cannot be saved as a folder of sentence-transformers",
            where=output_path,
            remedy='Load it with clusterer.load_encoder("bundled-deep").',
        )
