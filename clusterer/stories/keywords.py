"""The telling words of each story, by class-based TF-IDF (Grootendorst 2022), in each of its languages.

A story is a class: a word's weight is in how many of the story's families it stands, times how rare it is among all
stories of that language. It is done on numbers: a form is a word of a language as it is written, a word all the forms
that are the same when folded, and a part what one story says in one language.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from clusterer.article import Article
from clusterer.checkpoint import Checkpoint, stage_of
from clusterer.grouping.features import language_codes
from clusterer.parallel import end_processes, in_blocks
from clusterer.progress import Progress
from clusterer.sorted_keys import distinct_keys, key_starts
from clusterer.stories.telling import TextForms, text_forms

KEYWORDS = 6
LEAD_CHARACTERS = 600
TEXT_BLOCK = 1 << 13
# Weights are compared as float32, so that a part, a weight and the rank of a word make one number of 64 bits.
PARTS_OF_A_BLOCK = 1 << 9
RANK_BITS = 23
_LARGEST_WEIGHT_BITS = np.uint64(0xFFFFFFFF)

Numbers = npt.NDArray[np.int64]


class KeywordFinder:
    """Counts the words of all stories, then tells those of each."""

    def __init__(
        self,
        stories: Sequence[Sequence[Article]],
        *,
        progress: Progress | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        # Part after part: story by story, the languages of a story by their names.
        members = [article for articles in stories for article in _by_language(articles)]
        kept = stage_of(checkpoint, "keywords", TextForms)
        blocks = in_blocks(text_forms, members, TEXT_BLOCK, given=_told, stage="keywords", progress=progress, kept=kept)
        found = TextForms.joined(blocks)
        end_processes(len(members))  # the last that a clustering needs them for
        story_of_row = np.repeat(np.arange(len(stories)), [len(articles) for articles in stories])
        language_of_row = language_codes([article.language for article in members])
        starts = np.flatnonzero((np.diff(story_of_row, prepend=-1) != 0) | (np.diff(language_of_row, prepend=-1) != 0))
        self._keywords: list[dict[str, tuple[str, ...]]] = [{} for _ in stories]
        if len(starts) and found.forms:
            languages = [members[row].language for row in starts]
            words = _Words(found, languages, np.append(starts, len(members)))
            story_of_part = story_of_row[starts].tolist()
            for part, best in words.best_forms():
                self._keywords[story_of_part[part]][languages[part]] = tuple(found.forms[form][2] for form in best)

    def keywords(self, story: int) -> dict[str, tuple[str, ...]]:
        """The best words of a story, for each of its languages in the order of their names."""
        return self._keywords[story]


def _by_language(articles: Sequence[Article]) -> Sequence[Article]:
    return articles if len(articles) == 1 else sorted(articles, key=attrgetter("language"))


def _told(article: Article) -> tuple[str, str]:
    return f"{article.headline}\n{article.body[:LEAD_CHARACTERS]}", article.language


@dataclass(frozen=True, slots=True)
class _Block:
    """The forms of some parts: which part each stands in (from 0), which text, and its number; int64 [m] each."""

    part: Numbers
    text: Numbers
    form: Numbers


class _Words:
    """The words of parts. The texts of part p are `starts[p]` to `starts[p + 1]`, in the language `languages[p]`."""

    def __init__(self, texts: TextForms, languages: Sequence[str], starts: Numbers) -> None:
        self._texts = texts
        self._starts = starts
        number: dict[tuple[str, str], int] = {}
        word = [number.setdefault((language, folded), len(number)) for language, folded, _ in texts.forms]
        self._word_of_form = np.array(word, dtype=np.int64)
        self._rank = _ranks([folded for _, folded in number])
        self._form_rank = _ranks([written for _, _, written in texts.forms])
        self._word_of_rank = np.argsort(self._rank)
        codes = {language: code for code, language in enumerate(sorted(set(languages)))}
        language_of_word = np.array([codes[language] for language, _ in number], dtype=np.int64)
        frequency = np.zeros(len(number), dtype=np.int64)
        for block in self._blocks():
            frequency += np.bincount(self._in_texts(block)[1], minlength=len(number))
        parts_of_language = np.bincount([codes[language] for language in languages], minlength=len(codes))
        mean = np.bincount(language_of_word, weights=frequency, minlength=len(codes)) / parts_of_language
        self._rarity = np.log(1 + mean[language_of_word] / np.maximum(frequency, 1))

    def best_forms(self) -> Iterator[tuple[int, list[int]]]:
        """Each part that has telling words, and the forms in which its best ones are written most, best first."""
        for number, block in enumerate(self._blocks()):
            part, word = self._best_words(block)
            forms = self._commonest_forms(block, part, word).tolist()
            first = key_starts(part)
            bounds = [*first.tolist(), len(part)]
            for own, (start, end) in zip(part[first].tolist(), pairwise(bounds), strict=True):
                yield number * PARTS_OF_A_BLOCK + own, forms[start:end]

    def _blocks(self) -> Iterator[_Block]:
        for first in range(0, len(self._starts) - 1, PARTS_OF_A_BLOCK):
            starts = self._starts[first : first + PARTS_OF_A_BLOCK + 1]
            offsets = self._texts.offsets[starts[0] : starts[-1] + 1]
            texts = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
            part_of_text = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
            forms = self._texts.numbers[offsets[0] : offsets[-1]].astype(np.int64)
            yield _Block(part_of_text[texts], texts, forms)

    def _in_texts(self, block: _Block) -> tuple[Numbers, Numbers]:
        """The part and the word of each word of each text, once."""
        part_of_text = np.zeros(int(block.text.max(initial=0)) + 1, dtype=np.int64)
        part_of_text[block.text] = block.part
        keys = distinct_keys(block.text * len(self._rank) + self._word_of_form[block.form])
        text, word = np.divmod(keys, len(self._rank))
        return part_of_text[text], word

    def _best_words(self, block: _Block) -> tuple[Numbers, Numbers]:
        """The part and the word of the best words of each part, best first, of equals the first by spelling."""
        part, word = self._in_texts(block)
        keys = np.sort(part * len(self._rank) + word)
        first = key_starts(keys)
        count = np.diff(first, append=len(keys))
        part, word = np.divmod(keys[first], len(self._rank))
        weight = (count * self._rarity[word]).astype(np.float32).view(np.uint32).astype(np.uint64)
        order = (
            part.astype(np.uint64) << np.uint64(32 + RANK_BITS)
            | (_LARGEST_WEIGHT_BITS - weight) << np.uint64(RANK_BITS)
            | self._rank[word].astype(np.uint64)
        )
        order.sort()
        part = (order >> np.uint64(32 + RANK_BITS)).astype(np.int64)
        kept = np.arange(len(part)) - np.searchsorted(part, part) < KEYWORDS
        rank = (order[kept] & np.uint64((1 << RANK_BITS) - 1)).astype(np.int64)
        return part[kept], self._word_of_rank[rank]

    def _commonest_forms(self, block: _Block, part: Numbers, word: Numbers) -> Numbers:
        """For each word of a part the form that it has there most often, of equals the first by spelling."""
        wanted = part * len(self._rank) + word
        places = np.argsort(wanted)
        words = block.part * len(self._rank) + self._word_of_form[block.form]
        place = np.minimum(np.searchsorted(wanted, words, sorter=places), len(wanted) - 1) if len(wanted) else words
        chosen = wanted[places[place]] == words if len(wanted) else np.zeros(0, dtype=bool)
        forms = len(self._form_rank)
        keys = np.sort(places[place[chosen]] * forms + block.form[chosen])
        first = key_starts(keys)
        count = np.diff(first, append=len(keys))
        which, form = np.divmod(keys[first], forms)
        order = np.lexsort((self._form_rank[form], -count, which))
        return form[order][key_starts(which[order])]


def _ranks(texts: Sequence[str]) -> Numbers:
    """The place of each text in the order of their code points, int64 [n]."""
    ranks = np.empty(len(texts), dtype=np.int64)
    ranks[sorted(range(len(texts)), key=texts.__getitem__)] = np.arange(len(texts))
    return ranks
