"""Writing the deeper bundled model: layers in bfloat16, the teacher's own token vectors in 4 bits, fewer pieces."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from clusterer.encoding.model_folder import CONFIGURATION
from clusterer.encoding.packed_vectors import PACKED, SCALES, pack
from training.deep_student import DeepStudent
from training.teacher import PROMPT

WORD_VECTORS = "embeddings.word_embeddings.weight"
FEWEST_USES = 2
COUNTED_TOGETHER = 20_000
CONTINUED = "▁"
# What of the teacher's configuration the layers are made from.
SIZES = (
    "hidden_size",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
    "layer_norm_eps",
    "hidden_act",
    "pad_token_id",
)


def used_pieces(texts: Sequence[str], teacher: Path) -> npt.NDArray[np.int64]:
    """The rows, ascending, of the pieces of the teacher's vocabulary that the texts use FEWEST_USES times or more, of
    the special ones and of single characters: without these a rare word would be unknown, not spelt.
    """
    path = teacher / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    content = _read(path)
    uses = np.zeros(len(content["model"]["vocab"]), dtype=np.int64)
    for start in range(0, len(texts), COUNTED_TOGETHER):
        some = [PROMPT + text for text in texts[start : start + COUNTED_TOGETHER]]
        found = tokenizer.encode_batch_fast(some, add_special_tokens=False)
        uses += np.bincount(np.concatenate([encoding.ids for encoding in found]), minlength=len(uses))
    uses[[token["id"] for token in content["added_tokens"]]] = FEWEST_USES
    single = [len(piece.removeprefix(CONTINUED)) <= 1 for piece, _ in content["model"]["vocab"]]
    return np.flatnonzero((uses >= FEWEST_USES) | single)


def export_student(student: DeepStudent, teacher: Path, folder: Path, pieces: npt.NDArray[np.int64]) -> None:
    """Write a student with those pieces of the teacher's vocabulary that are in the rows `pieces`, ascending. The model
    card is written by hand.
    """
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = dict(student.transformer.state_dict())
    packed, scales = pack(weights.pop(WORD_VECTORS)[torch.from_numpy(pieces)].float().numpy())
    arrays = {
        name: array.to(torch.bfloat16).contiguous()
        for name, array in weights.items()
        if array.is_floating_point() and not name.startswith("pooler.")
    }
    arrays |= {PACKED: torch.from_numpy(packed), SCALES: torch.from_numpy(scales)}
    save_file(arrays, folder / "model.safetensors", metadata={"format": "pt"})
    _write(folder / "tokenizer.json", _cut(_read(teacher / "tokenizer.json"), pieces))
    own = _read(teacher / "config.json")
    numbers = {"vocab_size": len(pieces), "num_hidden_layers": len(student.transformer.encoder.layer)}
    _write(folder / "config.json", {name: own[name] for name in SIZES} | numbers)
    _write(folder / CONFIGURATION, {"prompts": {"query": PROMPT}, "default_prompt_name": "query"})


def _cut(tokenizer: dict[str, Any], kept: npt.NDArray[np.int64]) -> dict[str, Any]:
    """The tokenizer with these pieces alone, numbered in their order."""
    row = {old: new for new, old in enumerate(kept.tolist())}
    model = tokenizer["model"]
    vocabulary = [model["vocab"][old] for old in row]
    model = model | {"vocab": vocabulary, "unk_id": row[model["unk_id"]]}
    added = [token | {"id": row[token["id"]]} for token in tokenizer["added_tokens"]]
    ends = tokenizer["post_processor"]
    tokens = ends["special_tokens"]
    tokens = {name: token | {"ids": [row[old] for old in token["ids"]]} for name, token in tokens.items()}
    return tokenizer | {"model": model, "added_tokens": added, "post_processor": ends | {"special_tokens": tokens}}


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
