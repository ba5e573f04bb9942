"""From a record, in whatever shape, to the articles in it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from clusterer.article import UNKNOWN_LANGUAGE, Article, Role
from clusterer.errors import InputError
from clusterer.language import normalise_language
from clusterer.pages import Page, distinct, split_page
from clusterer.reading import options as limits
from clusterer.reading.dates import parse_date
from clusterer.reading.field_names import FieldPlan, plan_fields
from clusterer.reading.identity import derive_id
from clusterer.reading.options import ReadingOptions
from clusterer.reading.report import BadRecord, RawRecord, ReadingReport
from clusterer.reading.text import clean_body, clean_headline, first_sentence, without_repeated_headline
from clusterer.reading.values import as_keywords, as_text, character_fault, first_text, is_missing

NO_TEXT = "has neither a headline nor a body"
_KEPT_PLANS = 1000
_NAMED_FIELDS = 20


class BadRecordError(Exception):
    """Why a record gives no article. Never leaves this room."""


@dataclass(slots=True)
class _Draft:
    """What the fields of one record say."""

    headline: str = ""
    body: str = ""
    id: str = ""
    url: str | None = None
    source: str | None = None
    published: datetime | None = None
    language: str = UNKNOWN_LANGUAGE
    keywords: tuple[str, ...] = ()


class RecordReader:
    """Turns the records of one input into articles and keeps the count.

    Raises InputError from `finish` where there were records and none could be read, or where a field that the user
    mapped was in no record.
    """

    def __init__(
        self, options: ReadingOptions, report: ReadingReport, on_bad: Callable[[BadRecord], None] | None = None
    ) -> None:
        self.options = options
        self.report = report
        self.on_bad = on_bad
        self._plans: dict[tuple[str, ...], tuple[tuple[str, ...], FieldPlan]] = {}
        self._unseen = set(options.fields)
        self._first_fields: tuple[str, ...] | None = None
        self._first_bad: BadRecord | None = None
        self._yielded = 0

    def articles(self, records: Iterable[RawRecord]) -> Iterator[Article]:
        """The articles in the records, a page's own article before those that were embedded in it."""
        report = self.report
        for location, record, fault in records:
            report.records += 1
            try:
                if fault:
                    raise BadRecordError(fault)
                found = self._read(record, location)
            except BadRecordError as bad:
                self._add_bad(BadRecord(location, str(bad)))
                continue
            report.articles += len(found)
            report.derived += sum(article.role != "article" for article in found) if len(found) > 1 else 0
            self._yielded += len(found)
            yield from found

    def finish(self, inputs: str) -> None:
        """Raise InputError where the input as a whole, named `inputs`, was not usable."""
        if self._unseen and self._first_fields is not None:
            ours = sorted(self._unseen)[0]
            fields = ", ".join(self._first_fields[:_NAMED_FIELDS]) or "none"
            raise InputError(
                f"no record has the field {self.options.fields[ours]!r} that was given for {ours!r}",
                where=inputs,
                remedy=f"Name one of the fields of the first record: {fields}.",
            )
        if self._first_bad is not None and not self._yielded:
            fields = ", ".join((self._first_fields or ())[:_NAMED_FIELDS])
            known = f" The fields of the first record are {fields}; " if fields else " Where fields have other names, "
            raise InputError(
                f"no record could be read; the first one, {self._first_bad.location}, {self._first_bad.reason}",
                where=inputs,
                remedy=f"Correct it, or name its kind with --input-format.{known}"
                "map them with --field, as in --field title=headline_text.",
            )

    def _add_bad(self, bad: BadRecord) -> None:
        self._first_bad = self._first_bad or bad
        self.report.add_bad(bad, self.on_bad)

    def _read(self, record: object, location: str) -> list[Article]:
        if isinstance(record, Article):
            return [_checked(record)]
        if not isinstance(record, Mapping):
            raise BadRecordError(f"is not an object with fields but {_kind(record)}")
        known = self._plans.get(tuple(record))
        if known is None:
            record = {str(key): value for key, value in record.items()}
            known = self._plan(tuple(record))
        keys, plan = known
        if fault := character_fault(record):
            raise BadRecordError(fault)
        draft, used = self._draft(record, plan)
        # The names are those of the plan, not another million of them.
        extra = {key: value for key, value in zip(keys, record.values(), strict=True) if key not in used}
        return self._articles(draft, extra, location)

    def _plan(self, keys: tuple[str, ...]) -> tuple[tuple[str, ...], FieldPlan]:
        known = self._plans.get(keys)
        if known is None:
            if self._first_fields is None:
                self._first_fields = keys
            if len(self._plans) >= _KEPT_PLANS:
                self._plans.clear()
            plan = plan_fields(keys, self.options.fields)
            known = self._plans[keys] = keys, plan
            self._unseen = {ours for ours in self._unseen if not getattr(plan, ours)}
        return known

    def _draft(self, record: Mapping[str, Any], plan: FieldPlan) -> tuple[_Draft, set[str]]:
        """What the record says, and the fields that said it."""
        used: set[str] = set()
        headline = next((text for key in plan.title if (text := _headline(record, key, used))), "")
        body = ""
        if key := _fullest(record, plan.body):
            body = clean_body(as_text(record[key], "\n\n"))
            if body:
                used.add(key)
        if len(body) > limits.MAX_RECORD_BYTES or len(headline) > limits.MAX_RECORD_BYTES:
            raise BadRecordError(limits.too_large())
        source = _first(record, plan.source, used) if plan.source else ""
        draft = _Draft(
            headline=headline,
            body=body,
            id=_first(record, plan.id, used) if plan.id else "",
            url=(_first(record, plan.url, used) or None) if plan.url else None,
            source=(sys.intern(clean_headline(source)) or None) if source else None,  # a few, in many records
            published=self._date(record, plan.published, used) if plan.published else None,
            language=_language(record, plan.language, used) if plan.language else UNKNOWN_LANGUAGE,
            keywords=_keywords(record, plan.keywords, used) if plan.keywords else (),
        )
        return draft, used

    def _date(self, record: Mapping[str, Any], keys: Iterable[str], used: set[str]) -> datetime | None:
        """The first date that can be read; one that cannot stays among the other fields and is counted."""
        given = False
        for key in keys:
            value = record[key]
            if isinstance(value, Mapping):
                value = first_text(value)
            if is_missing(value):
                continue
            given = True
            if moment := parse_date(value):
                used.add(key)
                return moment
        self.report.unreadable_dates += given
        return None

    def _articles(self, draft: _Draft, extra: dict[str, Any], location: str) -> list[Article]:
        headline, body = draft.headline, draft.body
        page = None
        if body and self.options.split == "auto":
            page = split_page(body, headline_known=bool(headline))
            if not headline and not page.headline and not page.body:
                page = _led_by_first_part(page)
            headline, body = headline or page.headline or "", page.body
        derived = not headline
        if derived:
            headline = first_sentence(body)
            if not headline:
                raise BadRecordError(NO_TEXT)
        elif body:
            body = without_repeated_headline(headline, body)
        source = draft.source or (page.source if page else None)
        article = Article(
            id=draft.id or derive_id(draft.url, source, "article", headline, body, draft.published),
            headline=headline,
            body=body,
            language=draft.language,
            url=draft.url,
            source=source,
            published=draft.published,
            headline_derived=derived,
            keywords=distinct([*draft.keywords, *page.keywords]) if page and page.keywords else draft.keywords,
            extra=extra,
            location=location,
        )
        return [article, *_parts(page, article)] if page and (page.embedded or page.teasers) else [article]


def articles_from_records(
    records: Iterable[Mapping[str, Any] | Article],
    options: ReadingOptions | None = None,
    report: ReadingReport | None = None,
    *,
    location: str = "records",
    on_bad: Callable[[BadRecord], None] | None = None,
) -> Iterator[Article]:
    """The articles in records that a program holds; record 3 is told as ``records:3``.

    Records are read as those of a file are (fields found, text cleaned and split, dates parsed); an `Article` passes as
    it is. Raises InputError at the end where there were records and none could be read, or where a mapped field was in
    none.
    """
    reader = RecordReader(options or ReadingOptions(), report if report is not None else ReadingReport(), on_bad)
    yield from reader.articles(RawRecord(f"{location}:{number}", record) for number, record in enumerate(records, 1))
    reader.finish(location)


def _checked(article: Article) -> Article:
    texts = (article.id, article.headline, article.body, article.url, article.source, article.keywords)
    if fault := character_fault(texts):
        raise BadRecordError(fault)
    if not article.id or not article.headline.strip():
        raise BadRecordError("is an article without an id or a headline")
    return article


def _kind(record: object) -> str:
    return {list: "a list", str: "a text", type(None): "null"}.get(type(record), f"a {type(record).__name__}")


def _first(record: Mapping[str, Any], keys: Iterable[str], used: set[str]) -> str:
    """The first of the fields that says something, as text; it is added to `used`."""
    for key in keys:
        if text := first_text(record[key]):
            used.add(key)
            return text
    return ""


def _headline(record: Mapping[str, Any], key: str, used: set[str]) -> str:
    text = clean_headline(as_text(record[key]))
    if text:
        used.add(key)
    return text


def _language(record: Mapping[str, Any], keys: Iterable[str], used: set[str]) -> str:
    for key in keys:
        if (code := normalise_language(first_text(record[key]))) != UNKNOWN_LANGUAGE:
            used.add(key)
            return code
    return UNKNOWN_LANGUAGE


def _keywords(record: Mapping[str, Any], keys: Iterable[str], used: set[str]) -> tuple[str, ...]:
    for key in keys:
        if keywords := as_keywords(record[key]):
            used.add(key)
            return keywords
    return ()


def _fullest(record: Mapping[str, Any], keys: Sequence[str]) -> str:
    """The field with the longest text, the earlier one of two; "" where none has any."""
    if len(keys) == 1:
        return keys[0]
    best, longest = "", 0
    for key in keys:
        length = len(as_text(record[key]))
        if length > longest:
            best, longest = key, length
    return best


def _led_by_first_part(page: Page) -> Page:
    """A page without an article of its own, such as a list of links: its first part stands for it."""
    if page.embedded:
        first, *others = page.embedded
        return replace(page, headline=first.headline or None, body=first.body, embedded=tuple(others))
    return replace(page, headline=page.teasers[0], teasers=page.teasers[1:]) if page.teasers else page


def _parts(page: Page, article: Article) -> Iterator[Article]:
    """The articles and headlines that stood on the page of an article. Only their language is known to be the same."""
    number = 0
    for section in page.embedded:
        headline = section.headline or first_sentence(section.body)
        if not headline:
            continue
        number += 1
        body = without_repeated_headline(headline, section.body) if section.headline else section.body
        yield _part(article, number, "embedded", headline, body, section.source, section.keywords, not section.headline)
    for teaser in page.teasers:
        number += 1
        yield _part(article, number, "teaser", teaser)


def _part(
    article: Article,
    number: int,
    role: Role,
    headline: str,
    body: str = "",
    source: str | None = None,
    keywords: tuple[str, ...] = (),
    derived: bool = False,
) -> Article:
    return Article(
        id=f"{article.id}#{number}",
        headline=headline,
        body=body,
        language=article.language,
        source=source,
        role=role,
        part_of=article.id,
        headline_derived=derived,
        keywords=keywords,
        location=article.location,
    )
