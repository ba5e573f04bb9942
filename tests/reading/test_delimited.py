"""CSV and TSV."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.article import Article
from clusterer.reading import ReadingReport, read_articles
from clusterer.reading import options as limits


def read(folder: Path, content: str | bytes, name: str = "news.csv") -> tuple[list[Article], list[tuple[str, str]]]:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    report = ReadingReport()
    articles = list(read_articles([file], report=report))
    return articles, [(bad.location.removeprefix(f"{folder}/"), bad.reason) for bad in report.bad]


def headlines(articles: list[Article]) -> list[str]:
    return [article.headline for article in articles]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    rows = [["id", "title", "note, old"], ["1", "Ferry; leaves|now", "It left, at dawn."]]
    output = io.StringIO()
    csv.writer(output, delimiter=delimiter).writerows(rows)
    (article,), bad = read(tmp_path, "\ufeff" + output.getvalue())
    assert (article.id, article.headline, bad) == ("1", "Ferry; leaves|now", [])
    assert article.extra == {"note, old": "It left, at dawn."}


def test_quoted_newlines_and_the_line_of_each_record(tmp_path: Path) -> None:
    articles, bad = read(tmp_path, 'title,body\nA,"One.\n\nTwo, ""three""."\n\nB,Four.\n')
    assert [(a.headline, a.body, a.location.rpartition(":")[2]) for a in articles] == [
        ("A", 'One.\n\nTwo, "three".', "2"),
        ("B", "Four.", "6"),
    ]
    assert bad == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a\0b,x", "holds a NUL byte"),
        ("A,b,c", "has 3 fields where the header has 2"),
        (",", None),
        ('"never closed,x', None),
        ('A,"never closed', None),
        ('"A" and "B",C,D', "is a broken row: ',' expected after '\"'"),
    ],
)
def test_a_bad_row_costs_itself_alone(tmp_path: Path, line: str, reason: str | None) -> None:
    articles, bad = read(tmp_path, f"title,body\nFirst,x\n{line}\nSecond,y\nThird,z\n")
    assert [name for name in headlines(articles) if name in ("First", "Second", "Third")] == [
        "First",
        "Second",
        "Third",
    ]
    assert len(articles) + len(bad) >= 3
    if reason:
        assert bad == [("news.csv:3", reason)]


def test_an_unclosed_quote_does_not_swallow_the_rows_after_it(tmp_path: Path) -> None:
    articles, bad = read(tmp_path, 'title,body\nFirst,x\nA,"oops,x,y\nSecond,y\nThird,"z, z"\nFourth,z\n')
    assert headlines(articles) == ["First", "Second", "Third", "Fourth"]
    assert [location for location, _ in bad] == ["news.csv:3"]


def test_quotes_that_are_mere_signs(tmp_path: Path) -> None:
    articles, bad = read(tmp_path, 'title\tbody\n"Ice" is gone\tx\nSay "no"\ty\n', "news.tsv")
    assert (headlines(articles), bad) == (['"Ice" is gone', 'Say "no"'], [])


def test_wrong_encoding_costs_the_row(tmp_path: Path) -> None:
    articles, bad = read(tmp_path, b"title,body\nA,x\nCaf\xe9,y\nB,z\n")
    assert (headlines(articles), bad) == (["A", "B"], [("news.csv:3", "is not UTF-8")])


def test_utf16(tmp_path: Path) -> None:
    articles, bad = read(tmp_path, "title,body\nЛёд сошёл,x\n😀,y\n".encode("utf-16"))
    assert (headlines(articles), bad) == (["Лёд сошёл", "😀"], [])


def test_huge_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    articles, bad = read(tmp_path, f"title,body\nA,{'x' * 500_000}\nB,y\n")
    assert ([len(a.body) for a in articles], bad) == ([500_000, 1], [])
    monkeypatch.setattr(limits, "MAX_RECORD_BYTES", 100_000)
    many_lines = '"' + "x\n" * 60_000 + '"'
    content = f'title,body\nA,{"x" * 500_000}\nB,y\nC,"{"x" * 500_000}"\nD,{many_lines}\nE,z\n'
    articles, bad = read(tmp_path, content)
    assert headlines(articles) == ["B", "E"]
    assert [location for location, _ in bad] == ["news.csv:2", "news.csv:4", "news.csv:5"]


def test_headers(tmp_path: Path) -> None:
    (article,), _ = read(tmp_path, "sep=;\n\nTitle;;tag x;tag x;Body\nA;1;2;3;b\n")
    assert article.extra == {"column 2": "1", "tag x": "2", "tag x 4": "3"}
    assert read(tmp_path, "title,body\n") == ([], [])
    assert headlines(read(tmp_path, "title\nOnly one column\n")[0]) == ["Only one column"]


def test_short_rows_and_trailing_delimiters(tmp_path: Path) -> None:
    articles, bad = read(tmp_path, "title,body,url\nA\nB,y,u,,\n")
    assert (headlines(articles), bad) == (["A", "B"], [])


@given(
    st.lists(
        st.tuples(
            st.text("abc xyz", min_size=1).filter(str.strip),
            st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"])),
        ),
        min_size=1,
    )
)
@settings(deadline=None)
def test_what_the_csv_module_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerows([("title", "note"), *rows])
    articles, bad = read(tmp_path_factory.mktemp("csv"), output.getvalue())
    assert bad == []
    assert [(a.headline, a.extra["note"]) for a in articles] == [
        (" ".join(title.split()), note) for title, note in rows
    ]
