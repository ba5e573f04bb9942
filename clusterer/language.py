"""The language of a text.

A script that one language alone writes decides at once. Where several share one, a classifier (py3langid, whose model
is part of its package) chooses among the languages in which news is written in that script.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from clusterer.article import UNKNOWN_LANGUAGE

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Enough to tell languages apart; the classifier's time grows with the length of the text.
CHARACTERS_READ = 120
MINIMUM_CONFIDENCE = 0.1
_LONGEST_CODE = 64

# First and last code point of the blocks of each script, and the language or the group of languages that it stands for.
_BLOCKS = (
    (0x0041, 0x005A, "Latin"),
    (0x0061, 0x007A, "Latin"),
    (0x00C0, 0x024F, "Latin"),
    (0x0370, 0x03FF, "el"),
    (0x0400, 0x052F, "Cyrillic"),
    (0x0531, 0x058F, "hy"),
    (0x05D0, 0x05F4, "he"),
    (0x0620, 0x065F, "Arabic"),
    (0x066E, 0x06EF, "Arabic"),
    (0x0750, 0x077F, "Arabic"),
    (0x0780, 0x07BF, "dv"),
    (0x0900, 0x0965, "Devanagari"),
    (0x0980, 0x09E5, "Bengali"),
    (0x0A01, 0x0A65, "pa"),
    (0x0A81, 0x0AE5, "gu"),
    (0x0B01, 0x0B65, "or"),
    (0x0B82, 0x0BE5, "ta"),
    (0x0C00, 0x0C65, "te"),
    (0x0C80, 0x0CE5, "kn"),
    (0x0D00, 0x0D65, "ml"),
    (0x0D81, 0x0DDF, "si"),
    (0x0E01, 0x0E4E, "th"),
    (0x0E81, 0x0ECD, "lo"),
    (0x0F40, 0x0FBC, "bo"),
    (0x1000, 0x103F, "my"),
    (0x10A0, 0x10FF, "ka"),
    (0x1100, 0x11FF, "ko"),
    (0x1200, 0x139F, "am"),
    (0x1780, 0x17D3, "km"),
    (0x1C90, 0x1CBF, "ka"),
    (0x1E00, 0x1EFF, "Latin"),
    (0x1F00, 0x1FFF, "el"),
    (0x3041, 0x3096, "ja"),
    (0x30A1, 0x30FA, "ja"),
    (0x3131, 0x318E, "ko"),
    (0x31F0, 0x31FF, "ja"),
    (0x3400, 0x4DBF, "zh"),
    (0x4E00, 0x9FFF, "zh"),
    (0xAC00, 0xD7A3, "ko"),
    (0xF900, 0xFAFF, "zh"),
    (0xFB1D, 0xFB4F, "he"),
    (0xFB50, 0xFDFB, "Arabic"),
    (0xFE70, 0xFEFC, "Arabic"),
    (0xFF66, 0xFF9D, "ja"),
    (0x20000, 0x323AF, "zh"),
)
_BLOCK_STARTS = tuple(first for first, _, _ in _BLOCKS)

# The classifier's labels in each shared script.
_LATIN = (
    "af az bs ca cs cy da de en es et eu fi fr fy ga gl ha hr ht hu id ig is it jv ku lb lt lv mg ms mt nl nn no nso"
    " om pl pt ro rw sk sl sn so sq sr st sv sw tk tl tr uz vi xh yo zu zxx"
)
_SHARED_SCRIPTS = {
    "Latin": tuple(_LATIN.split()),
    "Cyrillic": ("ba", "be", "bg", "kk", "ky", "mk", "mn", "ru", "sr", "tg", "tt", "uk"),
    "Arabic": ("ar", "fa", "ps", "sdh", "ug", "ur"),
    "Devanagari": ("hi", "mr", "ne"),
    "Bengali": ("as", "bn"),
}
# Languages with little news beside a relative with much: a short text is the relative's unless it is clearly theirs.
_PRIOR = {
    **dict.fromkeys(
        ["as", "ba", "bs", "fy", "gl", "ht", "jv", "lb", "nso", "rw", "sn", "st", "tk", "tt", "xh", "zxx"], 0.6
    ),
    **dict.fromkeys(["af", "mk", "mr", "ms", "ne"], 0.8),
    # The other way round: a few words that are mostly names are more often English than anything else.
    "en": 4.0,
}
# The classifier was trained on Southern Kurdish; in news this orthography is Central Kurdish.
_LABEL_LANGUAGE = {"nn": "no", "sdh": "ckb", "zxx": UNKNOWN_LANGUAGE}

# A letter of these says about as much as three of an alphabet: "iPhone 15发布会" is Chinese.
_SYLLABIC = frozenset({"ja", "ko", "zh"})
_SYLLABIC_WEIGHT = 3
# One kana in twenty ideographs makes a text Japanese; a lone one may be a brand in a Chinese text.
_IDEOGRAPHS_PER_KANA = 20

_ADDRESSES = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|[@#]\w+")
_TAG_END = re.compile(r"[.;,@]")
_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}")
_PRIVATE_CODE = re.compile(r"q[a-t][a-z]")
_NO_ONE_LANGUAGE = frozenset({"mis", "mul", "und", "zxx"})
_PREFERRED_CODE = {"fil": "tl", "nb": "no", "nn": "no"}


def detect_languages(texts: Sequence[str]) -> list[str]:
    """The language of each text, as an ISO 639-1 code, or 639-3 where that has none.

    A text without letters, or one that could be of several languages, has "und". The first 120 characters are read, so
    a headline with the beginning of its body is the best thing to give. A text's language depends on no other text.
    """
    return [_detect(text) for text in texts]


@lru_cache(maxsize=4096)
def normalise_language(code: str) -> str:
    """The ISO 639-1 code (639-3 where that has none) that a tag, an older code or the name of a language stands for.

    "en-US", "eng", "English" and "anglais" give "en", "iw" gives "he", "nb" gives "no"; what is none gives "und".
    """
    tag = _TAG_END.split(code.strip(), maxsplit=1)[0].strip()
    # The library's table of names fails in odd ways on control characters.
    if not tag or len(tag) > _LONGEST_CODE or not tag.isprintable():
        return UNKNOWN_LANGUAGE
    language = _language_of_tag(tag) or _language_of_name(tag)
    if language is None or language in _NO_ONE_LANGUAGE:
        return UNKNOWN_LANGUAGE
    return _PREFERRED_CODE.get(language, language)


def _language_of_tag(tag: str) -> str | None:
    import langcodes

    try:
        parsed = langcodes.Language.get(langcodes.standardize_tag(tag, macro=True))
    except ValueError:
        return None
    language = parsed.language
    if language is None or not _LANGUAGE_CODE.fullmatch(language) or _PRIVATE_CODE.fullmatch(language):
        return None
    return language if langcodes.Language.make(language).is_valid() else None


def _language_of_name(name: str) -> str | None:
    import langcodes

    try:
        found = langcodes.find(name).language
    except LookupError:
        return None
    return langcodes.standardize_tag(found, macro=True) if found else None


def _detect(text: str) -> str:
    beginning = text[: 4 * CHARACTERS_READ]
    if "@" in beginning or "#" in beginning or "://" in beginning or "www." in beginning:
        beginning = _ADDRESSES.sub(" ", beginning)
    beginning = beginning.strip()[:CHARACTERS_READ]
    script = _main_script(beginning)
    return _classify(beginning, script) if script in _SHARED_SCRIPTS else script


def _main_script(text: str) -> str:
    """The script of most letters: a key of the shared scripts, or the one language that writes it, or "und"."""
    if text.isascii():
        return "Latin" if any(map(str.isalpha, text)) else UNKNOWN_LANGUAGE
    letters: Counter[str] = Counter()
    for character, count in Counter(text).items():
        script = _script(character)
        if script is not None:
            letters[script] += count * (_SYLLABIC_WEIGHT if script in _SYLLABIC else 1)
    if letters["ja"] * _IDEOGRAPHS_PER_KANA >= letters["zh"] and letters["ja"]:
        letters["ja"] += letters.pop("zh", 0)
    if not letters.total():
        return UNKNOWN_LANGUAGE
    return max(letters, key=lambda script: (letters[script], script))


@cache
def _script(character: str) -> str | None:
    point = ord(character)
    place = bisect_right(_BLOCK_STARTS, point) - 1
    if place < 0:
        return None
    _, last, script = _BLOCKS[place]
    return script if point <= last else None


def _classify(text: str, script: str) -> str:
    ranked = _classifier(script).rank(text)
    score, label = max((score * _PRIOR.get(label, 1.0), label) for label, score in ranked)
    return _LABEL_LANGUAGE.get(label, label) if score >= MINIMUM_CONFIDENCE else UNKNOWN_LANGUAGE


@cache
def _classifier(script: str) -> LanguageIdentifier:
    from copy import copy

    classifier = copy(_whole_classifier())
    classifier.set_languages(_SHARED_SCRIPTS[script])
    return classifier


@cache
def _whole_classifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
