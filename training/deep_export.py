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
# What the folder has beside weights, tokenizer and configuration is the teacher's.
UNCHANGED = ("modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "tokenizer_config.json")


def common_pieces(texts: Sequence[FollowedText], teacher: Path, count: int) -> npt.NDArray[np.int64]:
    """The rows of the special pieces of the teacher's vocabulary and of its commonest, `count` in all, ascending.

    How common one is is its share of all pieces of a language, in the texts with the prompt before each, summed over
    the languages: so a language of few texts keeps as many of its pieces as one of many.
    """
    path = teacher / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    of_language: defaultdict[str, list[str]] = defaultdict(list)
    for item in texts:
        of_language[item.language].append(PROMPT + item.text)
    shares = np.zeros(tokenizer.get_vocab_size())
    for language in sorted(of_language):
        found = tokenizer.encode_batch_fast(of_language[language], add_special_tokens=False)
        used = np.bincount(np.concatenate([encoding.ids for encoding in found]), minlength=len(shares))
        shares += used / used.sum()
    shares[[token["id"] for token in _read(path)["added_tokens"]]] = np.inf
    return np.sort(np.argsort(-shares, kind="stable")[:count])


def export_student(
    student: DeepStudent, teacher: Path, folder: Path, pieces: npt.NDArray[np.int64] | None = None
) -> None:
    """Write a student, in bfloat16: with all pieces of the teacher's vocabulary, or those in the rows `pieces`, which
    are ascending; others are then written with what remains. Raises `FileExistsError` where the folder is there
    already.
    """
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    weights = dict(student.transformer.state_dict())
    if pieces is None:
        shutil.copyfile(teacher / "tokenizer.json", folder / "tokenizer.json")
    else:
        _write(folder / "tokenizer.json", _cut(_read(teacher / "tokenizer.json"), pieces))
        weights[WORD_VECTORS] = weights[WORD_VECTORS][torch.from_numpy(pieces)]
    halved = {
        name: array.to(torch.bfloat16).contiguous() for name, array in weights.items() if array.is_floating_point()
    }
    save_file(halved, folder / "model.safetensors", metadata={"format": "pt"})
    numbers = {"vocab_size": len(weights[WORD_VECTORS]), "num_hidden_layers": len(student.transformer.encoder.layer)}
    _write(folder / "config.json", _read(teacher / "config.json") | numbers | {"dtype": "bfloat16"})
    for name in UNCHANGED:
        shutil.copyfile(teacher / name, folder / name)
    for part in sorted(teacher.glob("*_Pooling")):
        shutil.copytree(part, folder / part.name)


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
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
