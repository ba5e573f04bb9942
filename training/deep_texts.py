"""Which texts the deeper student follows the teacher on: all that is written as sentences, in every language, each with
the teacher's own reading of it, so that nothing need be translated or judged.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from training.material import Kind, article_parts, read_source, sources, texts_by_language

TEXT_CHARACTERS = range(25, 260)
# As much of an article as is encoded.
DOCUMENT_CHARACTERS = 1000
FEWEST_BODY_CHARACTERS = 150
# At most so many texts of a source in one language, where they are short, noisy or unlike news; of the others more.
OF_A_SOURCE = {"tatoeba": 4_000, "multi30k": 1_000, "indian_wiki": 3_000, "mlqa_questions": 1_000}
OF_ANOTHER_SOURCE = 12_000
OF_A_LANGUAGE = 24_000
# English has the most sources, and is the half of most dumps.
OF_ENGLISH = 60_000
# Sources whose lines follow each other as they did in the news: so many of them are a document.
IN_ORDER = ("wmt_newstest", "wmt_general")
DOCUMENTS_OF_A_SOURCE = 6_000
LINES_OF_A_DOCUMENT = (3, 6)
FARTHEST_APART = 12


def texts_to_follow(material: Path, seed: int) -> list[str]:
    """The texts, each once, in an order drawn from `seed`."""
    draw = random.Random(seed)
    chosen: dict[str, None] = {}
    of_language: Counter[str] = Counter()
    for found in (_documents(material, draw), _articles(material, draw), _sentences(material, draw)):
        for language, text in found:
            if of_language[language] < (OF_ENGLISH if language == "en" else OF_A_LANGUAGE) and text not in chosen:
                of_language[language] += 1
                chosen[text] = None
    texts = list(chosen)
    draw.shuffle(texts)
    return texts


def _sentences(material: Path, draw: random.Random) -> Iterator[tuple[str, str]]:
    for name, path in sources(material, "parallel"):
        records = list(read_source(path))
        draw.shuffle(records)
        taken = Counter[str]()
        for record in records:
            for language, text in texts_by_language(record).items():
                if len(text) in TEXT_CHARACTERS and taken[language] < OF_A_SOURCE.get(name, OF_ANOTHER_SOURCE):
                    taken[language] += 1
                    yield language, text


def _articles(material: Path, draw: random.Random) -> Iterator[tuple[str, str]]:
    kinds: tuple[Kind, ...] = ("news", "titles")
    for kind in kinds:
        for _, path in sources(material, kind):
            records = list(read_source(path))
            draw.shuffle(records)
            taken = Counter[str]()
            for record in records:
                language, title, body = article_parts(record)
                if taken[language] >= OF_ANOTHER_SOURCE:
                    continue
                taken[language] += 1
                if len(title) in TEXT_CHARACTERS:
                    yield language, title
                if len(body) >= FEWEST_BODY_CHARACTERS:
                    yield language, f"{title} . {body}".removeprefix(" . ")[:DOCUMENT_CHARACTERS]


def _documents(material: Path, draw: random.Random) -> Iterator[tuple[str, str]]:
    """Runs of lines that follow each other, in each language that has them."""
    for name, path in sources(material, "parallel"):
        if name not in IN_ORDER:
            continue
        lines: dict[str, list[tuple[int, str]]] = {}
        for number, record in enumerate(read_source(path)):
            for language, text in texts_by_language(record).items():
                lines.setdefault(language, []).append((number, text))
        for language in sorted(lines):
            rest, left = iter(lines[language]), DOCUMENTS_OF_A_SOURCE
            while left and (some := list(islice(rest, draw.randint(*LINES_OF_A_DOCUMENT)))):
                if len(some) > 1 and some[-1][0] - some[0][0] <= FARTHEST_APART:
                    left -= 1
                    yield language, " ".join(text for _, text in some)[:DOCUMENT_CHARACTERS]
