"""Near copies: texts that are the same but for edits.

Texts are compared by what they share of two kinds of shingles. Runs of three words find what was cut, moved or lightly
edited. Runs of five letters, white space left out, find what has errors in many words, or had sentences replaced; less
of them is enough, and so they are sampled. Candidates of both kinds come from banded MinHash. Reports made from one
template share much too: their numbers tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clusterer.article import Article
from clusterer.grouping.shingles import TEXT_BLOCK, Codes, Rows, candidate_pairs, shingle_matrix
from clusterer.grouping.words import split_words

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FEWEST_BODY_WORDS = 25
SHINGLE_WORDS = 3
SHINGLE_LETTERS = 5
LETTER_SHINGLES_ONE_IN = 4
LEAST_SHARED_NUMBERS = 0.6
LEAST_SHARED_HEADLINE = 0.5
PAIR_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What two texts must share: by Jaccard's index, or, where one is a part of the other, of the shorter one; and how
    many shingles a text must have for either.
    """

    jaccard: float
    containment: float
    fewest: int
    fewest_contained: int


WORDS = Thresholds(jaccard=0.55, containment=0.8, fewest=12, fewest_contained=24)
# Of a sample: a text has some four times as many letters.
LETTERS = Thresholds(jaccard=0.48, containment=0.8, fewest=40, fewest_contained=20)


@dataclass(frozen=True, slots=True)
class NearCopy:
    """The row of the original of a near copy, and how much they share, from 0 to 1."""

    original: int
    overlap: float


def text_words(article: Article) -> list[str]:
    """The words by which articles are compared: the body's, or the headline's where there is nothing else."""
    return split_words(article.body or article.headline)


def near_copies(articles: Sequence[Article], words: Sequence[Codes]) -> dict[int, NearCopy]:
    """For each text that is near an earlier original, that original: the one that it is most alike.

    `words` holds the codes of each article's words, uint32.
    """
    by_words = shingle_matrix((words[start : start + TEXT_BLOCK] for start in _starts(words)), SHINGLE_WORDS)
    by_letters = shingle_matrix(_letters(articles), SHINGLE_LETTERS, LETTER_SHINGLES_ONE_IN)
    senior, junior = _candidates((by_words, WORDS), (by_letters, LETTERS))
    alike, overlap = _overlaps(by_words, senior, junior, WORDS)
    alike_by_letters, overlap_by_letters = _overlaps(by_letters, senior, junior, LETTERS)
    alike, overlap = np.maximum(alike, alike_by_letters), np.maximum(overlap, overlap_by_letters)
    near = overlap > 0
    senior, junior, alike, overlap = senior[near], junior[near], alike[near], overlap[near]
    details: dict[int, _Details] = {}
    found: dict[int, NearCopy] = {}
    for pair in np.lexsort((senior, -alike, junior)):
        first, second = int(senior[pair]), int(junior[pair])
        # A bare headline is no part of an article's text, though a lead may begin with it.
        if first in found or second in found or articles[first].is_bare != articles[second].is_bare:
            continue
        for row in (first, second):
            if row not in details:
                details[row] = _details_of(articles[row])
        if _is_copy(*sorted((details[first], details[second]), key=attrgetter("length"))):
            found[second] = NearCopy(first, round(float(overlap[pair]), 4))
    return found


def _starts(texts: Sequence[object]) -> range:
    return range(0, len(texts), TEXT_BLOCK)


def _letters(articles: Sequence[Article]) -> Iterator[list[Codes]]:
    """The letters of the words of each text, a block of texts at a time."""
    for start in _starts(articles):
        yield [
            np.frombuffer("".join(text_words(article)).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
            for article in articles[start : start + TEXT_BLOCK]
        ]


def _candidates(*matrices: tuple[csr_matrix, Thresholds]) -> tuple[Rows, Rows]:
    """Pairs (earlier, later) of texts that may share enough shingles of one kind, in ascending order."""
    keys = np.zeros(0, dtype=np.int64)
    count = matrices[0][0].shape[0]
    for shingles, least in matrices:
        rows = np.flatnonzero(np.diff(shingles.indptr) >= min(least.fewest, least.fewest_contained))
        senior, junior = candidate_pairs(shingles[rows])
        keys = np.union1d(keys, rows[senior] * count + rows[junior])
    return keys // max(count, 1), keys % max(count, 1)


def _overlaps(
    shingles: csr_matrix, left: Rows, right: Rows, least: Thresholds
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Jaccard's index of the texts of each pair; and how much they share, from 0 to 1, or 0 where that is too little to
    be copies: by that index, or, where a text is a part of another, by the share of the shorter.
    """
    sizes = np.diff(shingles.indptr)
    shared = np.empty(len(left), dtype=np.int64)
    for start in range(0, len(left), PAIR_BLOCK):
        block = slice(start, start + PAIR_BLOCK)
        shared[block] = shingles[left[block]].multiply(shingles[right[block]]).getnnz(axis=1)
    shorter = np.minimum(sizes[left], sizes[right])
    jaccard = np.where(shorter >= least.fewest, shared / np.maximum(sizes[left] + sizes[right] - shared, 1), 0.0)
    contained = np.where(shorter >= least.fewest_contained, shared / np.maximum(shorter, 1), 0.0)
    enough = np.where(jaccard >= least.jaccard, jaccard, np.where(contained >= least.containment, contained, 0.0))
    return jaccard, enough


@dataclass(frozen=True, slots=True)
class _Details:
    """What tells a text from another that it shares much with. `length` is in words. `numbers` are those of the text,
    `placed` each of them with the two words before it and the two after, `contexts` all such words.
    """

    length: int
    numbers: frozenset[str]
    contexts: frozenset[tuple[str, ...]]
    placed: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
    headline: frozenset[str]
    words: frozenset[str]


def _details_of(article: Article) -> _Details:
    compared, words = text_words(article), split_words(article.text)
    telling = words if len(compared) < FEWEST_BODY_WORDS else compared
    placed = tuple(_placed_numbers(telling))
    return _Details(
        length=len(compared),
        numbers=frozenset(number for number, _, _ in placed),
        contexts=frozenset(context for _, *contexts in placed for context in contexts if len(context) > 2),
        placed=placed,
        headline=frozenset(split_words(article.headline)),
        words=frozenset(words),
    )


def _placed_numbers(words: list[str]) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Each number with the two words before it and the two after it that are no numbers."""
    others = [word for word in words if not word.isdecimal()]
    place = 0
    for word in words:
        if word.isdecimal():
            yield word, ("<", *others[max(place - 2, 0) : place]), (">", *others[place : place + 2])
        else:
            place += 1


def _is_copy(shorter: _Details, longer: _Details) -> bool:
    """Whether texts that share enough are copies: reports made from one template differ in their numbers, and short
    bodies that may be said of anything in their headlines.
    """
    if _shared_numbers(shorter, longer) < LEAST_SHARED_NUMBERS:
        return False
    if shorter.length >= FEWEST_BODY_WORDS:
        return True
    return max(_share(shorter.headline, longer.words), _share(longer.headline, shorter.words)) >= LEAST_SHARED_HEADLINE


def _shared_numbers(shorter: _Details, longer: _Details) -> float:
    """The share of the shorter text's numbers that the longer one has too, of those that it has or has another number
    in the place of: what stands in a sentence that the other lacks tells nothing.
    """
    agreed = sum(number in longer.numbers for number, _, _ in shorter.placed)
    contradicted = sum(
        number not in longer.numbers and (before in longer.contexts or after in longer.contexts)
        for number, before, after in shorter.placed
    )
    return agreed / (agreed + contradicted) if agreed + contradicted else 1.0


def _share(some: frozenset[str], others: frozenset[str]) -> float:
    """The share of words that are among others; 1 of no words."""
    return len(some & others) / len(some) if some else 1.0
