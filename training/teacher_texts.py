"""Which texts the teacher reads: the English side of translations, whose vector all its translations are taught by,
and what has no translation, headlines, leads and sentences of the news, and names.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from training.material import Kind, article_parts, read_source, sources, texts_by_language

ENGLISH = "en"
# At most so many English sentences of a source, those with the most translations first; the news all. Short everyday
# sentences, captions and noisy text teach less.
SENTENCES_OF_A_SOURCE = {"tatoeba": 90_000, "multi30k": 4_000, "indian_wiki": 15_000, "small_enja": 20_000}
SENTENCE_CHARACTERS = range(8, 400)
TITLES_OF_A_LANGUAGE = 40_000
LEADS_OF_A_LANGUAGE = 18_000
LEAD_CHARACTERS = 320
BODY_SENTENCES_OF_A_LANGUAGE = 12_000
BODY_SENTENCE_CHARACTERS = range(40, 240)
NAMES = 60_000
# How many of the texts are read, leads first: as many as half an hour of two cores allows.
TEXTS_READ = 460_000
LANGUAGES_OF_A_NAME = 10

_SENTENCE_END = re.compile(r"(?<=[.!?؟。！？…])\s+")


class TaughtText(NamedTuple):
    """A text that the teacher reads, its language, and the source and kind that it came from."""

    text: str
    language: str
    group: str


def texts_to_teach(material: Path, seed: int) -> list[TaughtText]:
    """The texts for the teacher, each once: leads first, in an order drawn from `seed`."""
    draw = random.Random(seed)
    chosen: dict[str, TaughtText] = {}
    for found in (_english_sides(material, draw), _news(material, draw), _names(material, draw)):
        for item in found:
            chosen.setdefault(item.text, item)
    texts = list(chosen.values())
    draw.shuffle(texts)
    texts.sort(key=lambda item: not item.group.endswith(":lead"))
    return texts


def _english_sides(material: Path, draw: random.Random) -> Iterator[TaughtText]:
    for name, path in sources(material, "parallel"):
        translations: Counter[str] = Counter()
        for record in read_source(path):
            texts = texts_by_language(record)
            english = texts.get(ENGLISH, "")
            if len(english) in SENTENCE_CHARACTERS:
                translations[english] += len(texts)
        ordered = list(translations)
        draw.shuffle(ordered)
        ordered.sort(key=lambda text: -translations[text])
        for text in ordered[: SENTENCES_OF_A_SOURCE.get(name, len(ordered))]:
            yield TaughtText(text, ENGLISH, name)


def _news(material: Path, draw: random.Random) -> Iterator[TaughtText]:
    titles: Counter[str] = Counter()
    leads: Counter[str] = Counter()
    sentences: Counter[str] = Counter()
    kinds: tuple[Kind, ...] = ("news", "titles")
    for kind in kinds:
        for name, path in sources(material, kind):
            records = list(read_source(path))
            draw.shuffle(records)
            for record in records:
                language, title, body = article_parts(record)
                if title and titles[language] < TITLES_OF_A_LANGUAGE:
                    titles[language] += 1
                    yield TaughtText(title, language, f"{name}:title")
                if len(body) < BODY_SENTENCE_CHARACTERS.start:
                    continue
                if leads[language] < LEADS_OF_A_LANGUAGE:
                    leads[language] += 1
                    yield TaughtText(f"{title} . {body}"[:LEAD_CHARACTERS], language, f"{name}:lead")
                for sentence in _SENTENCE_END.split(body)[:-1]:
                    if sentences[language] < BODY_SENTENCES_OF_A_LANGUAGE and len(sentence) in BODY_SENTENCE_CHARACTERS:
                        sentences[language] += 1
                        yield TaughtText(sentence, language, f"{name}:sentence")


def _names(material: Path, draw: random.Random) -> Iterator[TaughtText]:
    for name, path in sources(material, "lex"):
        if name != "wikidict_titles":
            continue
        found = [
            record["labels"][ENGLISH][0]
            for record in read_source(path)
            if len(record["labels"]) >= LANGUAGES_OF_A_NAME and record["labels"].get(ENGLISH)
        ]
        for text in draw.sample(found, min(len(found), NAMES)):
            yield TaughtText(text, ENGLISH, f"{name}:lex")


def save_texts(texts: list[TaughtText], path: Path) -> None:
    """Write the texts as JSON lines, in the order of the vectors."""
    with path.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(item, ensure_ascii=False) + "\n" for item in texts)


def load_texts(path: Path) -> list[TaughtText]:
    """Read what `save_texts` wrote."""
    with path.open(encoding="utf-8") as lines:
        return [TaughtText(*json.loads(line)) for line in lines]
