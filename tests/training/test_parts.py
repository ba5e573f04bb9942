"""Long tokens are the sum of their parts and of a vector of their own."""

import numpy as np
from tokenizers import Tokenizer, models

from training.contrastive import random_student
from training.parts import parts_of_tokens
from training.tokenizer import UNKNOWN


def cut(token: str, vocabulary: dict[str, int], common: int) -> list[int]:
    """Rows of the common tokens that the library cuts a token into. What continues a word is cut into such parts
    only.
    """
    continued = "##" if token.startswith("##") else ""
    known = {name.removeprefix(continued): row for name, row in vocabulary.items() if name.startswith(continued)}
    common_ones = {name: row for name, row in known.items() if row < common}
    prefix = "" if continued else "##"
    model = models.WordPiece(common_ones | {UNKNOWN: 0}, unk_token=UNKNOWN, continuing_subword_prefix=prefix)
    pieces = Tokenizer(model).encode(token.removeprefix(continued))
    assert UNKNOWN not in pieces.tokens
    assert "".join(piece.removeprefix("##") for piece in pieces.tokens) == token.removeprefix(continued)
    return list(pieces.ids)


def test_long_tokens_have_parts_that_join_to_them(tokenizer: Tokenizer) -> None:
    vocabulary = tokenizer.get_vocab()
    common = len(vocabulary) - 30
    parts = parts_of_tokens(tokenizer, common)
    assert np.array_equal(parts.diagonal(), np.ones(len(vocabulary)))
    assert parts[:common].nnz == common
    for token, row in vocabulary.items():
        if row >= common:
            columns = np.repeat(parts[row].indices, parts[row].data.astype(int))
            assert sorted(columns) == sorted([row, *cut(token, vocabulary, common)]), token


def test_a_long_token_begins_as_the_sum_of_its_parts(tokenizer: Tokenizer) -> None:
    common = tokenizer.get_vocab_size() - 30
    student = random_student(parts_of_tokens(tokenizer, common), 8, common, 0)
    assert not student.vectors[common:].any()
    for row in range(common, common + 30):
        columns = np.repeat(student.parts[row].indices, student.parts[row].data.astype(int))
        assert np.allclose(student.summed()[row], student.vectors[columns].sum(axis=0), atol=1e-6)
    assert np.array_equal(student.summed()[:common], student.vectors[:common])
