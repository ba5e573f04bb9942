"""Our duplicate families, in a process of its own: `python -m benchmarks.size_duplicates_ours DUMP LABELS.json`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from clusterer.article import Article
from clusterer.grouping.duplicates import find_families
from clusterer.reading import read_articles


def main() -> None:
    """Find the families of a dump; write the original of each article, the earliest first, and the seconds."""
    dump, labels = map(Path, sys.argv[1:])
    articles = earliest_first(dump)
    started = time.perf_counter()
    original_of = find_families(articles).original_of
    seconds = time.perf_counter() - started
    told = {"labels": [original_of[article.id] for article in articles], "seconds": seconds}
    labels.write_text(json.dumps(told), encoding="utf-8")


def earliest_first(dump: Path) -> list[Article]:
    """The articles of a dump by their days, then by their ids."""

    def day(article: Article) -> tuple[float, str]:
        return (article.published.timestamp() if article.published else 0.0, article.id)

    return sorted(read_articles([dump]), key=day)


if __name__ == "__main__":
    main()
