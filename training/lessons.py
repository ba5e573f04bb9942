"""What the encoder learns from: pairs to bring together (translations, names of one thing, a headline and its own
body), and texts whose vector the teacher gives.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from training.material import read_source, sources, texts_by_language
from training.teacher_texts import TaughtText
from training.tokenizer import UNKNOWN

TOKENS_OF_A_TEXT = 80
BODY_CHARACTERS = 500
TOKENIZE_BLOCK = 50_000


@dataclass(frozen=True)
class Lessons:
    """Texts by row, and what is to be learned of them. `tokens[offsets[t]:offsets[t + 1]]` are the token ids of text t.

    Pair p joins text `left[p]` to text `right[p]`; `group[p]` is the row in `group_names` of the source that it came
    from. `taught[t]` is the row of the teacher's vector of text t, of a text that it translates where it has none of
    its own, or -1; `taught_group[t]` is the row in `group_names` of where that text came from, or -1.
    """

    tokens: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    group: npt.NDArray[np.int32]
    taught: npt.NDArray[np.int32]
    taught_group: npt.NDArray[np.int32]
    group_names: tuple[str, ...]

    def save(self, path: Path) -> None:
        """Write the lessons as one uncompressed .npz file."""
        arrays = {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}
        np.savez(path, allow_pickle=False, **arrays)

    @staticmethod
    def load(path: Path) -> Lessons:
        """Read what `save` wrote."""
        with np.load(path) as stored:
            arrays = {field.name: stored[field.name] for field in fields(Lessons)}
        names = tuple(str(name) for name in arrays.pop("group_names"))
        return Lessons(**arrays, group_names=names)


def make_lessons(material: Path, tokenizer: Tokenizer, teachable: Sequence[TaughtText], seed: int) -> Lessons:
    """All pairs of the material, tokenized, source by source; of what has many languages, pairs drawn by `seed`. The
    texts that the teacher read are `teachable`, in the order of its vectors.

    Raises `ValueError` where the material holds no pair.
    """
    draw = random.Random(seed)
    text_rows: dict[str, int] = {}
    names: dict[str, int] = {}
    taught_of = {item.text: row for row, item in enumerate(teachable)}
    taught: dict[int, tuple[int, int]] = {}
    triples: list[tuple[int, int, int]] = []
    for item in teachable:
        row = text_rows.setdefault(item.text, len(text_rows))
        taught[row] = (taught_of[item.text], names.setdefault(item.group, len(names)))
    for name, pairs in _pairs_by_source(material, draw):
        group = names.setdefault(name, len(names))
        translated = ":" not in name
        for left, right in pairs:
            left_row = text_rows.setdefault(left, len(text_rows))
            right_row = text_rows.setdefault(right, len(text_rows))
            if left_row == right_row:
                continue
            triples.append((left_row, right_row, group))
            if translated and left in taught_of:
                taught.setdefault(right_row, (taught_of[left], group))
    if not triples:
        raise ValueError(f"no pair of texts in {material}")
    tokens, offsets = tokenize(list(text_rows), tokenizer)
    table = np.array(triples, dtype=np.int32)
    length = np.diff(offsets)
    table = table[(length[table[:, 0]] > 0) & (length[table[:, 1]] > 0)]
    of_text = np.full((2, len(length)), -1, dtype=np.int32)
    of_text[:, list(taught)] = np.array(list(taught.values()), dtype=np.int32).reshape(-1, 2).T
    of_text[:, length == 0] = -1
    left, right, group_of = np.ascontiguousarray(table.T)
    return Lessons(tokens, offsets, left, right, group_of, of_text[0], of_text[1], tuple(names))


def tokenize(texts: list[str], tokenizer: Tokenizer) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Token ids of all texts, one after another (int32), and where each text begins (int64 [n + 1]).

    What the tokenizer does not know is left out: it must not make unlike texts alike.
    """
    unknown = tokenizer.token_to_id(UNKNOWN)
    rows: list[npt.NDArray[np.int32]] = []
    for start in range(0, len(texts), TOKENIZE_BLOCK):
        block = tokenizer.encode_batch_fast(texts[start : start + TOKENIZE_BLOCK], add_special_tokens=False)
        for encoding in block:
            ids = np.array(encoding.ids[:TOKENS_OF_A_TEXT], dtype=np.int32)
            rows.append(ids[ids != unknown])
    offsets = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum([len(row) for row in rows], out=offsets[1:])
    return np.concatenate(rows), offsets


def _pairs_by_source(material: Path, draw: random.Random) -> Iterator[tuple[str, Iterator[tuple[str, str]]]]:
    for name, path in sources(material, "parallel"):
        yield name, _translations(path, draw)
    for name, path in sources(material, "lex"):
        yield f"{name}:lex", _names_of_one_thing(path, draw)
    for name, path in sources(material, "news"):
        yield f"{name}:news", _headlines_with_bodies(path)


def _with_english(codes: list[str]) -> list[tuple[str, str]]:
    return [("en", code) for code in codes if code != "en"] if "en" in codes else []


def _translations(path: Path, draw: random.Random) -> Iterator[tuple[str, str]]:
    for record in read_source(path):
        texts = texts_by_language(record)
        codes = list(texts)
        if len(codes) < 2:
            continue
        chosen = dict.fromkeys(_with_english(codes))
        for _ in range(min(len(codes) * (len(codes) - 1) // 2 - len(chosen), len(codes))):
            first, second = draw.sample(codes, 2)
            chosen[first, second] = None
        for first, second in chosen:
            yield texts[first], texts[second]


def _names_of_one_thing(path: Path, draw: random.Random) -> Iterator[tuple[str, str]]:
    for record in read_source(path):
        labels = {code: names for code, names in record["labels"].items() if names}
        codes = list(labels)
        if len(codes) < 2:
            continue
        most = min(8, len(codes) - 1) if len(codes) < 20 else 14
        english = _with_english(codes)
        chosen = dict.fromkeys(draw.sample(english, min(most, len(english))))
        for _ in range(most // 2 + 1):
            first, second = draw.sample(codes, 2)
            chosen[first, second] = None
        for first, second in chosen:
            yield draw.choice(labels[first][:3]), draw.choice(labels[second][:3])


def _headlines_with_bodies(path: Path) -> Iterator[tuple[str, str]]:
    for record in read_source(path):
        title, body = record.get("title") or "", record.get("body") or ""
        if title and len(body) > 60 and body[:40] != title[:40]:
            yield title, body[:BODY_CHARACTERS]
