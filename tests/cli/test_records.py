"""The keys of what is printed are a contract; text comes out as it went in."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterer.article import Article
from clusterer.cli.formats import write_records
from clusterer.cli.records import ASSIGNMENTS, SIMILAR, SIMILAR_TO_QUERIES, STORIES, UNIQUE_ARTICLES
from clusterer.cli.text import json_text, printable
from clusterer.story import Assignment, SimilarArticle, Story, StoryArticle

MOMENT = datetime(2025, 3, 31, 20, 30, tzinfo=timezone(timedelta(hours=2)))


def make_story(*headlines: str) -> Story:
    articles = [
        Article(id=f"a{number}", headline=headline, language="ar", source="Example Press", published=MOMENT)
        for number, headline in enumerate(headlines)
    ]
    return Story(
        id="s1",
        headline=headlines[0],
        languages={"ar": len(articles)},
        sources=("Example Press",),
        first_published=MOMENT,
        last_published=None,
        keywords={"ar": ("قمة", "غزة")},
        articles=tuple(StoryArticle(article, articles[0].id, 0.5) for article in articles),
    )


def written(path: Path, records, kind) -> str:
    write_records(records, kind, path)
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def test_a_story_in_json_has_the_keys_of_the_contract_in_their_order(tmp_path):
    record = json.loads(written(tmp_path / "s.jsonl", [make_story("قمة")], STORIES))
    keys = ["id", "headline", "size", "languages", "sources", "first_published", "last_published", "keywords"]
    assert list(record) == [*keys, "thread", "articles"]
    article_keys = ["id", "headline", "language", "url", "source", "published", "family", "overlap", "role", "strength"]
    assert list(record["articles"][0]) == article_keys
    assert record["first_published"] == "2025-03-31T18:30:00Z"
    assert record["last_published"] is None
    assert record["keywords"] == {"ar": ["قمة", "غزة"]}


def test_a_row_of_a_search_has_the_keys_of_the_contract_in_their_order(tmp_path):
    article = Article(id="a", headline="h", published=MOMENT)
    row = SimilarArticle(rank=1, score=0.75, article=article, story="s", family="a", query="q")
    keys = ["rank", "score", "id", "headline", "story", "family", "language", "source", "url", "published"]
    assert list(json.loads(written(tmp_path / "r.jsonl", [row], SIMILAR))) == keys
    assert list(json.loads(written(tmp_path / "q.jsonl", [row], SIMILAR_TO_QUERIES))) == [*keys, "query"]


def test_an_assignment_has_the_keys_of_the_contract_in_their_order(tmp_path):
    text = written(tmp_path / "a.csv", [Assignment("a", "s", "f", 1.0, "t")], ASSIGNMENTS)
    assert text.splitlines() == ["id,story,family,thread,strength", "a,s,f,t,1.0"]


def test_json_is_in_the_script_of_the_text_on_one_line_and_obeyed_by_no_terminal():
    text = json_text({"headline": "قمة\u2028\x1b[31m\x9b2J\nend", "missing": float("nan"), "at": MOMENT})
    assert "قمة" in text
    assert not set(text) & {"\n", "\x1b", "\x9b", "\u2028"}
    assert json.loads(text) == {
        "headline": "قمة\u2028\x1b[31m\x9b2J\nend",
        "missing": None,
        "at": "2025-03-31T18:30:00Z",
    }


@given(st.text())
def test_json_keeps_every_text(text):
    assert json.loads(json_text([text])) == [text]


@given(st.text())
def test_what_a_terminal_gets_is_one_line_without_control_characters(text):
    shown = printable(text)
    assert len(shown.splitlines()) <= 1
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4))
def test_csv_keeps_every_text_and_repeats_the_story_for_each_article(tmp_path_factory, headlines):
    path = tmp_path_factory.mktemp("csv") / "s.csv"
    rows = list(csv.DictReader(io.StringIO(written(path, [make_story(*headlines)], STORIES), newline="")))
    assert [row["headline"] for row in rows] == headlines
    assert {row["story_headline"] for row in rows} == {headlines[0]}
    assert {row["languages"] for row in rows} == {json.dumps({"ar": len(headlines)})}


def test_parquet_is_nested_and_holds_dates(tmp_path):
    write_records([make_story("قمة", "أخرى")], STORIES, tmp_path / "s.parquet")
    [story] = pyarrow.parquet.read_table(tmp_path / "s.parquet").to_pylist()
    assert story["first_published"] == MOMENT
    assert dict(story["languages"]) == {"ar": 2}
    assert [article["headline"] for article in story["articles"]] == ["قمة", "أخرى"]


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".parquet"])
def test_nothing_is_a_file_too(tmp_path, suffix):
    path = tmp_path / f"s{suffix}"
    write_records([], STORIES, path)
    if suffix == ".json":
        assert json.loads(path.read_text()) == []
    elif suffix == ".parquet":
        assert pyarrow.parquet.read_table(path).num_rows == 0
    else:
        assert len(path.read_text().splitlines()) == (suffix == ".csv")


def test_unique_articles_keep_all_fields_and_the_copies_they_came_with(tmp_path):
    extra = {"section": "world", "duplicates": ["old"], "nested": {"a": [1]}}
    article = Article(id="a", headline="h", body="b", language="en", published=MOMENT, extra=extra)
    record = json.loads(written(tmp_path / "u.jsonl", [(article, {"b": 1.0, "old": 0.9})], UNIQUE_ARTICLES))
    assert record["duplicates"] == ["old", "b"]
    assert (record["section"], record["nested"], record["body"]) == ("world", {"a": [1]}, "b")


def test_parquet_takes_fields_without_a_common_type(tmp_path):
    values = [1, "one", None, {"a": {}}, {}, [[]], float("nan"), MOMENT.astimezone(UTC)]
    articles = [Article(id=str(n), headline="h", extra={"odd": value, "empty": {}}) for n, value in enumerate(values)]
    write_records([(article, {}) for article in articles], UNIQUE_ARTICLES, tmp_path / "u.parquet")
    rows = pyarrow.parquet.read_table(tmp_path / "u.parquet").to_pylist()
    assert [row["odd"] for row in rows[:4]] == ["1", '"one"', None, '{"a": {}}']
    assert {row["empty"] for row in rows} == {"{}"}


def test_a_file_is_whole_or_as_it_was(tmp_path):
    path = tmp_path / "s.jsonl"
    path.write_text("before\n")

    def failing():
        yield make_story("one")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_records(failing(), STORIES, path)
    assert path.read_text() == "before\n"
    assert [file.name for file in tmp_path.iterdir()] == ["s.jsonl"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.jsonl").write_text("")
    (tmp_path / "link.jsonl").symlink_to("real.jsonl")
    write_records([make_story("one")], STORIES, tmp_path / "link.jsonl")
    assert (tmp_path / "link.jsonl").is_symlink()
    assert json.loads((tmp_path / "real.jsonl").read_text())["id"] == "s1"
