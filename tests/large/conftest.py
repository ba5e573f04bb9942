"""An index that is searched, and brought up to date, as a large one is: of few articles, for little counts as much."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.generated import write_generated
from clusterer import updating
from clusterer.article import Article
from clusterer.grouping import search_index
from clusterer.news_index import NewsIndex, open_index
from clusterer.reading import read_articles

RECORDS = 1500


@pytest.fixture(scope="package")
def dump(tmp_path_factory: pytest.TempPathFactory) -> list[Article]:
    """A generated dump, in an order of chance."""
    path = tmp_path_factory.mktemp("dump") / "dump.jsonl"
    write_generated(path, RECORDS)
    articles = list(read_articles([path]))
    random.Random(1).shuffle(articles)
    return articles


@pytest.fixture(scope="package")
def approximate() -> Iterator[None]:
    """Few articles are many enough to be searched approximately."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_index, "EXACT_UP_TO", 200)
        yield


@pytest.fixture(scope="package")
def base(dump: list[Article], approximate: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the first thousand."""
    del approximate
    path = tmp_path_factory.mktemp("base") / "news.index"
    with open_index(path, create=True) as index:
        index.add(dump[:1000])
        details = index.info()["search_index"]
    assert details["probes"]
    return path


@pytest.fixture
def never_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """To group all anew is a fault."""

    def refuse(*_: object) -> None:
        raise AssertionError("all were grouped anew")

    monkeypatch.setattr(updating, "regroup", refuse)


@pytest.fixture
def index(base: Path, tmp_path: Path) -> Iterator[NewsIndex]:
    """A copy of the index of a thousand, open for writing."""
    shutil.copytree(base, tmp_path / "copy")
    with open_index(tmp_path / "copy", write=True) as index:
        yield index
