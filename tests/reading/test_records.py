"""Records in many shapes, to articles."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterer.article import Article
from clusterer.errors import InputError, UsageError
from clusterer.reading import ReadingOptions, ReadingReport, articles_from_records

BODY = "The harbour of Norvik reopened on Monday. The first ferries left at dawn."


def one(**record: Any) -> Article:
    (article,) = articles_from_records([record])
    return article


def read(*records: Any, options: ReadingOptions | None = None) -> tuple[list[Article], ReadingReport]:
    report = ReadingReport()
    articles = list(articles_from_records([*records, {"id": "good", "title": "Good"}], options, report))
    assert articles.pop().id == "good"
    return articles, report


@pytest.mark.parametrize(
    "names",
    [
        ("id", "title", "body", "url", "published", "source", "language", "keywords"),
        ("guid", "headline", "content", "link", "pubDate", "publisher", "lang", "tags"),
        ("_id", "HEADLINE", "full_text", "canonical_url", "published_at", "outlet", "locale", "keywords"),
        ("article_id", "heading", "articleBody", "href", "datePublished", "site_name", "inLanguage", "Keywords"),
        ("uuid", "dc:title", "content:encoded", "permalink", "dc:date", "domain", "dc:language", "news_keywords"),
    ],
)
def test_fields_are_found_by_their_usual_names(names: tuple[str, ...]) -> None:
    values = ("7", "Harbour reopens", BODY, "https://n.example/7", "2024-05-01", "Norvik Times", "en-GB", "ice, port")
    article = one(**dict(zip(names, values, strict=True)), section="north")
    assert article == Article(
        id="7",
        headline="Harbour reopens",
        body=BODY,
        language="en",
        url="https://n.example/7",
        source="Norvik Times",
        published=datetime(2024, 5, 1, tzinfo=UTC),
        keywords=("ice", "port"),
        extra={"section": "north"},
    )
    assert article.location == "records:1"


def test_the_fuller_of_two_bodies_is_taken_and_the_other_one_kept() -> None:
    article = one(title="T", description="Short.", content=BODY)
    assert (article.body, article.extra) == (BODY, {"description": "Short."})
    article = one(title="T", description=BODY, content="Short [+12 chars]")
    assert (article.body, article.extra) == (BODY, {"content": "Short [+12 chars]"})


def test_an_empty_field_gives_way_to_the_next_one() -> None:
    article = one(title="", headline="Harbour reopens", id=None, guid="g1", date="", created="2024-05-01")
    assert (article.headline, article.id, article.published) == (
        "Harbour reopens",
        "g1",
        datetime(2024, 5, 1, tzinfo=UTC),
    )


def test_nested_shapes() -> None:
    article = one(
        _id={"$oid": "64ab"},
        title={"rendered": "AT&amp;T harbour"},
        content=["First paragraph.", "Second paragraph."],
        source={"id": None, "name": "Norvik Times"},
        keywords=[{"name": "ice"}, "port", None, "ice"],
        date={"$date": "2024-05-01T00:00:00Z"},
        authors=["A", "B"],
    )
    assert article.id == "64ab"
    assert article.headline == "AT&T harbour"
    assert article.body == "First paragraph.\n\nSecond paragraph."
    assert article.source == "Norvik Times"
    assert article.keywords == ("ice", "port")
    assert article.published == datetime(2024, 5, 1, tzinfo=UTC)
    assert article.extra == {"authors": ["A", "B"]}


@pytest.mark.parametrize(
    ("title", "headline"),
    [(2024, "2024"), (3.5, "3.5"), (["Ice", "gone"], "Ice gone"), (Decimal("1.50"), "1.50"), (b"Ice", "Ice")],
)
def test_titles_that_are_no_strings(title: object, headline: str) -> None:
    assert one(title=title).headline == headline


@pytest.mark.parametrize(
    "title", [None, True, float("nan"), [], {}, "", " \n", "\u200b", [None], 10**400, {"no": "name"}]
)
def test_titles_that_say_nothing(title: object) -> None:
    articles, report = read({"title": title})
    assert articles == []
    assert [bad.as_dict() for bad in report.bad] == [
        {"location": "records:1", "reason": "has neither a headline nor a body"}
    ]


def test_values_of_data_frames() -> None:
    article = one(
        id=np.float64(12.0), title=np.str_("Ice"), date=np.datetime64("2024-05-01").astype(object), tags=np.array(["a"])
    )
    assert (article.id, article.headline, article.keywords) == ("12", "Ice", ("a",))
    assert article.published == datetime(2024, 5, 1, tzinfo=UTC)
    assert one(id=np.int64(12), title="Ice").id == "12"


def test_a_missing_headline_is_the_first_sentence() -> None:
    article = one(body=BODY)
    assert (article.headline, article.headline_derived) == ("The harbour of Norvik reopened on Monday.", True)
    assert article.body == article.text == BODY


def test_a_body_that_repeats_the_headline_is_none() -> None:
    assert one(title="Harbour reopens", text="Harbour reopens.").is_bare


def test_unreadable_dates_are_counted_and_stay() -> None:
    (article,), report = read({"title": "T", "date": "some day"})
    assert (article.published, article.extra) == (None, {"date": "some day"})
    assert report.unreadable_dates == 1
    _, report = read({"title": "T", "date": None}, {"title": "T"}, {"title": "T", "date": ""})
    assert report.unreadable_dates == 0


def test_an_unreadable_date_gives_way_to_one_that_can_be_read() -> None:
    (article,), report = read({"title": "T", "date": "some day", "created": "2024-05-01"})
    assert article.published == datetime(2024, 5, 1, tzinfo=UTC)
    assert article.extra == {"date": "some day"}
    assert report.unreadable_dates == 0


def test_an_unknown_language_stays_among_the_other_fields() -> None:
    article = one(title="T", language="Elvish of the north")
    assert (article.language, article.extra) == ("und", {"language": "Elvish of the north"})


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"title": "a\0b"}, "holds a NUL byte"),
        ({"title": "T", "x": [{"y": "\ud800"}]}, "holds an unpaired surrogate"),
        ({"title": "T", "\udfff": 1}, "holds an unpaired surrogate"),
        (7, "is not an object with fields but a int"),
        (None, "is not an object with fields but null"),
        ([1], "is not an object with fields but a list"),
        ("text", "is not an object with fields but a text"),
        ({}, "has neither a headline nor a body"),
        (Article(id="", headline="T"), "is an article without an id or a headline"),
        (Article(id="a", headline="\ud800"), "holds an unpaired surrogate"),
    ],
)
def test_bad_records_cost_themselves_alone(record: Any, reason: str) -> None:
    told = []
    report = ReadingReport()
    records = [{"title": "Before"}, record, {"title": "After"}]
    articles = list(articles_from_records(records, report=report, on_bad=told.append, location="list"))
    assert [article.headline for article in articles] == ["Before", "After"]
    assert [(bad.location, bad.reason) for bad in report.bad] == [("list:2", reason)]
    assert told == report.bad
    assert (report.records, report.articles, report.bad_count) == (3, 2, 1)


def test_ready_articles_pass() -> None:
    article = Article(id="a", headline="Harbour <b>", body="Read also: x")
    assert read(article)[0] == [article]


def test_bodies_are_split_from_any_record() -> None:
    body = f"<p>{BODY}</p><p>Source: Norvik Times</p><p>Read also:</p><ul><li>Ice melts</li><li>Port grows</li></ul>"
    articles, report = read(
        {"id": 5, "title": "Harbour reopens", "body": body, "language": "en", "published": "2024-05-01"}
    )
    assert [(a.id, a.role, a.part_of, a.headline, a.language) for a in articles] == [
        ("5", "article", None, "Harbour reopens", "en"),
        ("5#1", "teaser", "5", "Ice melts", "en"),
        ("5#2", "teaser", "5", "Port grows", "en"),
    ]
    assert articles[0].body == BODY
    assert articles[0].source == "Norvik Times"
    assert all(a.published is None and a.source is None and a.url is None and not a.extra for a in articles[1:])
    assert (report.records, report.articles, report.derived) == (2, 4, 2)


def test_split_never() -> None:
    body = f"{BODY}\n\nRead also:\n• Ice melts"
    articles, _ = read({"title": "Harbour", "body": body}, options=ReadingOptions(split="never"))
    assert [article.body for article in articles] == [body]


def test_a_page_of_nothing_but_links() -> None:
    articles, _ = read({"id": "p", "body": "Related articles\n\n• Ice melts\n• Port grows"})
    assert [(a.id, a.role, a.headline) for a in articles] == [
        ("p", "article", "Ice melts"),
        ("p#1", "teaser", "Port grows"),
    ]


def test_ids_of_records_without_one() -> None:
    a, b, c = (one(title=title, source=source) for title, source in [("T", "A"), ("T", "A"), ("T", "B")])
    assert a.id == b.id != c.id


def test_mapped_fields_win() -> None:
    record = {"title": "Wrong", "Headline_Text": "Right", "body": BODY}
    article, *_ = articles_from_records([record], ReadingOptions(fields={"headline": "headline_text"}))
    assert (article.headline, article.extra) == ("Right", {"title": "Wrong"})


def test_a_mapped_field_that_no_record_has_is_an_error_that_names_the_fields() -> None:
    options = ReadingOptions(fields={"title": "headline_text"})
    with pytest.raises(InputError, match=r"headline_text.*title, body"):
        list(articles_from_records([{"title": "T", "body": BODY}], options))
    assert list(articles_from_records([], options)) == []
    records = [{"body": BODY}, {"headline_text": "Right"}]
    assert [a.headline for a in articles_from_records(records, options)][-1] == "Right"


def test_wrong_options() -> None:
    with pytest.raises(UsageError, match=r"'heading_x'.*id, title, body, url, source, published, language, keywords"):
        ReadingOptions(fields={"heading_x": "t"})
    with pytest.raises(UsageError, match="mapped twice"):
        ReadingOptions(fields={"title": "a", "headline": "b"})
    with pytest.raises(UsageError, match="jsonl, json, csv"):
        ReadingOptions(input_format="xml")  # type: ignore[arg-type]  # is refused at run time too
    with pytest.raises(UsageError, match="auto or never"):
        ReadingOptions(split="yes")  # type: ignore[arg-type]  # likewise


def test_nothing_readable_at_all() -> None:
    with pytest.raises(InputError, match=r"records: no record could be read; the first one, records:1.*a, b"):
        list(articles_from_records([{"a": 1, "b": 2}]))
    assert list(articles_from_records([])) == []


def test_records_with_many_different_fields_take_no_more_memory() -> None:
    articles = articles_from_records({"title": "T", f"field {number}": 1} for number in range(3000))
    assert sum(1 for _ in articles) == 3000


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.dates(), st.datetimes()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["id", "title", "body", "description", "url", "source", "date", "lang", "tags", "x", "_id", ""])


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=6), max_size=5))
def test_any_record_is_an_article_or_told_as_bad(records: list[dict[str, Any]]) -> None:
    articles, report = read(*records)
    own = [article for article in articles if article.part_of is None]
    assert len(own) + report.bad_count == len(records)
    assert all(article.headline and article.id for article in articles)
