"""A scraped page as text: its article, the articles embedded in it, and the bare headlines of others.

A marker ("Read also", "Source:", "Keywords:", in the languages of `page_markers`) counts only when it stands alone on
its line or starts a line and is followed by a colon. What a "read also" marker heads is told by what follows it:

- bullets are teasers, and so are lines that look like headlines up to the next marker or the end;
- a headline with text below it is an embedded article where the article above was closed by a source or keyword line,
  or where headline and text share most of their words; else it is one teaser in the middle of an article that goes on;
- anything else stays in the article, and only the marker goes.

No line but a marker is lost: each ends in a headline, a body, a source, the keywords or a teaser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from clusterer.page_markers import LONGEST_MARKER, MARKERS, Marker, marker_key

LONGEST_HEADLINE = 200
_LONGEST_INLINE_TEASER = 250
_LONGEST_SOURCE = 100
_LONGEST_LONE_KEYWORD = 40
_LONGEST_KEYWORD_LINE = 2000
_WORDS_OF_ONE_KEYWORD = 3
_SHARED_WORDS_OF_AN_ARTICLE = 0.5

_BULLET = re.compile(r"[•▪●◦‣⁃∙·■□►▶»›✓✔➤➢*+–—-]\s+(?=\S)")
_NUMBER = re.compile(r"(\d{1,2})[.)]\s+(?=\S)")
_COLON = re.compile(r"[:：﹕]")
_FULL_STOP = re.compile(r"""[.。۔।။։][\s"'»”’)\]]*$""")
_KEYWORD_SEPARATOR = re.compile(r"[,،、;؛;#|•·，；/]+")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+$")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_BRACKETS = {"(": ")", "[": "]", "{": "}", "【": "】", "（": "）"}


@dataclass(frozen=True, slots=True)
class Section:
    """An article embedded in a page. `headline` is empty where the page gives none."""

    headline: str
    body: str
    source: str | None = None
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What a page holds. `headline` is None where its first line is none; `teasers` head other articles."""

    headline: str | None
    body: str
    source: str | None = None
    keywords: tuple[str, ...] = ()
    embedded: tuple[Section, ...] = ()
    teasers: tuple[str, ...] = ()


def split_page(text: str, *, headline_known: bool = False) -> Page:
    """Split the text of a page. With `headline_known` its first line is never taken for the headline."""
    if "\n" not in text and find_marker(text) is None:
        return Page(None, text.strip())
    splitter = _Splitter([" ".join(line.split()) for line in text.splitlines()])
    splitter.run()
    main, *embedded = splitter.drafts
    headline = None if headline_known else _take_headline(main.lines)
    return Page(
        headline=headline,
        body=main.body,
        source=main.source,
        keywords=distinct(main.keywords),
        embedded=tuple(Section(part.headline, part.body, part.source, distinct(part.keywords)) for part in embedded),
        teasers=tuple(splitter.teasers),
    )


def find_marker(line: str) -> tuple[Marker, str] | None:
    """The marker that a line is or starts with, and what follows its colon; None for any other line."""
    if len(line) <= LONGEST_MARKER and (alone := MARKERS.get(marker_key(line))) and not line.endswith(("?", "؟", "？")):
        return alone, ""
    colon = _COLON.search(line, 0, LONGEST_MARKER)
    if colon is None:
        return None
    marker = MARKERS.get(marker_key(line[: colon.start()]))
    if marker is None:
        return None
    rest = line[colon.end() :].strip()
    closing = _BRACKETS.get(line.lstrip()[0])
    if closing and rest.endswith(closing):
        rest = rest[:-1].rstrip()
    return (marker, rest) if _may_head(marker, rest) else None


def _may_head(marker: Marker, rest: str) -> bool:
    """Whether the rest of a line is what its marker announces, and not a sentence that happens to start so."""
    if marker == "related":
        return len(rest) <= _LONGEST_INLINE_TEASER and not _ADDRESS.match(rest)
    stops = bool(_FULL_STOP.search(rest))
    if marker == "source":
        return len(rest) <= (_LONGEST_SOURCE // 2 if stops else _LONGEST_SOURCE)
    return len(rest) <= _LONGEST_KEYWORD_LINE and not (stops and len(_KEYWORD_SEPARATOR.findall(rest)) < 2)


@dataclass(slots=True)
class _Draft:
    """An article of the page while its lines are gathered. `closed` once a source or keyword line has ended it."""

    headline: str = ""
    lines: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    closed: bool = False

    @property
    def body(self) -> str:
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self.lines)).strip()

    @property
    def source(self) -> str | None:
        return ", ".join(distinct(self.sources)) or None


class _Splitter:
    """Goes through the lines of a page once. `at` is the next line; lines belong to the last draft."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0
        self.drafts = [_Draft()]
        self.teasers: list[str] = []

    def run(self) -> None:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            found = find_marker(line)
            if found is None:
                self.drafts[-1].lines.append(line)
                continue
            marker, rest = found
            if marker == "related":
                self._related(rest)
            elif marker == "source":
                self._source(rest)
            else:
                self._keywords(rest)

    def _source(self, rest: str) -> None:
        following = self._next_line()
        if not rest and following - self.at <= 1:
            line = self._line(following)
            if line and _is_headline(line) and len(line) <= _LONGEST_SOURCE // 2:
                rest = line
                self.at = following + 1
        draft = self.drafts[-1]
        draft.closed = True
        if rest:
            draft.sources.append(rest[:-1] if rest.count(".") == 1 and rest.endswith(".") else rest)

    def _keywords(self, rest: str) -> None:
        draft = self.drafts[-1]
        draft.closed = True
        if rest:
            draft.keywords.extend(_split_keywords(rest))
            return
        if bullets := self._bullets():
            draft.keywords.extend(bullets)
            return
        following = self._next_line()
        while (line := self._line(following)) and _is_keyword_line(line):
            draft.keywords.extend(_split_keywords(line))
            following += 1
            self.at = following

    def _related(self, rest: str) -> None:
        if rest:
            self.teasers.append(_bullet_text(rest, 1) or rest)
            return
        if bullets := self._bullets():
            self.teasers.extend(bullets)
            return
        first = self._next_line()
        block, run = self._headlines(first, across_blanks=False), self._headlines(first, across_blanks=True)
        draft = self.drafts[-1]
        end = run[-1] + 1 if run else first
        paragraph = self._line(self._next_line(end))
        if not paragraph or find_marker(paragraph):
            self._take_teasers(run)
        elif draft.closed and (not run or not _is_bullet(paragraph)):
            self._take_teasers(run[:-1])
            self._embed(run[-1:], end if run else first)
        elif block and block == run and _tell_the_same(self.lines[run[-1]], paragraph):
            self._take_teasers(run[:-1])
            self._embed(run[-1:], end)
        elif block:
            self._take_teasers(block)
        elif first == self.at and len(paragraph) <= LONGEST_HEADLINE and not self._line(first + 1):
            self._take_teasers([first])

    def _bullets(self) -> list[str]:
        """Take the bullets that come next, blank lines between them or not."""
        texts: list[str] = []
        following = self._next_line()
        while (text := _bullet_text(self._line(following), len(texts) + 1)) is not None:
            if MARKERS.get(marker_key(text)):
                break
            texts.append(text)
            self.at = following + 1
            following = self._next_line()
        return texts

    def _headlines(self, first: int, *, across_blanks: bool) -> list[int]:
        """The lines from `first` on that look like headlines, up to one that does not."""
        numbers: list[int] = []
        for number in range(first, len(self.lines)):
            line = self.lines[number]
            if not line and across_blanks:
                continue
            if not line or not _is_headline(line):
                break
            numbers.append(number)
        return numbers

    def _take_teasers(self, numbers: list[int]) -> None:
        self.teasers.extend(self.lines[number] for number in numbers)
        if numbers:
            self.at = numbers[-1] + 1

    def _embed(self, headline: list[int], body_starts: int) -> None:
        self.drafts.append(_Draft(headline=self.lines[headline[0]] if headline else ""))
        self.at = body_starts

    def _next_line(self, start: int | None = None) -> int:
        """The number of the first line from `start` (or `at`) on that is not blank."""
        number = self.at if start is None else start
        while number < len(self.lines) and not self.lines[number]:
            number += 1
        return number

    def _line(self, number: int) -> str:
        return self.lines[number] if number < len(self.lines) else ""


def _is_headline(line: str) -> bool:
    return (
        len(line) <= LONGEST_HEADLINE
        and not _FULL_STOP.search(line)
        and not _is_bullet(line)
        and find_marker(line) is None
    )


def _is_bullet(line: str) -> bool:
    return bool(_BULLET.match(line))


def _is_keyword_line(line: str) -> bool:
    separated = bool(_KEYWORD_SEPARATOR.search(line))
    limit = _LONGEST_KEYWORD_LINE if separated else _LONGEST_LONE_KEYWORD
    return len(line) <= limit and not _FULL_STOP.search(line) and not _is_bullet(line) and find_marker(line) is None


def _bullet_text(line: str, number: int) -> str | None:
    """A line without its bullet, or without its number where that is the expected one; None where it has neither."""
    if bullet := _BULLET.match(line):
        return line[bullet.end() :]
    numbered = _NUMBER.match(line)
    return line[numbered.end() :] if numbered and int(numbered[1]) == number else None


def _split_keywords(line: str) -> list[str]:
    """Keywords of a line: between its commas; a long line without any is taken word by word."""
    if _KEYWORD_SEPARATOR.search(line):
        parts = [part.strip() for part in _KEYWORD_SEPARATOR.split(line)]
    else:
        words = line.split()
        parts = [line] if len(words) <= _WORDS_OF_ONE_KEYWORD else words
    return [part for part in parts if part]


def distinct(texts: list[str]) -> tuple[str, ...]:
    """The texts without repetitions, in the order of their first appearance."""
    first: dict[str, str] = {}
    for text in texts:
        first.setdefault(text.casefold(), text)
    return tuple(first.values())


def _tell_the_same(headline: str, paragraph: str) -> bool:
    """Whether a paragraph repeats most words of a headline, as the lead of its own article does."""
    words = _stems(headline)
    return bool(words) and len(words & _stems(paragraph)) >= _SHARED_WORDS_OF_AN_ARTICLE * len(words)


def _stems(text: str) -> set[str]:
    """Beginnings of the longer words, so that inflection matters less; pairs of signs where no spaces part words."""
    stems: set[str] = set()
    for word in re.findall(r"\w{2,}", text.casefold()):
        if _UNSPACED.search(word):
            stems.update(word[start : start + 2] for start in range(len(word) - 1))
        elif len(word) > 2:
            stems.add(word[:5])
    return stems


def _take_headline(lines: list[str]) -> str | None:
    """Take the headline off the lines: a short first one without a full stop, set apart from longer text."""
    start = next((number for number, line in enumerate(lines) if line), None)
    if start is None or start + 1 >= len(lines) or lines[start + 1] or not _is_headline(lines[start]):
        return None
    if sum(map(len, lines[start + 1 :])) <= len(lines[start]):
        return None
    headline = lines[start]
    del lines[: start + 1]
    return headline
