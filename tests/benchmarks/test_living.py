"""The benchmark of an index that grows."""

from pathlib import Path

import pytest

from benchmarks.corpora import SAMPLE
from benchmarks.living import measure
from clusterer.grouping import search_index


def test_small_dumps_grown_are_those_made_at_once() -> None:
    grown = measure(SAMPLE, "story", 10, 3, None)
    assert (grown.articles, len(grown.batches), grown.to_at_once) == (240, 3, 1.0)
    assert grown.to_gold is not None
    assert grown.to_gold[0] == grown.to_gold[1] > 0.9


def test_large_ones_nearly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_index, "EXACT_UP_TO", 50)
    grown = measure(SAMPLE, "story", 5, 4, None)
    assert 0.9 < grown.to_at_once <= 1


def test_too_few_articles_are_told() -> None:
    with pytest.raises(SystemExit, match="too few for 3 batches of 100"):
        measure(Path(SAMPLE), "story", 100, 3, None)
