"""Headlines and bodies of any origin, to clean text: what is clean already is told by quick checks and costs little."""

from __future__ import annotations

import re
import unicodedata

from clusterer.pages import LONGEST_HEADLINE
from clusterer.reading.markup import markup_to_text

# Control characters but for white space, soft hyphens, marks of direction, and signs of no width but for U+200C and
# U+200D.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_JOINERS = re.compile("[\u200c\u200d]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_BARE = re.compile(r"[\W_]+")

_CLOSERS = "\"'»”“’›)\\]}」』）】"
_OPENERS = "\"'«“‘„‹「『【([{–—-•*#¿¡ "
_SENTENCE_END = re.compile(
    rf"[.!?…؟]+[{_CLOSERS}]*(?=\s)|[。！？]+[{_CLOSERS}]*|[۔।॥။።։]+[{_CLOSERS}]*(?=\s|\w)",
)
_ABBREVIATED = (
    "mr mrs ms dr prof st jr sr gen sen rep gov lt col sgt capt rev hon mt ft no nos vs inc ltd co corp dept approx "
    "est jan feb mar apr jun jul aug sep sept oct nov dec mme mlle sra sto sta ing arq lic dna hr fr bzw ca usw nr tel "
    "abs им ул стр гг др проф акад тыс млн млрд руб"
)
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())
_VIRAMA = 9


def clean_headline(value: str) -> str:
    """One line of clean text."""
    return " ".join(_clean(value).split())


def clean_body(value: str) -> str:
    """Clean text whose lines are kept, with one empty line at most between them."""
    text = _clean(value)
    lines = text.splitlines()
    if len(lines) <= 1:
        return " ".join(text.split())
    return _BLANK_LINES.sub("\n\n", "\n".join([" ".join(line.split()) for line in lines])).strip("\n")


def _clean(value: str) -> str:
    if "<" in value or "&" in value:
        value = markup_to_text(value)
    if not value.isprintable() and not value.replace("\n", "").isprintable():
        value = _UNWANTED.sub("", value)
        if "\u200c" in value or "\u200d" in value:
            value = _JOINERS.sub(_keep_joiner, value)
    return value if value.isascii() or unicodedata.is_normalized("NFC", value) else unicodedata.normalize("NFC", value)


def _keep_joiner(found: re.Match[str]) -> str:
    """A joiner shapes the word that it stands in (Persian, the scripts of India, emoji); elsewhere it is noise."""
    text = found.string
    before = text[found.start() - 1] if found.start() else " "
    after = text[found.end()] if found.end() < len(text) else " "
    if unicodedata.combining(before) == _VIRAMA:
        return found[0][0]
    return found[0][0] if _is_shaped(before) and _is_shaped(after) else ""


def _is_shaped(sign: str) -> bool:
    return not sign.isascii() and unicodedata.category(sign)[0] in "LMS"


def bare(text: str) -> str:
    """Letters and digits alone, without case: two texts that differ in no more say the same."""
    return _BARE.sub("", text.casefold())


def first_sentence(text: str) -> str:
    """The first sentence of a text that is not empty, cut at a word after about 200 characters."""
    line = next((line for line in text.splitlines() if not line.isspace() and line), "")
    # Sentences far longer than a headline are cut anyway, so there is no need to look for their end.
    sentence = line[: _sentence_end(line[: 4 * LONGEST_HEADLINE])].strip()
    if len(sentence) <= LONGEST_HEADLINE:
        return sentence
    cut = sentence.rfind(" ", LONGEST_HEADLINE // 2, LONGEST_HEADLINE)
    return sentence[: cut if cut > 0 else LONGEST_HEADLINE - 1].rstrip(" ,;:،、，–—-") + "…"


def _sentence_end(line: str) -> int:
    for end in _SENTENCE_END.finditer(line):
        if not _is_abbreviated(line, end):
            return end.end()
    return len(line)


def _is_abbreviated(line: str, end: re.Match[str]) -> bool:
    """Whether a full stop belongs to the word before it ("Dr.", "U.S.", "J.", "3.") or a small letter goes on."""
    if end[0][0] != ".":
        return False
    rest = line[end.end() :].lstrip()
    if rest and rest[0].islower():
        return True
    word = line[: end.start()].rsplit(None, 1)[-1] if line[: end.start()].strip() else ""
    word = word.lstrip(f"{_CLOSERS}(«“‘[„")
    if end[0] != ".":
        return False
    return len(word) <= 1 or word.casefold() in _ABBREVIATIONS or "." in word or (word.isdigit() and len(word) <= 2)


def without_repeated_headline(headline: str, body: str) -> str:
    """The body without a first line or sentence that repeats the headline; empty where it says nothing else."""
    # The first letters tell nearly always that nothing is repeated, at a fraction of the cost.
    if headline.lstrip(_OPENERS)[:1].casefold() != body.lstrip(_OPENERS)[:1].casefold():
        return body
    if bare(headline[:24])[:4] != bare(body[:24])[:4]:
        return body
    wanted = bare(headline)
    if not wanted:
        return body
    if bare(body) == wanted:
        return ""
    line, _, rest = body.partition("\n")
    if bare(line) == wanted:
        return rest.strip()
    end = _sentence_end(line[: 2 * len(headline) + 20])
    return body[end:].strip() if end < len(body) and bare(line[:end]) == wanted else body
