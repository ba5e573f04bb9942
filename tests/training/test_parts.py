"""Long tokens are the sum of their parts and of a vector of their own."""

import numpy as np
from tokenizers import Tokenizer

from training.contrastive import random_student
from training.parts import parts_of_tokens


def test_long_tokens_have_parts_that_join_to_them(tokenizer: Tokenizer) -> None:
    vocabulary = tokenizer.get_vocab()
    token_of = {row: token for token, row in vocabulary.items()}
    common = len(vocabulary) - 30
    parts = parts_of_tokens(tokenizer, common)
    assert np.array_equal(parts.diagonal(), np.ones(len(vocabulary)))
    assert parts[:common].nnz == common
    split = 0
    for row in range(common, len(vocabulary)):
        columns = np.repeat(parts[row].indices, parts[row].data.astype(int))
        pieces = [token_of[column].removeprefix("##") for column in columns if column != row]
        assert sorted("".join(pieces)) in ([], sorted(token_of[row].removeprefix("##")))
        split += len(pieces) > 1
    assert split > 20


def test_a_long_token_begins_as_the_sum_of_its_parts(tokenizer: Tokenizer) -> None:
    common = tokenizer.get_vocab_size() - 30
    student = random_student(parts_of_tokens(tokenizer, common), 8, common, 0)
    assert not student.vectors[common:].any()
    for row in range(common, common + 30):
        columns = np.repeat(student.parts[row].indices, student.parts[row].data.astype(int))
        assert np.allclose(student.summed()[row], student.vectors[columns].sum(axis=0), atol=1e-6)
    assert np.array_equal(student.summed()[:common], student.vectors[:common])
