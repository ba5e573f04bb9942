"""Near copies: texts that are the same but for edits.

Texts are compared by what they share of two kinds of shingles, those whose banded MinHash signatures agree somewhere.
Reports made from one template share much too: their numbers tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from clusterer.article import Article
from clusterer.grouping.shingles import Rows, Shingles, candidate_pairs, fewest_bands, shared_counts
from clusterer.grouping.signatures import (
    FEWEST_BODY_WORDS,
    Banded,
    compared_text,
    text_shingles,
    text_words,
)
from clusterer.grouping.words import split_words
from clusterer.parallel import in_blocks

LEAST_SHARED_NUMBERS = 0.6
LEAST_SHARED_HEADLINE = 0.5
TEXT_BLOCK = 1 << 12
# Pairs come by their later text; what is known of a text takes some ten kilobytes.
DETAILS_REMEMBERED = 1 << 12


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


def near_copies(
    articles: Sequence[Article], words: Banded, letters: Banded, distinct: npt.NDArray[np.bool_]
) -> dict[int, NearCopy]:
    """For each text that is near an earlier original, that original: the one that it is most alike.

    `words` and `letters` are the bands of the articles, row by row; those that are `distinct`, bool [n], are compared.
    """
    senior, junior = _candidates(distinct, (words, WORDS), (letters, LETTERS))
    compared, place = np.unique(np.concatenate([senior, junior]), return_inverse=True)
    blocks = list(in_blocks(text_shingles, [articles[row] for row in compared], TEXT_BLOCK, given=compared_text))
    of_pairs = place[: len(senior)], place[len(senior) :]
    alike, overlap = _overlaps(Shingles.joined([by_words for by_words, _ in blocks]), *of_pairs, WORDS)
    by_letters = _overlaps(Shingles.joined([by_letters for _, by_letters in blocks]), *of_pairs, LETTERS)
    alike, overlap = np.maximum(alike, by_letters[0]), np.maximum(overlap, by_letters[1])
    near = overlap > 0
    senior, junior, alike, overlap = senior[near], junior[near], alike[near], overlap[near]
    details = lru_cache(DETAILS_REMEMBERED)(lambda row: _details_of(articles[row]))
    found: dict[int, NearCopy] = {}
    for pair in np.lexsort((senior, -alike, junior)):
        first, second = int(senior[pair]), int(junior[pair])
        # A bare headline is no part of an article's text, though a lead may begin with it.
        if first in found or second in found or articles[first].is_bare != articles[second].is_bare:
            continue
        if _is_copy(*sorted((details(first), details(second)), key=attrgetter("length"))):
            found[second] = NearCopy(first, round(float(overlap[pair]), 4))
    return found


def _candidates(distinct: npt.NDArray[np.bool_], *kinds: tuple[Banded, Thresholds]) -> tuple[Rows, Rows]:
    """Pairs (earlier, later) of texts that may share enough shingles of one kind, in ascending order: those that agree
    in as many bands as the least alike of their sizes.
    """
    count = len(kinds[0][0].sizes)
    found = []
    for banded, least in kinds:
        rows = np.flatnonzero(distinct & (banded.sizes >= min(least.fewest, least.fewest_contained)))
        senior, junior, agreeing = candidate_pairs(banded.keys, rows)
        enough = agreeing >= fewest_bands(_least_jaccard(banded.sizes[senior], banded.sizes[junior], least))
        found.append(senior[enough] * count + junior[enough])
    keys = np.unique(np.concatenate(found))
    return keys // max(count, 1), keys % max(count, 1)


def _least_jaccard(
    left: npt.NDArray[np.int32], right: npt.NDArray[np.int32], least: Thresholds
) -> npt.NDArray[np.float64]:
    """The least of Jaccard's index that texts with so many shingles have where they share enough."""
    shared = least.containment * np.minimum(left, right)
    return np.minimum(shared / (left + right - shared), least.jaccard)


def _overlaps(
    shingles: Shingles, left: Rows, right: Rows, least: Thresholds
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Jaccard's index of the texts of each pair; and how much they share, from 0 to 1, or 0 where that is too little to
    be copies: by that index, or, where a text is a part of another, by the share of the shorter.
    """
    sizes = shingles.sizes
    shared = shared_counts(shingles, left, right)
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
