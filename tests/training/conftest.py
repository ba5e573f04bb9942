"""A small training material of our own writing: three languages, translations, names and news."""

import gzip
import json
import random
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from training.tokenizer import train_tokenizer

WHO = (
    ("the mayor", "die Bürgermeisterin", "мэр"),
    ("a farmer", "ein Landwirt", "фермер"),
    ("the captain", "die Kapitänin", "капитан"),
    ("a teacher", "ein Lehrer", "учитель"),
    ("the museum", "das Museum", "музей"),
    ("a baker", "ein Bäcker", "пекарь"),
    ("the orchestra", "das Orchester", "оркестр"),
)
WHAT = (
    ("opens a bridge", "eröffnet eine Brücke", "открывает мост"),
    ("buys a boat", "kauft ein Boot", "покупает лодку"),
    ("repairs the clock", "repariert die Uhr", "чинит часы"),
    ("plants apple trees", "pflanzt Apfelbäume", "сажает яблони"),
    ("sells old maps", "verkauft alte Karten", "продаёт старые карты"),
    ("finds a letter", "findet einen Brief", "находит письмо"),
)
WHERE = (
    ("by the river", "am Fluss", "у реки"),
    ("in the harbour", "im Hafen", "в гавани"),
    ("on the island", "auf der Insel", "на острове"),
    ("in the mountains", "in den Bergen", "в горах"),
    ("near the station", "beim Bahnhof", "возле вокзала"),
    ("behind the castle", "hinter der Burg", "за замком"),
)
LANGUAGES = ("en", "de", "ru")


def write_source(path: Path, records: Iterable[dict[str, Any]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def sentences() -> list[dict[str, str]]:
    """252 sentences, each in three languages, and a field that is no language."""
    return [
        {language: " ".join(part[number] for part in parts) for number, language in enumerate(LANGUAGES)}
        | {"domain": "made up"}
        for parts in product(WHO, WHAT, WHERE)
    ]


def news() -> list[dict[str, str]]:
    drawn = random.Random(5)
    found = []
    for record in sentences():
        language = drawn.choice(LANGUAGES)
        others = drawn.sample(sentences(), 3)
        body = ". ".join([record[language].split(" ", 1)[1], *(other[language] for other in others)])
        found.append({"lang": language, "title": record[language].upper(), "body": body})
    return found


def names() -> list[dict[str, Any]]:
    return [
        {"labels": {language: [entry[number]] for number, language in enumerate(LANGUAGES)} | {"fr": []}}
        for entry in (*WHO, *WHAT, *WHERE)
    ]


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("material")
    write_source(folder / "quay.parallel.jsonl.gz", sentences())
    write_source(folder / "wiktionary.lex.jsonl.gz", names())
    write_source(folder / "gazette.news.jsonl.gz", news())
    return folder


@pytest.fixture(scope="session")
def tokenizer(material: Path) -> Tokenizer:
    return train_tokenizer(material)
