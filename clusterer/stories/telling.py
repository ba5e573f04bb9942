"""Words that may name what a text is about. Digits and stop words never do.

Languages that are written without spaces are cut into words by the bundled tokenizer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

import numpy as np
import numpy.typing as npt

from clusterer.checkpoint import Arrays, array_as_texts, texts_as_array
from clusterer.encoding.lexicon import Lexicon, shared_lexicon
from clusterer.grouping.words import MARKS
from clusterer.stop_lists import fold, stop_words

SHORTEST_WORD = 3
SHORTEST_UNSPACED_WORD = 2
UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "km"})
NOT_TELLING = ""
# Forms, and pieces of text with the numbers of theirs, that a process remembers: some 250 bytes each. A long piece does
# not come again.
MOST_KNOWN = 600_000
LONGEST_KNOWN_PIECE = 30
_LETTERS = f"[^\\W\\d_]+(?:[{MARKS}][^\\W\\d_]*)*"
_WORD = re.compile(f"{_LETTERS}(?:[’'\u200c\u200d-]{_LETTERS})*")
_DIGIT = re.compile(r"\d")

# A language, a word of it folded, and the same as it is written.
Form = tuple[str, str, str]


class TellingWords:
    """The words of texts that may name what they are about: no stop words, no digits, none too short."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._folded: dict[str, _FoldedWords] = {}

    def __call__(self, text: str, language: str) -> list[tuple[str, str]]:
        """The telling words of a text in this language, in order, each folded and as written."""
        folded = self.folded_words(language)
        [words] = self.words([(text, language)])
        return [(telling, word) for word in words if (telling := folded[word])]

    def words(self, texts: Sequence[tuple[str, str]]) -> list[list[str]]:
        """All words of texts that come with their languages, as written."""
        unspaced = iter(self._lexicon.split([text for text, language in texts if language in UNSPACED]))
        return [next(unspaced) if language in UNSPACED else _WORD.findall(text) for text, language in texts]

    def folded_words(self, language: str) -> _FoldedWords:
        """The folded form of each word of a language, NOT_TELLING for one that tells nothing."""
        folded = self._folded.get(language)
        if folded is None:
            folded = self._folded[language] = _FoldedWords(language)
        return folded


class _FoldedWords(dict[str, str]):
    """The folded form of each word of a language that was asked for, empty for one that tells nothing."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._stopped = stop_words(language)
        self._shortest = SHORTEST_UNSPACED_WORD if language in UNSPACED else SHORTEST_WORD

    def __missing__(self, word: str) -> str:
        folded = fold(word)
        telling = len(folded) >= self._shortest and folded not in self._stopped and not _DIGIT.search(folded)
        self[word] = folded if telling else NOT_TELLING
        return self[word]


def commonest_form(written: list[tuple[str, str]], word: str) -> str:
    """The way in which a word is written most."""
    counts = Counter(form for folded, form in written if folded == word)
    return min(counts, key=lambda form: (-counts[form], form))


@dataclass(frozen=True, slots=True)
class TextForms:
    """The telling words of n texts in order, as numbers of `forms`: those of text t are
    `numbers[offsets[t]:offsets[t + 1]]`, int32. `offsets` is int64 [n + 1].
    """

    forms: list[Form]
    numbers: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]

    def as_arrays(self) -> Arrays:
        """The same as arrays, to be stored."""
        texts = [part.encode("utf-8", "surrogatepass") for form in self.forms for part in form]
        return {"forms": texts_as_array(texts), "numbers": self.numbers, "offsets": self.offsets}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> TextForms:
        """What `as_arrays` gave."""
        texts = [text.decode("utf-8", "surrogatepass") for text in array_as_texts(arrays["forms"])]
        forms = list(zip(texts[::3], texts[1::3], texts[2::3], strict=True))
        return TextForms(forms, arrays["numbers"], arrays["offsets"])

    @staticmethod
    def joined(blocks: Iterable[TextForms]) -> TextForms:
        """The texts of all blocks, in order, each form once. A block is not needed any longer once the next comes."""
        number: dict[Form, int] = {}
        numbers, lengths = [np.zeros(0, dtype=np.int32)], [np.zeros(1, dtype=np.int64)]
        for block in blocks:
            own = [number.setdefault(form, len(number)) for form in block.forms]
            numbers.append(np.array(own, dtype=np.int32)[block.numbers])
            lengths.append(np.diff(block.offsets))
        return TextForms(list(number), np.concatenate(numbers), np.cumsum(np.concatenate(lengths)))


class _KnownForms:
    """The forms that this process has met, each with a number."""

    def __init__(self) -> None:
        self.forms: list[Form] = []
        self._telling = TellingWords(shared_lexicon())
        self._of_language: dict[str, _FormNumbers] = {}

    @property
    def size(self) -> int:
        """How much is remembered."""
        return len(self.forms) + sum(map(len, self._of_language.values()))

    def numbers(self, texts: Sequence[tuple[str, str]]) -> list[list[int]]:
        """The numbers of the telling words of texts that come with their languages, in order."""
        for language in sorted({language for _, language in texts}.difference(self._of_language)):
            folded = self._telling.folded_words(language)
            self._of_language[language] = _FormNumbers(language, folded, self.forms)
        unspaced = iter(self._telling.words([given for given in texts if given[1] in UNSPACED]))
        return [
            known.of_words(next(unspaced)) if language in UNSPACED else known.of_text(text)
            for text, language in texts
            for known in [self._of_language[language]]
        ]


class _FormNumbers(dict[str, list[int]]):
    """The numbers of the telling words in what stands between white space, in a language that has spaces; no word spans
    one.
    """

    def __init__(self, language: str, folded: _FoldedWords, forms: list[Form]) -> None:
        super().__init__()
        self._language, self._folded, self._forms = language, folded, forms
        self._of_word: dict[str, int] = {}

    def __missing__(self, piece: str) -> list[int]:
        numbers = self.of_words(_WORD.findall(piece))
        if len(piece) <= LONGEST_KNOWN_PIECE:
            self[piece] = numbers
        return numbers

    def of_text(self, text: str) -> list[int]:
        """The numbers of the telling words of a text."""
        return list(chain.from_iterable(map(self.__getitem__, text.split())))

    def of_words(self, words: Iterable[str]) -> list[int]:
        """The numbers of the telling ones of words."""
        return [self._number(word, folded) for word in words if (folded := self._folded[word]) != NOT_TELLING]

    def _number(self, word: str, folded: str) -> int:
        number = self._of_word.setdefault(word, len(self._forms))
        if number == len(self._forms):
            self._forms.append((self._language, folded, word))
        return number


def text_forms(texts: Sequence[tuple[str, str]]) -> TextForms:
    """The telling words of texts that come with their languages."""
    if _known_forms().size > MOST_KNOWN:
        _known_forms.cache_clear()
    known = _known_forms()
    rows = known.numbers(texts)
    offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    numbers = np.fromiter(chain.from_iterable(rows), dtype=np.int32, count=int(offsets[-1]))
    present = np.zeros(len(known.forms), dtype=bool)
    present[numbers] = True
    place = np.cumsum(present, dtype=np.int32) - np.int32(1)
    return TextForms([known.forms[number] for number in np.flatnonzero(present)], place[numbers], offsets)


@cache
def _known_forms() -> _KnownForms:
    return _KnownForms()
