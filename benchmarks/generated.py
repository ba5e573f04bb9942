"""A dump of any size whose stories and copies are known: `python -m benchmarks.generated DUMP.jsonl --records N`.

Sentences come from the sample and from the reference texts in 50 languages, or from a given dump. An event is some
sentences whose content words are exchanged for others of their language, with names, a place and numbers of its own.
Each of its articles tells some of these sentences, in an order and with slips of wording of its own; an event that
several languages tell is made of sentences that are there in all of them. Events belong to sagas, and share wording
with others of theirs. The sizes of stories have a heavy tail. Some articles are copies of others, exact or edited. The
same arguments give the same dump.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any

from benchmarks.corpora import gold_field
from benchmarks.wording import Vocabulary, Wording, join_words, load_wording, place_name, spelled_name

# Of the events, the share that several languages tell; and in how many of them a story of that kind is told at most.
MULTILINGUAL_SHARE = 0.3
MOST_LANGUAGES = 5
# The events of a saga, and the share of its wording that an event says in its own words.
EVENTS_OF_A_SAGA = 4
OWN_SHARE = 0.55
EXCHANGED_SHARE = 0.8
SENTENCES = 9
LEAST_SENTENCES = 3
BODY_CHARACTERS = 600
# The share of an article's words that are not those of its event: drawn for each article between these two.
LEAST_SLIPS, MOST_SLIPS = 0.05, 0.6
# Sizes follow a Pareto law with this exponent, the largest cut off; many events have one article.
SIZE_EXPONENT = 1.3
LARGEST_STORY = 300
COPY_SHARE = 0.08
EXACT_SHARE = 0.4
COPY_EDITS = 0.03
DAYS = 60
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
SOURCES = 200
EVENTS_OF_A_CHUNK = 400
SHUFFLED = 1 << 16

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Event:
    """What the articles of one story have in common: its sentences in each of its languages, each a list of words."""

    number: int
    sentences: dict[str, list[list[str]]]
    published: datetime


def write_generated(
    path: Path, records: int, *, seed: int = 0, source: Path | None = None, hidden: Sequence[Path] = ()
) -> int:
    """Write a dump of so many records, JSON lines {id, title, body, lang, source, published, story, copy_of}, and those
    of the `hidden` gold sets between them, whose stories stand in `hidden_story`. Returns how many there are.

    `source` is a file or folder of news, as `benchmarks.dump` reads it; without it the sample is used.
    """
    chance = random.Random(seed)
    guests = [record for file in hidden for record in _guests(file)]
    chance.shuffle(guests)
    every = max(records // (len(guests) + 1), 1)
    written = 0
    with path.open("w", encoding="utf-8") as lines:
        for number, record in enumerate(_shuffled(islice(_records(seed, source), records), chance)):
            if number % every == every - 1 and guests:
                lines.write(json.dumps(guests.pop(), ensure_ascii=False) + "\n")
                written += 1
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")
            written += 1
        for guest in guests:
            lines.write(json.dumps(guest, ensure_ascii=False) + "\n")
            written += 1
    return written


def _records(seed: int, source: Path | None) -> Iterator[Record]:
    """Records without end, story after story, made in all cores."""
    with ProcessPoolExecutor(initializer=_start, initargs=(source,)) as pool:
        for first in count(0, _chunks_at_once()):
            chunks = range(first, first + _chunks_at_once())
            for records in pool.map(partial(_chunk, seed), chunks):
                yield from records


def _chunks_at_once() -> int:
    return 4 * (os.cpu_count() or 1)


_material: list[Wording] = []


def _start(source: Path | None) -> None:
    _material[:] = [load_wording(source)]


def _chunk(seed: int, number: int) -> list[Record]:
    wording = _material[0]
    events = range(number * EVENTS_OF_A_CHUNK, (number + 1) * EVENTS_OF_A_CHUNK)
    return [record for event in events for record in story_records(wording, seed, event)]


def story_records(wording: Wording, seed: int, number: int) -> list[Record]:
    """The articles of one event, the same for the same arguments."""
    chance = random.Random(f"{seed} event {number}")
    event = _event(wording, seed, number, chance)
    size = min(int(chance.paretovariate(SIZE_EXPONENT)), LARGEST_STORY)
    languages = list(event.sentences)
    shares = [chance.random() for _ in languages]
    made: list[Record] = []
    for place in range(size):
        id_ = f"g{number}-{place}"
        copied = chance.choice(made) if made and chance.random() < COPY_SHARE * size / (size - 1) else None
        if copied is not None:
            record = _copy(copied, wording.vocabularies[copied["lang"]], chance)
        else:
            record = _article(event, chance.choices(languages, shares)[0], wording, chance)
        later = timedelta(hours=chance.expovariate(1 / 14))
        origin = copied["copy_of"] or copied["id"] if copied else None
        made.append({
            "id": id_, **record, "source": f"wire-{chance.randrange(SOURCES)}.example",
            "published": (event.published + later).isoformat(timespec="minutes"),
            "story": f"s{number}", "copy_of": origin,
        })  # fmt: skip
    return made


def _event(wording: Wording, seed: int, number: int, chance: random.Random) -> _Event:
    """An event of its saga: the saga's sentences, some of their words exchanged once more."""
    saga = random.Random(f"{seed} saga {number // EVENTS_OF_A_SAGA}")
    if saga.random() < MULTILINGUAL_SHARE:
        rows = saga.sample(range(len(wording.parallel)), SENTENCES)
        known = list(wording.parallel[0])
        chosen = saga.sample(known, saga.randint(2, MOST_LANGUAGES))
        base = {language: [wording.parallel[row][language] for row in rows] for language in chosen}
        exchanged = EXCHANGED_SHARE / 4  # words exchanged at random have no translation
    else:
        language = saga.choices(wording.languages, wording.frequencies)[0]
        base = {language: [list(saga.choice(wording.sentences[language])) for _ in range(SENTENCES)]}
        exchanged = EXCHANGED_SHARE
    order = list(range(SENTENCES))
    chance.shuffle(order)
    told = {}
    names = [(saga if half else chance).randrange(1 << 30) for half in (1, 0, 0)]
    places = [wording.places[(saga if half else chance).randrange(len(wording.places))] for half in (1, 0)]
    numbers = [str(chance.randrange(2, 10 ** chance.randint(1, 4))) for _ in range(3)]
    for language, sentences in base.items():
        vocabulary = wording.vocabularies[language]
        of_saga = [_exchanged(words, vocabulary, saga, exchanged, {}) for words in sentences]
        own: dict[str, str] = {}
        of_event = [_exchanged(words, vocabulary, chance, OWN_SHARE * exchanged, own) for words in of_saga]
        entities = [
            *(spelled_name(name, language) for name in names),
            *(place_name(place, language) for place in places),
            *numbers,
        ]
        told[language] = _with_entities([of_event[place] for place in order], entities)
    day = FIRST_DAY + timedelta(minutes=saga.randrange(DAYS * 24 * 60) + chance.randrange(7 * 24 * 60))
    return _Event(number, told, day)


def _exchanged(
    words: Sequence[str], vocabulary: Vocabulary, chance: random.Random, share: float, known: dict[str, str]
) -> list[str]:
    """The words with a share of the telling ones exchanged, each for the same one wherever it stands."""
    for word in words:
        if word not in known:
            telling = word not in vocabulary.common
            known[word] = chance.choice(vocabulary.words) if telling and chance.random() < share else word
    return [known[word] for word in words]


def _with_entities(sentences: list[list[str]], entities: Sequence[str]) -> list[list[str]]:
    """Names, places and numbers spread over the sentences, the first sentence having most of them."""
    for position, entity in enumerate(entities):
        words = sentences[0 if position % 2 == 0 else 1 + position % (len(sentences) - 1)]
        words.insert(min(2 * position, len(words)), entity)
    return sentences


def _article(event: _Event, language: str, wording: Wording, chance: random.Random) -> Record:
    """An article: the event's sentences, those it tells, in its order, with its slips."""
    vocabulary = wording.vocabularies[language]
    sentences = event.sentences[language]
    slips = chance.uniform(LEAST_SLIPS, MOST_SLIPS)
    headline = sentences[chance.choice((0, 0, 0, 1))]
    told = chance.sample(sentences, chance.randint(LEAST_SENTENCES, len(sentences)))
    if chance.random() < 0.7 and sentences[0] not in told:
        told.insert(0, sentences[0])
    title = join_words(_slipped(headline, vocabulary, chance, slips / 2), language)
    body: list[str] = []
    length = 0
    for words in told:
        body.append(join_words(_slipped(words, vocabulary, chance, slips), language))
        length += len(body[-1]) + 2
        if length > BODY_CHARACTERS:
            break
    stop = "。" if language in ("zh", "ja") else ". "
    return {"title": title, "body": _cut(stop.join(body) + stop.strip()), "lang": language}


def _slipped(words: Sequence[str], vocabulary: Vocabulary, chance: random.Random, share: float) -> list[str]:
    """The words with a share of them exchanged for any of the language."""
    slipped = list(words)
    exact = share * len(slipped)
    for _ in range(int(exact) + (chance.random() < exact % 1)):
        slipped[int(chance.random() * len(slipped))] = chance.choice(vocabulary.words)
    return slipped


def _copy(record: Record, vocabulary: Vocabulary, chance: random.Random) -> Record:
    """The same text, or lightly edited: some words are others, or the end is cut."""
    copied = {name: record[name] for name in ("title", "body", "lang")}
    if chance.random() < EXACT_SHARE:
        return copied
    language = str(record["lang"])
    words = copied["body"].split(" ") if " " in copied["body"] else list(copied["body"])
    if chance.random() < 0.5:
        words = words[: max(int(len(words) * chance.uniform(0.85, 1)), 1)]
    return {**copied, "body": _cut(join_words(_slipped(words, vocabulary, chance, COPY_EDITS), language))}


def _cut(body: str) -> str:
    if len(body) <= BODY_CHARACTERS:
        return body
    return body[: BODY_CHARACTERS + 1].rsplit(" ", 1)[0][:BODY_CHARACTERS]


def _shuffled(records: Iterable[Record], chance: random.Random) -> Iterator[Record]:
    """The records out of order, as far as a buffer of SHUFFLED of them allows."""
    held: list[Record] = []
    for record in records:
        if len(held) < SHUFFLED:
            held.append(record)
            continue
        place = int(chance.random() * SHUFFLED)
        yield held[place]
        held[place] = record
    chance.shuffle(held)
    yield from held


def _guests(file: Path) -> Iterator[Record]:
    """The records of a gold set, their ids and stories named after it, and no field named `story`."""
    from clusterer.evaluation.gold import gold_stories
    from clusterer.reading import read_articles

    name, field = file.name.split(".")[0], gold_field(file)
    articles = [replace(article, id=f"{name}/{article.id}") for article in read_articles([file])]
    for article, story in zip(articles, gold_stories(articles, field), strict=True):
        yield {
            "id": article.id, "title": "" if article.headline_derived else article.headline, "body": article.body,
            "lang": article.language, "url": article.url, "source": article.source,
            "published": article.published.isoformat() if article.published else None,
            "hidden_story": f"{name}/{story}" if story is not None else None,
        }  # fmt: skip


def main() -> None:
    """Write a dump."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generated", description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path, help="where to write it, as JSON lines")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--source", type=Path, help="a file or folder of news; without it the sample")
    parser.add_argument("--hide", type=Path, nargs="*", default=[], help="gold sets to mix in")
    chosen = parser.parse_args()
    number = write_generated(chosen.path, chosen.records, seed=chosen.seed, source=chosen.source, hidden=chosen.hide)
    print(f"{number:,} records in {chosen.path}")


if __name__ == "__main__":
    main()
