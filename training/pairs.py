"""The pairs that the encoder learns to bring together: translations, names of one thing, a headline and its own
body.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from training.material import read_source, sources, texts_by_language
from training.tokenizer import UNKNOWN

TOKENS_OF_A_TEXT = 80
BODY_CHARACTERS = 500
TOKENIZE_BLOCK = 50_000


@dataclass(frozen=True)
class Pairs:
    """Pairs of texts, by row. `tokens[offsets[t]:offsets[t + 1]]` are the token ids of text t; pair p joins text
    `left[p]` to text `right[p]`; `group[p]` is the row in `group_names` of the source that it came from.
    """

    tokens: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    group: npt.NDArray[np.int32]
    group_names: tuple[str, ...]

    def save(self, path: Path) -> None:
        """Write the pairs as one uncompressed .npz file."""
        np.savez(
            path,
            tokens=self.tokens,
            offsets=self.offsets,
            left=self.left,
            right=self.right,
            group=self.group,
            group_names=np.array(self.group_names),
        )

    @staticmethod
    def load(path: Path) -> Pairs:
        """Read what `save` wrote."""
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in ("tokens", "offsets", "left", "right", "group")}
            return Pairs(**arrays, group_names=tuple(str(name) for name in stored["group_names"]))


def make_pairs(material: Path, tokenizer: Tokenizer, seed: int) -> Pairs:
    """All pairs of the material, tokenized, source by source; of what has many languages, pairs drawn by `seed`.

    Raises `ValueError` where the material holds no pair.
    """
    draw = random.Random(seed)
    text_rows: dict[str, int] = {}
    names: list[str] = []
    triples: list[tuple[int, int, int]] = []
    for name, pairs in _pairs_by_source(material, draw):
        names.append(name)
        for left, right in pairs:
            left_row = text_rows.setdefault(left, len(text_rows))
            right_row = text_rows.setdefault(right, len(text_rows))
            if left_row != right_row:
                triples.append((left_row, right_row, len(names) - 1))
    if not triples:
        raise ValueError(f"no pair of texts in {material}")
    tokens, offsets = tokenize(list(text_rows), tokenizer)
    table = np.array(triples, dtype=np.int32)
    length = np.diff(offsets)
    table = table[(length[table[:, 0]] > 0) & (length[table[:, 1]] > 0)]
    return Pairs(tokens, offsets, table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy(), tuple(names))


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
