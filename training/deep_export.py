"""Writing the deeper student: a sentence-transformers folder like the teacher's, with fewer layers and fewer pieces."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from training.deep_student import DeepStudent
from training.deep_texts import FollowedText
from training.teacher import PROMPT

WORD_VECTORS = "embeddings.word_embeddings.weight"
# What the folder has beside weights and tokenizer is the teacher's, but for the numbers of layers and pieces.
UNCHANGED = ("modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "tokenizer_config.json")


def piece_shares(texts: Sequence[FollowedText], teacher: Path) -> npt.NDArray[np.float64]:
    """How large a part of a language's pieces each piece of the teacher's vocabulary is, in the texts with the prompt
    before each, summed over the languages, float64 [vocabulary]: so a language of few texts keeps as many of its pieces
    as one of many.
    """
    tokenizer = Tokenizer.from_file(str(teacher / "tokenizer.json"))
    of_language: defaultdict[str, list[str]] = defaultdict(list)
    for item in texts:
        of_language[item.language].append(PROMPT + item.text)
    shares = np.zeros(tokenizer.get_vocab_size())
    for language in sorted(of_language):
        found = tokenizer.encode_batch_fast(of_language[language], add_special_tokens=False)
        count = np.bincount(np.concatenate([encoding.ids for encoding in found]), minlength=len(shares))
        shares += count / count.sum()
    return shares


def export_student(
    student: DeepStudent, shares: npt.NDArray[np.float64], teacher: Path, folder: Path, pieces: int | None = None
) -> None:
    """Write a student. `shares` are what `piece_shares` gives, float64 [vocabulary].

    The folder holds, in bfloat16, the vectors of all pieces, or of the `pieces` with the largest shares: a rarer one is
    then written with what remains of the vocabulary. Raises `FileExistsError` where the folder is there already.
    """
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    tokenizer = json.loads((teacher / "tokenizer.json").read_text(encoding="utf-8"))
    kept = _kept_pieces(tokenizer, shares, len(shares) if pieces is None else pieces)
    _write(folder / "tokenizer.json", _cut(tokenizer, kept))
    weights = dict(student.transformer.state_dict())
    weights[WORD_VECTORS] = weights[WORD_VECTORS][torch.from_numpy(kept)]
    halved = {
        name: array.to(torch.bfloat16).contiguous() for name, array in weights.items() if array.is_floating_point()
    }
    save_file(halved, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((teacher / "config.json").read_text(encoding="utf-8"))
    layers = len(student.transformer.encoder.layer)
    _write(folder / "config.json", config | {"vocab_size": len(kept), "num_hidden_layers": layers, "dtype": "bfloat16"})
    for name in UNCHANGED:
        shutil.copyfile(teacher / name, folder / name)
    for part in sorted(teacher.glob("*_Pooling")):
        shutil.copytree(part, folder / part.name)


def _kept_pieces(tokenizer: dict[str, Any], shares: npt.NDArray[np.float64], pieces: int) -> npt.NDArray[np.int64]:
    """The rows of the pieces that stay, ascending: the special ones, and those with the largest shares."""
    special = np.array([token["id"] for token in tokenizer["added_tokens"]], dtype=np.int64)
    common = np.argsort(-shares, kind="stable")
    others = common[~np.isin(common, special)][: max(pieces - len(special), 0)]
    return np.sort(np.concatenate([special, others]))


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


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
