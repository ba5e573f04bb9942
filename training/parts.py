"""Long tokens learn through their parts: a token of the vocabulary's rarer end is the sum of the commoner tokens that
it is made of and of a vector of its own, which begins at zero.

So a rare word starts from what its pieces mean and departs from it as far as its own texts show. In the shipped model
the sum is written out: it has one row a token.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from tokenizers import Tokenizer

# The tokenizer numbers its tokens in the order in which it found them, commonest first.
TOKENS_WITHOUT_PARTS = 100_000
CONTINUED = "##"


def parts_of_tokens(tokenizer: Tokenizer, without_parts: int = TOKENS_WITHOUT_PARTS) -> csr_matrix:
    """What each token's vector is the sum of, float32 [vocabulary, vocabulary]: itself, and its parts if any."""
    vocabulary = tokenizer.get_vocab()
    short = {token for token, row in vocabulary.items() if row < without_parts}
    rows, columns = list(range(len(vocabulary))), list(range(len(vocabulary)))
    for token, row in vocabulary.items():
        if row >= without_parts:
            parts = [vocabulary[part] for part in _longest_parts(token, short)]
            rows += [row] * len(parts)
            columns += parts
    ones = np.ones(len(rows), dtype=np.float32)
    return csr_matrix((ones, (rows, columns)), shape=(len(vocabulary), len(vocabulary)))


def _longest_parts(token: str, short: set[str]) -> list[str]:
    """The token cut as WordPiece would cut it with the short tokens alone; nothing where that cannot be done."""
    prefix, rest, parts = "", token, []
    if token.startswith(CONTINUED):
        prefix, rest = CONTINUED, token.removeprefix(CONTINUED)
    while rest:
        length = next((length for length in range(len(rest), 0, -1) if prefix + rest[:length] in short), 0)
        if not length:
            return []
        parts.append(prefix + rest[:length])
        prefix, rest = CONTINUED, rest[length:]
    return parts
