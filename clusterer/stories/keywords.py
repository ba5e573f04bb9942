"""The telling words of each story, by class-based TF-IDF (Grootendorst 2022), in each of its languages.

A story is a class: a word's weight is in how many of the story's families it stands, times how rare it is among all
stories of that language. Digits and stop words never count. Languages that are written without spaces are cut into
words by the bundled tokenizer.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from clusterer.article import Article
from clusterer.encoding.lexicon import Lexicon
from clusterer.grouping.words import MARKS
from clusterer.stop_lists import fold, stop_words

KEYWORDS = 6
LEAD_CHARACTERS = 600
SHORTEST_WORD = 3
SHORTEST_UNSPACED_WORD = 2
UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "km"})
_LETTERS = f"[^\\W\\d_]+(?:[{MARKS}][^\\W\\d_]*)*"
_WORD = re.compile(f"{_LETTERS}(?:[’'\u200c\u200d-]{_LETTERS})*")
_DIGIT = re.compile(r"\d")


class TellingWords:
    """The words of texts that may name what they are about: no stop words, no digits, none too short."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._folded: dict[str, str] = {}

    def __call__(self, text: str, language: str) -> list[tuple[str, str]]:
        """The telling words of a text in this language, in order, each folded and as written."""
        stopped = stop_words(language)
        unspaced = language in UNSPACED
        shortest = SHORTEST_UNSPACED_WORD if unspaced else SHORTEST_WORD
        kept = []
        for word in self._lexicon.split(text) if unspaced else _WORD.findall(text):
            folded = self._folded.get(word)
            if folded is None:
                folded = self._folded[word] = fold(word)
            if len(folded) >= shortest and folded not in stopped and not _DIGIT.search(folded):
                kept.append((folded, word))
        return kept


@dataclass(slots=True)
class _Words:
    """The words of one story in one language: in how many articles each folded word stands, and all as written."""

    counts: Counter[str] = field(default_factory=Counter)
    written: list[tuple[str, str]] = field(default_factory=list)


class KeywordFinder:
    """Counts the words of all stories, then tells those of each."""

    def __init__(self, stories: Sequence[Sequence[Article]], lexicon: Lexicon) -> None:
        self._telling = TellingWords(lexicon)
        self._stories = [self._count(story) for story in stories]
        self._frequency: defaultdict[str, Counter[str]] = defaultdict(Counter)
        members: Counter[str] = Counter()
        for by_language in self._stories:
            for language, words in by_language.items():
                self._frequency[language].update(words.counts)
                members[language] += 1
        self._mean = {language: self._frequency[language].total() / count for language, count in members.items()}

    def keywords(self, story: int) -> dict[str, tuple[str, ...]]:
        """The best words of a story, for each of its languages in the order of their names."""
        found = {}
        for language, words in sorted(self._stories[story].items()):
            mean, frequency = self._mean[language], self._frequency[language]
            weights = {word: count * math.log(1 + mean / frequency[word]) for word, count in words.counts.items()}
            best = sorted(weights, key=lambda word: (-weights[word], word))[:KEYWORDS]
            if best:
                found[language] = tuple(commonest_form(words.written, word) for word in best)
        return found

    def _count(self, story: Iterable[Article]) -> dict[str, _Words]:
        found: dict[str, _Words] = {}
        for article in story:
            words = found.setdefault(article.language, _Words())
            written = self._telling(f"{article.headline}\n{article.body[:LEAD_CHARACTERS]}", article.language)
            words.counts.update({folded for folded, _ in written})
            words.written += written
        return found


def commonest_form(written: list[tuple[str, str]], word: str) -> str:
    """The way in which a word is written most."""
    counts = Counter(form for folded, form in written if folded == word)
    return min(counts, key=lambda form: (-counts[form], form))
