"""Corpora of copies that are known: articles, edited copies of each, and reports from one template that are no copies.

Every kind of edit has a stated strength. The articles are recombined from the sample, each sentence in one of them, or
given. Needs no more than the standard library and the sample.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE = Path(__file__).parent.parent / "data" / "sample-news.jsonl"
SENTENCES_OF_AN_ARTICLE = 6
REPLACED_SENTENCES = 0.3
WRONG_CHARACTERS = 0.05
EDITED_WORDS = 0.1
FEWEST_OTHERS = 4

_SENTENCE_END = re.compile(r"(?<=[.!?؟。！？।])\s*")


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a corpus: its gold family, how it was made, what it says, and on which day; originals come first."""

    family: str
    kind: str
    language: str
    title: str
    body: str
    day: int


@dataclass(frozen=True, slots=True)
class Source:
    """An article to be copied: its headline and its sentences."""

    language: str
    title: str
    sentences: tuple[str, ...]

    @property
    def body(self) -> str:
        """The sentences as one text."""
        return joined(self.sentences, self.language)


Edit = Callable[[random.Random, Source, Sequence[Source]], tuple[str, str]]


def joined(sentences: Sequence[str], language: str) -> str:
    """Sentences as one text; Chinese and Japanese have no space between them."""
    return ("" if language in ("zh", "ja") else " ").join(sentences)


def sample_sources(seed: int) -> list[Source]:
    """Articles recombined from the sample within each language. Each story lends the sentences of one record, and each
    sentence is in one article: no two of them say the same.
    """
    draw = random.Random(seed)
    pools: dict[str, list[str]] = defaultdict(list)
    titles: dict[str, list[str]] = defaultdict(list)
    told: set[tuple[str, str]] = set()
    for line in SAMPLE.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        language = record.get("language")
        if not language or not record.get("title") or not record.get("body"):
            continue
        if (language, record["story"]) not in told:
            told.add((language, record["story"]))
            pools[language] += split_sentences(record["body"])
            titles[language].append(record["title"])
    sources = []
    for language, pool in sorted(pools.items()):
        draw.shuffle(pool)
        for start in range(0, len(pool) - SENTENCES_OF_AN_ARTICLE + 1, SENTENCES_OF_AN_ARTICLE):
            sentences = tuple(pool[start : start + SENTENCES_OF_AN_ARTICLE])
            sources.append(Source(language, draw.choice(titles[language]), sentences))
    return sources


def split_sentences(text: str) -> list[str]:
    """The sentences of a text in any script."""
    return [sentence for sentence in _SENTENCE_END.split(text) if sentence.strip()]


def make_corpus(sources: Sequence[Source], seed: int) -> list[Text]:
    """Each source, one copy of it by each kind of edit, and as many reports from templates, in an order of chance."""
    draw = random.Random(seed)
    texts: list[Text] = []
    by_language: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        by_language[source.language].append(source)
    for number, source in enumerate(sources):
        family = f"article {number}"
        others = [other for other in by_language[source.language] if other is not source]
        if len(others) < FEWEST_OTHERS:
            others = [other for other in sources if other is not source]
        texts.append(Text(family, "original", source.language, source.title, source.body, 0))
        for kind, edit in EDITS.items():
            title, body = edit(draw, source, others)
            texts.append(Text(family, kind, source.language, title, body, draw.randint(1, 9)))
    texts += list(template_reports(draw, len(texts)))
    draw.shuffle(texts)
    return texts


def _layout(draw: random.Random, source: Source, others: Sequence[Source]) -> tuple[str, str]:
    del draw, others
    body = source.body.upper() if source.language != "el" else source.body  # Greek capitals lose their accents
    return f"  {source.title.upper()} ", re.sub(r"\s+", "\n\n ", body).replace(",", " ,")


def _end_cut(draw: random.Random, source: Source, others: Sequence[Source]) -> tuple[str, str]:
    del draw, others
    half = source.sentences[: -(-len(source.sentences) // 2)]
    return source.title, joined(half, source.language)


def _beginning_cut(draw: random.Random, source: Source, others: Sequence[Source]) -> tuple[str, str]:
    del draw, others
    half = source.sentences[len(source.sentences) // 2 :]
    return source.title, joined(half, source.language)


def _sentences_replaced(draw: random.Random, source: Source, others: Sequence[Source]) -> tuple[str, str]:
    sentences = list(source.sentences)
    for place in draw.sample(range(len(sentences)), max(1, int(REPLACED_SENTENCES * len(sentences)))):
        sentences[place] = draw.choice(draw.choice(others).sentences)
    return source.title, joined(sentences, source.language)


def wrong_characters(draw: random.Random, text: str, share: float) -> str:
    """The text with so many of its letters replaced, dropped or doubled, as by a bad scan."""
    letters = sorted({letter for letter in text if letter.isalpha()}) or ["x"]
    result = []
    for letter in text:
        if letter.isalnum() and draw.random() < share:
            result.append(draw.choice((draw.choice(letters), "", letter * 2)))
        else:
            result.append(letter)
    return "".join(result)


def _characters_wrong(draw: random.Random, source: Source, others: Sequence[Source]) -> tuple[str, str]:
    del others
    return source.title, wrong_characters(draw, source.body, WRONG_CHARACTERS)


def _headline_and_byline(draw: random.Random, source: Source, others: Sequence[Source]) -> tuple[str, str]:
    byline = draw.choice(("Ada Rowan", "Иван Речной", "سالم البحري", "河野光", "रवि सागर"))
    return draw.choice(others).title, joined((f"{byline}, 2025.", *source.sentences), source.language)


def _agency_lines(draw: random.Random, source: Source, others: Sequence[Source]) -> tuple[str, str]:
    del others
    agency = draw.choice(("HARWICK (Meridian) —", "(Sanabel)", "ХАРВИК, 2 июля. /Маяк/"))
    legal = draw.choice(("© Meridian 2025. All rights reserved.", "Reporting by A. Rowan; editing by B. Quay."))
    return source.title, joined((f"{agency} {source.sentences[0]}", *source.sentences[1:], legal), source.language)


def _sentences_moved(draw: random.Random, source: Source, others: Sequence[Source]) -> tuple[str, str]:
    del others
    sentences = list(source.sentences)
    draw.shuffle(sentences)
    return source.title, joined(sentences, source.language)


def _words_edited(draw: random.Random, source: Source, others: Sequence[Source]) -> tuple[str, str]:
    del others
    if source.language in ("zh", "ja", "th"):
        return source.title, wrong_characters(draw, source.body, EDITED_WORDS / 2)
    words = source.body.split()
    pool = words.copy()
    for place in draw.sample(range(len(words)), int(EDITED_WORDS * len(words))):
        words[place] = draw.choice(("", draw.choice(pool)))
    return source.title, " ".join(filter(None, words))


def _several(draw: random.Random, source: Source, others: Sequence[Source]) -> tuple[str, str]:
    kept = list(source.sentences)
    del kept[draw.randrange(len(kept))]
    body = wrong_characters(draw, joined(kept, source.language), WRONG_CHARACTERS / 4)
    return draw.choice(others).title, f"Ada Rowan. {body}"


EDITS: dict[str, Edit] = {
    "layout": _layout,
    "end half cut": _end_cut,
    "beginning half cut": _beginning_cut,
    "30% of sentences replaced": _sentences_replaced,
    "5% of characters wrong": _characters_wrong,
    "headline and byline new": _headline_and_byline,
    "agency lines": _agency_lines,
    "sentences moved": _sentences_moved,
    "10% of words edited": _words_edited,
    "several": _several,
}

# Reports as many papers print them: one wording, other names and numbers each time.
_TEMPLATES = {
    "en": (
        "{a} beat {b} {m}-{n} at {c} on {d}",
        "{a} defeated {b} {m}-{n} at {c} on {d}. {p} opened the scoring in minute {x} and the home side led {k}-{n} at "
        "the interval. A crowd of {y} saw {q} add the last goal in minute {z}. The win lifts {a} to {r} points from "
        "{s} matches, while {b} stay on {t}. The sides meet again on {e}, when {b} hope to have {q} back.",
    ),
    "de": (
        "Wetter für {c} am {d}",
        "In {c} scheint am {d} bei {x} Grad die Sonne, am Nachmittag sind Schauer mit {y} Litern je Quadratmeter "
        "möglich. Der Wind weht mit {z} Kilometern je Stunde aus Westen, in {a} sind Böen bis {r} zu erwarten. In der "
        "Nacht sinkt die Temperatur auf {s} Grad. Am {e} werden in {b} bis zu {t} Grad erwartet, die "
        "Regenwahrscheinlichkeit liegt bei {k}{n} Prozent.",
    ),
    "ru": (
        "Биржа: акции {a} выросли на {m},{n}%",
        "Акции компании {a} на торгах {d} подорожали на {m},{n} процента и стоили {x} рублей. Бумаги {b} подешевели до "
        "{y} рублей. Индекс закрылся на отметке {z} пунктов, объём торгов составил {r} миллионов. Доллар подорожал до "
        "{s} рублей, евро — до {t}. Аналитик {p} ожидает, что {e} торги пройдут в диапазоне от {k}{n} до {x} пунктов.",
    ),
    "ar": (
        "فوز {a} على {b} {m}-{n}",
        "فاز فريق {a} على {b} بنتيجة {m}-{n} في المباراة التي أقيمت في {c} يوم {d}. وسجل {p} الهدف الأول في الدقيقة "
        "{x} وأضاف {q} الهدف الأخير في الدقيقة {z} أمام {y} متفرجا. ورفع {a} رصيده إلى {r} نقطة من {s} مباراة، بينما "
        "بقي {b} عند {t} نقطة. ويلتقي الفريقان مجددا يوم {e}.",
    ),
    "zh": (
        "{c}{d}天气",
        "{c}气象台{d}发布预报：白天晴转多云，最高气温{x}度，最低气温{s}度，西北风{m}级，阵风{n}级。{a}地区有小雨，雨量{y}毫米，"
        "{b}地区空气湿度为百分之{t}。预计{e}气温将升至{z}度，能见度{r}公里，请市民注意防晒。",
    ),
    "hi": (
        "{a} ने {b} को {m}-{n} से हराया",
        "{c} में {d} को खेले गए मैच में {a} ने {b} को {m}-{n} से हराया। {p} ने मिनट {x} में पहला गोल किया और {q} ने मिनट {z} में "
        "आखिरी गोल दागा। मैच को {y} दर्शकों ने देखा। इस जीत से {a} के {s} मैचों में {r} अंक हो गए, जबकि {b} के {t} अंक हैं। "
        "दोनों टीमें {e} को फिर भिड़ेंगी।",
    ),
}
_SYLLABLES = {
    "en": ("har", "wick", "mel", "ton", "bro", "field", "sha", "worth", "lin", "dale"),
    "de": ("Els", "heim", "Ober", "bach", "Wald", "stein", "Nieder", "hausen", "Berg", "au"),
    "ru": ("Вол", "но", "град", "Зар", "ечье", "Мир", "ин", "Кос", "тар", "ово"),
    "ar": ("نور", "بحر", "سهل", "رمل", "فجر", "وادي", "تل", "زهر", "نخل", "مرج"),
    "zh": ("江", "山", "石", "林", "海", "云", "平", "安", "河", "川"),
    "hi": ("सागर", "पुर", "राम", "नगर", "धन", "वन", "गिरि", "ताल", "मोह", "लोक"),
}


def template_reports(draw: random.Random, count: int) -> Iterator[Text]:
    """So many reports from the templates, each a family of its own: no two share their names and numbers."""
    languages = sorted(_TEMPLATES)
    for number in range(count):
        language = languages[number % len(languages)]
        title, body = _TEMPLATES[language]
        slots = {slot: _name(draw, language) for slot in "abcpq"}
        slots |= {slot: str(draw.randint(11, 9999)) for slot in "xyzrst"} | {s: str(draw.randint(0, 9)) for s in "mnk"}
        slots |= {slot: f"{draw.randint(1, 28)}.{draw.randint(1, 12)}.{draw.randint(1990, 2025)}" for slot in "de"}
        report = f"report {number}"
        yield Text(report, "template", language, title.format(**slots), body.format(**slots), draw.randint(0, 9))


def _name(draw: random.Random, language: str) -> str:
    return "".join(draw.sample(_SYLLABLES[language], 3)).capitalize()
