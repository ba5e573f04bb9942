"""Peers that find duplicates, each in its usual way: run by `benchmarks.duplicates` in an environment that has them.

    python duplicate_peers.py METHOD TEXTS.json MODEL_FOLDER LABELS.json

TEXTS.json is a list of texts, LABELS.json takes a list of as many numbers, equal for what the method calls copies, and
the seconds that it took. It is a program of its own: it imports nothing of this project.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

PERMUTATIONS = 256
_WORD = re.compile(r"\w+")


def main() -> None:
    """Run one method."""
    method, texts_file, model, labels_file = sys.argv[1:]
    texts = json.loads(Path(texts_file).read_text(encoding="utf-8"))
    name, _, threshold = method.partition(" at ")
    started = time.perf_counter()
    labels = METHODS[name](texts, float(threshold), model)
    seconds = time.perf_counter() - started
    Path(labels_file).write_text(json.dumps({"labels": labels, "seconds": seconds}), encoding="utf-8")


def _shingles(text: str, length: int) -> set[str]:
    words = _WORD.findall(text.lower())
    return {" ".join(words[start : start + length]) for start in range(max(len(words) - length + 1, 1))}


def _united(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Union-find: the smallest number of each component."""
    parent = list(range(count))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = item = parent[parent[item]]
        return item

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return [root(item) for item in range(count)]


def _datasketch(texts: Sequence[str], threshold: float, model: str, length: int = 3) -> list[int]:
    del model
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
    pairs = []
    for number, text in enumerate(texts):
        signature = MinHash(num_perm=PERMUTATIONS)
        signature.update_batch([shingle.encode() for shingle in _shingles(text, length)])
        pairs += [(int(other), number) for other in index.query(signature)]
        index.insert(str(number), signature)
    return _united(len(texts), pairs)


def _text_dedup(texts: Sequence[str], threshold: float, model: str) -> list[int]:
    """As text-dedup's MinHash does: runs of five words, union-find over all that share a bucket."""
    return _datasketch(texts, threshold, model, 5)


def _rensa(texts: Sequence[str], threshold: float, model: str) -> list[int]:
    del model
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, num_bands=64)
    signatures: list[Any] = []
    pairs = []
    for number, text in enumerate(texts):
        signature = RMinHash(num_perm=PERMUTATIONS, seed=1)
        signature.update(sorted(_shingles(text, 3)))
        near = [other for other in index.query(signature) if signature.jaccard(signatures[other]) >= threshold]
        pairs += [(int(other), number) for other in near]
        index.insert(number, signature)
        signatures.append(signature)
    return _united(len(texts), pairs)


def _semhash(texts: Sequence[str], threshold: float, model: str) -> list[int]:
    from model2vec import StaticModel
    from semhash import SemHash

    encoder = StaticModel.from_pretrained(model)
    encoder.normalize = True
    records = [{"number": str(number), "text": text} for number, text in enumerate(texts)]
    found = SemHash.from_records(records=records, columns=["text"], model=encoder).self_deduplicate(threshold=threshold)
    pairs = []
    for filtered in found.filtered:
        number = int(filtered.record["number"])
        pairs += [(int(other["number"]), number) for other, _ in filtered.duplicates]
    return _united(len(texts), pairs)


METHODS: dict[str, Callable[[Sequence[str], float, str], list[int]]] = {
    "datasketch MinHashLSH": _datasketch,
    "text-dedup's MinHash": _text_dedup,
    "rensa": _rensa,
    "semhash": _semhash,
}


if __name__ == "__main__":
    main()
