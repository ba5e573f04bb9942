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

from clusterer.article import Article
from clusterer.encoding.lexicon import Lexicon
from clusterer.stop_lists import fold, stop_words

KEYWORDS = 6
LEAD_CHARACTERS = 600
SHORTEST_WORD = 3
SHORTEST_UNSPACED_WORD = 2
UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "km"})
_WORD = re.compile(r"[^\W\d_]+(?:[’'\u200c-][^\W\d_]+)*")

Words = dict[str, str]


class KeywordFinder:
    """Counts the words of all stories, then tells those of each."""

    def __init__(self, stories: Sequence[Sequence[Article]], lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._folded: dict[str, str] = {}
        self._classes = [self._count(story) for story in stories]
        self._frequency: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._members: Counter[str] = Counter()
        for by_language in self._classes:
            for language, (counts, _) in by_language.items():
                self._frequency[language].update(counts)
                self._members[language] += 1

    def keywords(self, story: int) -> dict[str, tuple[str, ...]]:
        """The best words of a story, for each of its languages in the order of their names."""
        found = {}
        for language, (counts, shown) in sorted(self._classes[story].items()):
            mean = self._frequency[language].total() / self._members[language]
            frequency = self._frequency[language]
            weights = {word: count * math.log(1 + mean / frequency[word]) for word, count in counts.items()}
            best = sorted(weights, key=lambda word: (-weights[word], word))[:KEYWORDS]
            if best:
                found[language] = tuple(_commonest(shown[word]) for word in best)
        return found

    def _count(self, story: Iterable[Article]) -> dict[str, tuple[Counter[str], dict[str, Counter[str]]]]:
        """For each language, in how many articles each folded word stands, and the ways in which it is written."""
        found: dict[str, tuple[Counter[str], dict[str, Counter[str]]]] = {}
        for article in story:
            counts, shown = found.setdefault(article.language, (Counter(), defaultdict(Counter)))
            written = self._words(f"{article.headline}\n{article.body[:LEAD_CHARACTERS]}", article.language)
            counts.update({folded for folded, _ in written})
            for folded, word in written:
                shown[folded][word] += 1
        return found

    def _words(self, text: str, language: str) -> list[tuple[str, str]]:
        stopped = stop_words(language)
        unspaced = language in UNSPACED
        shortest = SHORTEST_UNSPACED_WORD if unspaced else SHORTEST_WORD
        kept = []
        for word in self._lexicon.split(text) if unspaced else _WORD.findall(text):
            folded = self._folded.get(word)
            if folded is None:
                folded = self._folded[word] = fold(word).strip()
            if len(folded) >= shortest and folded not in stopped and not any(map(str.isdigit, folded)):
                kept.append((folded, word))
        return kept


def _commonest(written: Counter[str]) -> str:
    return min(written, key=lambda word: (-written[word], word))
