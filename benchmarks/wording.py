"""What generated news is worded with: sentences, words, names and places in each language."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from benchmarks.dump import SAMPLE, read_news
from clusterer.encoding.constants import reference_texts
from clusterer.stop_lists import fold, stop_words

UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "km"})
# Languages without spaces are exchanged by so many letters at a time.
LETTERS_OF_A_UNIT = 2
LONGEST_SENTENCE = 24
SHORTEST_TELLING_WORD = 3
# Words are coined of halves until a language has so many, and drawn as often as Zipf's law has it (Mandelbrot's form).
WORD_TYPES = 6000
ZIPF_OFFSET = 60
ZIPF_SCALE = 1500
SHORTEST_COINED_PART = 5
_SENTENCE_END = re.compile(r"(?<=[.!?؟।。！？])\s*")
_PLACES = (
    "AR AU AT AZ BD BE BO BR BG CA CL CN CO HR CU CZ DK EC EG EE ET FI FR GE DE GH GR HU IS IN ID IR IQ IE IL IT JP JO"
    " KZ KE KR KW LV LB LY LT MY MX MA MM NP NL NZ NG NO PK PA PY PE PH PL PT QA RO RU SA SN RS SG SK SI SO ZA ES LK SD"
    " SE CH SY TW TZ TH TN TR UG UA AE GB US UY UZ VE VN YE ZM"
)
_VOWELS = "aeiou"
_CONSONANTS = "bdfgklmnprstvz"
# The same consonants and vowels in other scripts.
_LETTERS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "Cyrillic": ("бдфгклмнпрствз", "аеиоу"),
    "Greek": (("μπ", "ντ", "φ", "γκ", *"κλμνπρστβζ"), ("α", "ε", "ι", "ο", "ου")),
    "Arabic": ("بدفغكلمنبرستفز", ("ا", "ي", "ي", "و", "و")),
    "Hebrew": ("בדפגקלמנפרסטבז", ("א", "", "י", "ו", "ו")),
    "Devanagari": ("बदफगकलमनपरसतवज", ("ा", "े", "ि", "ो", "ु")),
}
_KANA = {
    "b": "バベビボブ",
    "d": "ダデディドドゥ",
    "f": "ファフェフィフォフ",
    "g": "ガゲギゴグ",
    "k": "カケキコク",
    "l": "ラレリロル",
    "m": "マメミモム",
    "n": "ナネニノヌ",
    "p": "パペピポプ",
    "r": "ラレリロル",
    "s": "サセシソス",
    "t": "タテティトトゥ",
    "v": "バベビボブ",
    "z": "ザゼジゾズ",
}
_HANGUL_INITIALS = dict(zip(_CONSONANTS, (7, 3, 17, 0, 15, 5, 6, 2, 17, 5, 9, 16, 7, 12), strict=True))
_HANGUL_VOWELS = dict(zip(_VOWELS, (0, 5, 20, 8, 13), strict=True))
_SCRIPTS = {
    **dict.fromkeys(("ru", "uk", "bg", "sr", "mk", "be", "kk", "ky", "mn"), "Cyrillic"),
    **dict.fromkeys(("ar", "fa", "ur", "ps", "ckb"), "Arabic"),
    **dict.fromkeys(("hi", "mr", "ne"), "Devanagari"),
    "el": "Greek",
    "he": "Hebrew",
    "ja": "Kana",
    "ko": "Hangul",
}

Words = list[str]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The telling words of a language, each as often as it is drawn; and those that are too `common` to tell."""

    words: Words
    common: frozenset[str]


@dataclass(frozen=True, slots=True)
class Wording:
    """Sentences and vocabularies of `languages`, which are as frequent as `frequencies` say; `parallel`, sentences that
    say the same in each language; and the ISO 3166 codes of places.
    """

    languages: list[str]
    frequencies: list[int]
    sentences: dict[str, list[Words]]
    vocabularies: dict[str, Vocabulary]
    parallel: list[dict[str, Words]]
    places: list[str]


def load_wording(source: Path | None) -> Wording:
    """The wording of the sample or of the news in `source`, and of the reference texts."""
    sentences: defaultdict[str, list[Words]] = defaultdict(list)
    records: Counter[str] = Counter()
    for record in read_news(source or SAMPLE):
        language = record["lang"]
        records[language] += 1
        for sentence in (record["title"], *_SENTENCE_END.split(record["body"])):
            words = split_units(sentence.strip(" .。।"), language)
            if words:
                sentences[language].append(words[:LONGEST_SENTENCE])
    texts = reference_texts()
    for language, lines in texts.items():
        sentences[language] += [split_units(line, language) for line in lines]
        records[language] += 1
    records.pop("und", None)
    vocabularies = {language: _vocabulary(language, own) for language, own in sentences.items()}
    parallel = [
        {language: split_units(lines[number], language) for language, lines in texts.items()}
        for number in range(len(next(iter(texts.values()))))
    ]
    return Wording(list(records), list(records.values()), dict(sentences), vocabularies, parallel, _PLACES.split())


def _vocabulary(language: str, sentences: Iterable[Words]) -> Vocabulary:
    counts = Counter(word for words in sentences for word in words)
    common = frozenset(word for word in counts if _is_common(word, language))
    telling = [word for word, _ in counts.most_common() if word not in common] or list(counts)
    chance = random.Random(f"words of {language}")
    if language not in UNSPACED:
        parts = [word for word in telling if len(word) >= SHORTEST_COINED_PART] or telling
        known = dict.fromkeys(telling)
        # Few words make few halves: what chance does not find in so many tries is not there.
        for _ in range(4 * WORD_TYPES):
            if len(known) >= WORD_TYPES:
                break
            first, second = chance.choice(parts), chance.choice(parts)
            known.setdefault(first[: (len(first) + 1) // 2] + second[len(second) // 2 :])
        telling = list(known)
    chance.shuffle(telling)
    words = [word for rank, word in enumerate(telling) for _ in range(max(round(ZIPF_SCALE / (rank + ZIPF_OFFSET)), 1))]
    return Vocabulary(words, common)


def _is_common(word: str, language: str) -> bool:
    if language in UNSPACED:
        return False
    return len(word) < SHORTEST_TELLING_WORD or fold(word) in stop_words(language)


def split_units(text: str, language: str) -> Words:
    """The words of a text, or short runs of letters of one that is written without spaces."""
    if language not in UNSPACED:
        return text.split()
    letters = "".join(text.split())
    return [letters[start : start + LETTERS_OF_A_UNIT] for start in range(0, len(letters), LETTERS_OF_A_UNIT)]


def join_words(words: Iterable[str], language: str) -> str:
    """The text that `split_units` takes apart."""
    return ("" if language in UNSPACED else " ").join(words)


@cache
def place_name(code: str, language: str) -> str:
    """What a language calls a country."""
    import langcodes

    return str(langcodes.Language.make(territory=code).territory_name(language))


@lru_cache(maxsize=1 << 14)
def spelled_name(number: int, language: str) -> str:
    """The invented name of a number, in the script of a language: in Latin letters where there is no table for it."""
    syllables = []
    for _ in range(2 + number % 3):
        number, consonant = divmod(number // 3, len(_CONSONANTS))
        number, vowel = divmod(number, len(_VOWELS))
        syllables.append((consonant, vowel))
    script = _SCRIPTS.get(language)
    return "".join(_syllable(consonant, vowel, script) for consonant, vowel in syllables).capitalize()


def _syllable(consonant: int, vowel: int, script: str | None) -> str:
    if script is None:
        return _CONSONANTS[consonant] + _VOWELS[vowel]
    if script == "Kana":
        return str(re.findall(r".[ァィゥェォ]?", _KANA[_CONSONANTS[consonant]])[vowel])
    if script == "Hangul":
        initial, medial = _HANGUL_INITIALS[_CONSONANTS[consonant]], _HANGUL_VOWELS[_VOWELS[vowel]]
        return chr(0xAC00 + (initial * 21 + medial) * 28)
    consonants, vowels = _LETTERS[script]
    return consonants[consonant] + vowels[vowel]
