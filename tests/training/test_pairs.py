"""The pairs: translations, names of one thing, a headline with its own body."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from training.pairs import TOKENS_OF_A_TEXT, Pairs, make_pairs, tokenize


@pytest.fixture(scope="module")
def pairs(material: Path, tokenizer: Tokenizer) -> Pairs:
    return make_pairs(material, tokenizer, 0)


def text(pairs: Pairs, tokenizer: Tokenizer, row: int) -> str:
    return str(tokenizer.decode(pairs.tokens[pairs.offsets[row] : pairs.offsets[row + 1]].tolist()))


def assert_equal(some: Pairs, others: Pairs) -> None:
    for name in ("tokens", "offsets", "left", "right", "group"):
        one, other = getattr(some, name), getattr(others, name)
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
    assert some.group_names == others.group_names


def test_every_source_gives_pairs(pairs: Pairs) -> None:
    assert pairs.group_names == ("quay", "wiktionary:lex", "gazette:news")
    counts = np.bincount(pairs.group)
    assert counts[0] >= 2 * 252  # English with each other language, and some beside
    assert counts[1] >= 2 * 19
    assert counts[2] == 252


def test_rows_are_texts(pairs: Pairs) -> None:
    assert pairs.offsets[0] == 0
    assert pairs.offsets[-1] == len(pairs.tokens)
    assert (np.diff(pairs.offsets) >= 0).all()
    for rows in (pairs.left, pairs.right):
        assert rows.min() >= 0
        assert rows.max() < len(pairs.offsets) - 1
    assert (pairs.left != pairs.right).all()
    lengths = np.diff(pairs.offsets)
    assert lengths[pairs.left].min() > 0
    assert lengths[pairs.right].min() > 0


def test_a_pair_is_two_writings_of_one_thing(pairs: Pairs, tokenizer: Tokenizer, material: Path) -> None:
    with gzip.open(material / "quay.parallel.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    tokens = {
        tuple(tokenizer.encode(record[language]).ids): number
        for number, record in enumerate(records)
        for language in ("en", "de", "ru")
    }
    for pair in np.flatnonzero(pairs.group == 0):
        ends = (pairs.left[pair], pairs.right[pair])
        ids = [tuple(pairs.tokens[pairs.offsets[row] : pairs.offsets[row + 1]].tolist()) for row in ends]
        assert tokens[ids[0]] == tokens[ids[1]]
        assert ids[0] != ids[1]


def test_the_seed_decides_what_is_drawn(material: Path, tokenizer: Tokenizer, pairs: Pairs) -> None:
    assert_equal(make_pairs(material, tokenizer, 0), pairs)
    other = make_pairs(material, tokenizer, 1)
    assert not (
        np.array_equal(other.left, pairs.left)
        and np.array_equal(other.right, pairs.right)
        and np.array_equal(other.tokens, pairs.tokens)
    )


def test_saved_and_read_again(pairs: Pairs, tmp_path: Path) -> None:
    pairs.save(tmp_path / "pairs.npz")
    assert_equal(Pairs.load(tmp_path / "pairs.npz"), pairs)


def test_texts_are_cut_and_what_is_unknown_is_left_out(tokenizer: Tokenizer) -> None:
    tokens, offsets = tokenize(["river " * 200, "", "river བོད boat", "བོད"], tokenizer)
    assert np.diff(offsets).tolist() == [TOKENS_OF_A_TEXT, 0, 2, 0]
    assert tokenizer.decode(tokens[offsets[2] : offsets[3]].tolist()) == "river boat"


def test_a_material_without_pairs_is_told(tmp_path: Path, tokenizer: Tokenizer) -> None:
    with gzip.open(tmp_path / "lone.parallel.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.write('{"en": "a bridge"}\n')
    with pytest.raises(ValueError, match="no pair of texts"):
        make_pairs(tmp_path, tokenizer, 0)
