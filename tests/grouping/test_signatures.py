"""Signatures of texts that come in blocks, in an order of their own."""

from __future__ import annotations

import random

import numpy as np

from clusterer.grouping.signatures import Signatures, signatures_of


def test_blocks_in_any_order_are_joined_to_what_all_texts_give_at_once() -> None:
    chance = random.Random(4)
    texts = [
        (b"", " ".join(f"w{chance.randrange(40)}" for _ in range(chance.randrange(60))).encode()) for _ in range(50)
    ]
    whole = signatures_of(texts)
    rows = chance.sample(range(50), 50)
    blocks = (signatures_of([texts[row] for row in rows[start : start + 7]]) for start in range(0, 50, 7))
    joined = Signatures.joined(blocks, rows)
    assert joined.digests == whole.digests
    for banded, expected in ((joined.words, whole.words), (joined.letters, whole.letters)):
        assert np.array_equal(banded.keys, expected.keys)
        assert np.array_equal(banded.shingles.sizes[joined.place], expected.shingles.sizes)
        for row, place in enumerate(joined.place):
            start, end = banded.shingles.bounds[place : place + 2]
            first, last = expected.shingles.bounds[row : row + 2]
            assert np.array_equal(banded.shingles.hashes[start:end], expected.shingles.hashes[first:last])
