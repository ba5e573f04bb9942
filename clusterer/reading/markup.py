"""HTML in headlines and bodies, to text. Linear in the length of the text, whatever it holds.

Only the names of HTML elements make a tag: `<속보>` and `5 < 6` are text.
"""

from __future__ import annotations

import html
import re

_ENTITY = re.compile(r"&(?:#\d{1,8}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_BLOCK_NAMES = (
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 "
    "h4 h5 h6 head header hr html main nav ol p pre section summary table tbody tfoot thead title ul"
)
_UNSEEN_NAMES = "script style noscript template iframe svg math object video audio select button"
_INLINE_NAMES = (
    "a abbr acronym b bdi bdo big br cite code data del dfn em embed font i img input ins kbd label li link mark meta "
    "meter option picture q s samp small source span strike strong sub sup td th time tr tt u var wbr"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_UNSEEN = frozenset(_UNSEEN_NAMES.split())
_NAMES = sorted(_BLOCKS | _UNSEEN | set(_INLINE_NAMES.split()), key=len, reverse=True)
_TAG = re.compile(
    rf"<!--|<(/?)({'|'.join(_NAMES)})(?=[\s/>])[^<>]*>"
    r"|<!(?:doctype|\[CDATA\[)[^<>\[\]]*(?:>|\[?)|\]\]>",
    re.IGNORECASE,
)
_BREAKS = {"br": "\n", "tr": "\n", "li": "\n• ", "td": " ", "th": " "}
_LINE_BREAKS = re.compile(r"\n\s*")


def markup_to_text(value: str) -> str:
    """Text without tags and entities; block elements become paragraphs, list items lines with a bullet."""
    if "<" in value and _TAG.search(value):
        return _unescape(_without_tags(value))
    text = _unescape(value)
    # Feeds carry markup escaped: its tags show only now.
    if "<" in text and "<" not in value and _TAG.search(text):
        return _unescape(_without_tags(text))
    return text


def _unescape(text: str) -> str:
    """Resolve entities that end in a semicolon, and those that were escaped twice."""
    for _ in range(2):
        if "&" not in text:
            break
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return text


def _without_tags(value: str) -> str:
    lowered = value.lower() if len(value.lower()) == len(value) else value
    tags = list(_TAG.finditer(value))
    blocks = any(tag[2] and (tag[2].lower() in _BLOCKS or tag[2].lower() in ("br", "li")) for tag in tags)
    pieces: list[str] = []
    position = 0
    missing: set[str] = set()
    for tag in tags:
        if tag.start() < position:
            continue
        pieces.append(_flow(value[position : tag.start()]) if blocks else value[position : tag.start()])
        position = tag.end()
        name = (tag[2] or "").lower()
        if name in _BLOCKS:
            pieces.append("\n\n")
        elif name in _BREAKS and not (name == "li" and tag[1]):
            pieces.append(_BREAKS[name])
        closing = "-->" if tag[0] == "<!--" else f"</{name}" if name in _UNSEEN and not tag[1] else ""
        if closing and closing not in missing and not tag[0].endswith("/>"):
            position = _after(lowered, closing, position, missing)
    pieces.append(_flow(value[position:]) if blocks else value[position:])
    return "".join(pieces)


def _after(lowered: str, closing: str, position: int, missing: set[str]) -> int:
    """The place after what closes an element that is not shown; where nothing closes it, its text is kept."""
    found = lowered.find(closing, position)
    if found < 0:
        missing.add(closing)
        return position
    return found + len(closing) if closing == "-->" else max(lowered.find(">", found) + 1, found + len(closing))


def _flow(text: str) -> str:
    """Source text between tags: a single line break is a space there, an empty line still parts paragraphs."""
    return _LINE_BREAKS.sub(lambda found: "\n\n" if found[0].count("\n") > 1 else " ", text)
