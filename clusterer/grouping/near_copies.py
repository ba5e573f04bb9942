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
from clusterer.grouping.signatures import FEWEST_BODY_WORDS, Signatures, text_words
from clusterer.grouping.words import split_words
from clusterer.progress import Progress, silent
from clusterer.sorted_keys import distinct_keys

LEAST_SHARED_NUMBERS = 0.6
LEAST_SHARED_HEADLINE = 0.5
# Pairs come by their later text; what is known of a text takes some ten kilobytes.
DETAILS_REMEMBERED = 1 << 12
PAIRS_BETWEEN_TELLING = 1 << 10


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
    articles: Sequence[Article],
    signed: Signatures,
    distinct: npt.NDArray[np.bool_],
    *,
    progress: Progress | None = None,
) -> dict[int, NearCopy]:
    """For each text that is near an earlier original, that original: the one that it is most alike.

    `signed` are the signatures of the articles, row by row; those that are `distinct`, bool [n], are compared.
    """
    senior, junior = _candidates(distinct, signed)
    places = signed.place[senior], signed.place[junior]
    alike, overlap = _overlaps(signed.words.shingles, *places, WORDS)
    by_letters = _overlaps(signed.letters.shingles, *places, LETTERS)
    alike, overlap = np.maximum(alike, by_letters[0]), np.maximum(overlap, by_letters[1])
    near = overlap > 0
    senior, junior, alike, overlap = senior[near], junior[near], alike[near], overlap[near]
    details = lru_cache(DETAILS_REMEMBERED)(lambda row: _details_of(articles[row]))
    found: dict[int, NearCopy] = {}
    told = progress or silent
    for done, pair in enumerate(np.lexsort((senior, -alike, junior))):
        if done % PAIRS_BETWEEN_TELLING == 0:
            told("near copies", done, len(senior))
        first, second = int(senior[pair]), int(junior[pair])
        # A bare headline is no part of an article's text, though a lead may begin with it.
        if first in found or second in found or articles[first].is_bare != articles[second].is_bare:
            continue
        if _is_copy(*sorted((details(first), details(second)), key=attrgetter("length"))):
            found[second] = NearCopy(first, round(float(overlap[pair]), 4))
    if len(senior):
        told("near copies", len(senior), len(senior))
    return found


def _candidates(distinct: npt.NDArray[np.bool_], signed: Signatures) -> tuple[Rows, Rows]:
    """Pairs (earlier, later) of texts that may share enough shingles of one kind, in ascending order: those that agree
    in as many bands as the least alike of their sizes.
    """
    count = len(distinct)
    found = []
    for banded, least in ((signed.words, WORDS), (signed.letters, LETTERS)):
        sizes = banded.shingles.sizes[signed.place]
        rows = np.flatnonzero(distinct & (sizes >= min(least.fewest, least.fewest_contained)))
        senior, junior, agreeing = candidate_pairs(banded.keys, rows)
        enough = agreeing >= fewest_bands(_least_jaccard(sizes[senior], sizes[junior], least))
        found.append(senior[enough] * count + junior[enough])
    keys = distinct_keys(np.concatenate(found))
    return keys // max(count, 1), keys % max(count, 1)


def _least_jaccard(left: Rows, right: Rows, least: Thresholds) -> npt.NDArray[np.float64]:
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

    article: Article

    length: int
    numbers: frozenset[str]
    contexts: frozenset[tuple[str, ...]]
    placed: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]


def _details_of(article: Article) -> _Details:
    compared = text_words(article)
    placed = tuple(_placed_numbers(compared if len(compared) >= FEWEST_BODY_WORDS else split_words(article.text)))
    return _Details(
        article=article,
        length=len(compared),
        numbers=frozenset(number for number, _, _ in placed),
        contexts=frozenset(context for _, *contexts in placed for context in contexts if len(context) > 2),
        placed=placed,
    )


def _placed_numbers(words: list[str]) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Each number with the two words before it and the two after it that are no numbers."""
    numbers = [place for place, word in enumerate(words) if word.isdecimal()]
    others = [word for word in words if not word.isdecimal()] if numbers else []
    for earlier, place in enumerate(numbers):
        own = place - earlier
        yield words[place], ("<", *others[max(own - 2, 0) : own]), (">", *others[own : own + 2])


def _is_copy(shorter: _Details, longer: _Details) -> bool:
    """Whether texts that share enough are copies: reports made from one template differ in their numbers, and short
    bodies that may be said of anything in their headlines.
    """
    if _shared_numbers(shorter, longer) < LEAST_SHARED_NUMBERS:
        return False
    if shorter.length >= FEWEST_BODY_WORDS:
        return True
    shares = (_share_in_text(one.article, other.article) for one, other in ((shorter, longer), (longer, shorter)))
    return max(shares) >= LEAST_SHARED_HEADLINE


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


def _share_in_text(one: Article, other: Article) -> float:
    """The share of the words of an article's headline that are in the other's text; 1 of no words."""
    headline = frozenset(split_words(one.headline))
    return len(headline.intersection(split_words(other.text))) / len(headline) if headline else 1.0
