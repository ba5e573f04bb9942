"""Files, folders, globs and standard input, to articles."""

import io
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusterer.errors import ClustererError, InputError
from clusterer.reading import ReadingOptions, ReadingReport, read_articles
from clusterer.reading.options import FORMATS, InputFormat

ROOT = Path(__file__).parents[2]
SEED = ROOT.parent / "shared" / "seed"
LINE = '{"title": "%s"}\n'


def headlines(*inputs: str | Path, report: ReadingReport | None = None, **options: Any) -> list[str]:
    reading = read_articles(inputs, ReadingOptions(**options), report)
    return [article.headline for article in reading]


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    folder = tmp_path / "dump"
    (folder / "b" / "deep").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "z.jsonl").write_text(LINE % "Z")
    (folder / "a.csv").write_text("title\nA\n")
    (folder / "b" / "deep" / "c.txt").write_text("C without a stop")
    (folder / "b" / "page.HTML").write_text("<p>no</p>")
    (folder / "README").write_text("no")
    (folder / ".hidden.jsonl").write_text(LINE % "no")
    (folder / ".git" / "x.jsonl").write_text(LINE % "no")
    return folder


def test_folders_are_read_in_order_and_tell_what_they_skip(dump: Path) -> None:
    report = ReadingReport()
    assert headlines(dump, report=report) == ["A", "C without a stop", "Z"]
    assert [skipped.path for skipped in report.skipped_files] == [str(dump / "README"), str(dump / "b" / "page.HTML")]
    assert ".HTML files are not read; .jsonl, .ndjson" in report.skipped_files[1].reason
    assert report.files == 3


def test_globs(dump: Path) -> None:
    report = ReadingReport()
    assert headlines(f"{dump}/**/*.txt", f"{dump}/[az].*", report=report) == ["C without a stop", "A", "Z"]
    assert headlines(f"{dump}/b*") == ["C without a stop"]
    with pytest.raises(InputError, match="no file matches"):
        headlines(f"{dump}/*.nothing")


def test_a_file_whose_name_looks_like_a_glob(tmp_path: Path) -> None:
    (tmp_path / "news[1].jsonl").write_text(LINE % "One")
    assert headlines(tmp_path / "news[1].jsonl") == ["One"]


def test_inputs_keep_their_order(dump: Path) -> None:
    assert headlines(dump / "z.jsonl", dump / "a.csv", str(dump / "z.jsonl")) == ["Z", "A", "Z"]


def test_a_path_that_is_not_there_is_told_before_anything_is_read(dump: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.jsonl: there is no such file"):
        read_articles([dump / "z.jsonl", dump / "missing.jsonl"])
    with pytest.raises(InputError, match=r"\.HTML files are not read.*--input-format.*\.jsonl"):
        read_articles([dump / "b" / "page.HTML"])


def test_a_folder_with_nothing_to_read(tmp_path: Path) -> None:
    assert headlines(tmp_path) == []
    (tmp_path / "page.warc").write_bytes(b"x")
    with pytest.raises(InputError, match=r"holds no file that is read; .*page\.warc"):
        headlines(tmp_path)


def test_a_dump_where_nothing_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("broken\n" * 3)
    with pytest.raises(InputError, match=r"no record could be read; the first one, .*a\.jsonl:1, is broken JSON"):
        headlines(tmp_path / "a.jsonl")
    (tmp_path / "b.jsonl").write_text(LINE % "B")
    assert headlines(tmp_path) == ["B"]


def test_a_file_that_cannot_be_opened_costs_that_file(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").symlink_to(tmp_path / "gone.jsonl")
    (tmp_path / "b.jsonl").write_text(LINE % "B")
    report = ReadingReport()
    assert headlines(tmp_path, report=report) == ["B"]
    assert [bad.reason for bad in report.bad] == ["cannot be opened: No such file or directory"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_empty_file_is_an_empty_input(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"empty{suffix}").write_bytes(b"")
    assert headlines(tmp_path / f"empty{suffix}") == []


def test_the_input_format_wins_over_the_suffix(tmp_path: Path) -> None:
    (tmp_path / "dump.dat").write_text(LINE % "Ferry leaves")
    (tmp_path / "dump.txt").write_text(LINE % "Ferry leaves")
    for name in ("dump.dat", "dump.txt"):
        assert headlines(tmp_path / name, input_format="jsonl") == ["Ferry leaves"]


@pytest.mark.parametrize(
    "content",
    [
        '{"title": "Ferry leaves"}\n{"title": "Ice melts"}\n',
        '[{"title": "Ferry leaves"}, {"title": "Ice melts"}]',
        "title,body\nFerry leaves,x\nIce melts,y\n",
        "id\ttitle\n1\tFerry leaves\n2\tIce melts\n",
    ],
)
def test_standard_input_shows_its_format(monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content.encode())))
    articles = list(read_articles(["-"]))
    assert [article.headline for article in articles] == ["Ferry leaves", "Ice melts"]
    assert articles[0].location in ("stdin:1", "stdin:2")


def test_a_page_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    page = "The ferry left at dawn, said the harbour master.\n\nRead also:\n• Ice melts\n"
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(page.encode())))
    assert headlines("-") == ["The ferry left at dawn, said the harbour master.", "Ice melts"]


def test_a_real_pipe_is_not_closed_early() -> None:
    program = (
        "from clusterer.reading import read_articles\nfor a in read_articles(['-']): print(a.headline, a.location)"
    )
    lines = "".join(LINE % f"Ferry {number}" for number in range(5000))
    done = subprocess.run(
        [sys.executable, "-c", program], input=lines, capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.splitlines()[-1] == "Ferry 4999 stdin:5000"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_named_pipes(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(LINE % "Ferry leaves",))
    writer.start()
    assert headlines(pipe) == ["Ferry leaves"]
    writer.join()


def test_text_pages(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text("Harbour reopens\n\nThe ferry left at dawn, said the harbour master.\n\nSource: Norvik Times\n")
    (article,) = read_articles([page])
    assert (article.headline, article.headline_derived) == ("Harbour reopens", False)
    assert (article.body, article.source) == ("The ferry left at dawn, said the harbour master.", "Norvik Times")
    assert article.location == f"{page}:1"
    other = tmp_path / "other-name.txt"
    other.write_bytes(page.read_bytes())
    assert next(read_articles([other])).id == article.id


@pytest.mark.parametrize(("content", "reason"), [(b"caf\xe9", "is not UTF-8"), (b"a\0b", "NUL"), (b" \n", "neither")])
def test_bad_text_pages(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "page.txt").write_bytes(content)
    with pytest.raises(InputError, match=reason):
        headlines(tmp_path / "page.txt")


def test_the_real_page_gives_twelve_records() -> None:
    if not SEED.is_dir():
        pytest.skip("../shared/seed is not here")
    report = ReadingReport()
    main, embedded, *teasers = read_articles([SEED], report=report)
    assert (main.role, main.headline_derived, main.source) == ("article", True, "سكاي نيوز عربية")
    assert (embedded.role, embedded.headline) == ("embedded", "الكرملين: بوتين وترامب يجريان محادثة هاتفية حاليا")
    assert len(teasers) == 10
    assert {teaser.role for teaser in teasers} == {"teaser"}
    assert {part.part_of for part in (embedded, *teasers)} == {main.id}
    assert [part.id for part in (embedded, *teasers)] == [f"{main.id}#{number}" for number in range(1, 12)]
    assert {part.language for part in (main, embedded, *teasers)} == {"und"}
    assert (report.records, report.articles, report.derived, report.bad_count) == (1, 12, 11, 0)


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=20),
        st.sampled_from(
            [
                b'{"title": "Ferry"}',
                b"\n",
                b"[",
                b"]",
                b"{",
                b"}",
                b",",
                b'"',
                b"title,body",
                b"\\",
                b":",
                b"\0",
                b"\xff\xfe",
            ]
        ),
        st.sampled_from(
            [b"\x1f\x8b\x08\x00", b"PAR1", b"\xef\xbb\xbf", b"Read also:\n", b"<p>", b"&amp;", b'"articles": [']
        ),
    ),
    max_size=25,
).map(b"".join)


@given(PIECES, st.sampled_from(sorted(set(FORMATS.values()))))
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_in_any_format_raise_nothing_but_our_errors(
    monkeypatch: pytest.MonkeyPatch, content: bytes, input_format: InputFormat
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    report = ReadingReport()
    try:
        articles = list(read_articles(["-"], ReadingOptions(input_format=input_format), report))
    except ClustererError:
        assert report.bad_count
    else:
        assert all(article.headline and article.id and article.location for article in articles)
        assert report.articles == len(articles)


GOOD_OR_BAD = st.lists(
    st.sampled_from([b"", b"{", b'{"title": 1', b"\xff", b'{"title": "\\ud800"}', b"[]", b"7"]) | st.integers()
)


@given(GOOD_OR_BAD)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bad_line_costs_a_good_one(monkeypatch: pytest.MonkeyPatch, parts: list[bytes | int]) -> None:
    content = b"\n".join(part if isinstance(part, bytes) else b'{"title": "%d ferries"}' % part for part in [*parts, 0])
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert headlines("-", input_format="jsonl") == [f"{part} ferries" for part in [*parts, 0] if isinstance(part, int)]
