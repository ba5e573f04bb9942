"""Stories that are told over weeks: a dump tells how far its articles are apart, and an index remembers it."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from clusterer.article import Article
from clusterer.checkpoint import Checkpoint
from clusterer.encoding.bundled import BundledEncoder
from clusterer.evaluation.clusters import bcubed
from clusterer.evaluation.gold import gold_stories
from clusterer.grouping import days_apart
from clusterer.grouping.evidence import day_penalty
from clusterer.grouping.features import TYPICAL_DAYS_APART
from clusterer.news_index import NewsIndex, open_index
from clusterer.pipeline import Clustering, cluster, stored_days_apart
from clusterer.reading import read_articles

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample-news.jsonl"
ENCODER = BundledEncoder()
ARTICLES = tuple(read_articles([SAMPLE]))
GOLD = gold_stories(ARTICLES, "story")
FIRST = datetime(2025, 1, 1, tzinfo=UTC)


def told_over(days: float | None) -> list[Article]:
    """The sample, each story of which begins on some day and goes on for so many; None takes the dates away."""
    chance = random.Random(7)
    begins = {story: chance.uniform(0, 60) for story in sorted({story for story in GOLD if story})}
    return [
        replace(
            article,
            published=None if days is None else FIRST + timedelta(days=begins[story or ""] + chance.uniform(0, days)),
        )
        for article, story in zip(ARTICLES, GOLD, strict=True)
    ]


def score(found: Clustering) -> float:
    story = {assignment.id: assignment.story for assignment in found.assignments}
    return bcubed([str(gold) for gold in GOLD], [story[article.id] for article in ARTICLES]).f1


@pytest.mark.parametrize("days", [2, 20, 40])
def test_dates_of_long_stories_do_no_harm(days: float, monkeypatch: pytest.MonkeyPatch) -> None:
    without = score(cluster(told_over(None), encoder=ENCODER))
    assert score(cluster(told_over(days), encoder=ENCODER)) >= without - 0.005
    if days >= 20:  # as they did where one length was taken to be that of all stories
        monkeypatch.setattr(days_apart, "SURE_EVIDENCE", 9.0)
        assert score(cluster(told_over(days), encoder=ENCODER)) < without - 0.03


def test_a_run_that_goes_on_from_a_checkpoint_gives_the_same(tmp_path: Path) -> None:
    articles = told_over(40)
    whole = cluster(articles, encoder=ENCODER)
    for _ in range(2):
        assert cluster(articles, encoder=ENCODER, checkpoint=Checkpoint(tmp_path / "run", "long")) == whole
    (tmp_path / "run" / "group-0.npz").unlink()
    assert cluster(articles, encoder=ENCODER, checkpoint=Checkpoint(tmp_path / "run", "long")) == whole


@pytest.fixture
def index(tmp_path: Path) -> Iterator[NewsIndex]:
    with open_index(tmp_path / "news", encoder=ENCODER, create=True) as opened:
        opened.add(told_over(40))
        yield opened


def test_an_index_remembers_how_long_its_stories_run(index: NewsIndex, tmp_path: Path) -> None:
    known = stored_days_apart(index._directory)
    assert known > 2 * TYPICAL_DAYS_APART
    index.close()
    with open_index(tmp_path / "news") as again:
        assert stored_days_apart(again._directory) == known
    with open_index(tmp_path / "empty", encoder=ENCODER, create=True) as empty:
        assert stored_days_apart(empty._directory) == TYPICAL_DAYS_APART


def test_an_explanation_and_a_search_go_by_it(index: NewsIndex) -> None:
    known = stored_days_apart(index._directory)
    story = next(story for story in index.stories(limit=5) if len({m.family for m in story.articles}) > 2)
    first, second = [member.article for member in story.articles if member.family == member.article.id][:2]
    assert first.published is not None
    assert second.published is not None
    days = abs(first.published - second.published) / timedelta(days=1)
    explained = index.explain(first.id, second.id)
    time = next(term for term in explained.terms if term.name == "time")
    assert time.value == pytest.approx(day_penalty(np.zeros(1), np.array([days]), known)[0], abs=1e-4)
    assert time.words == (f"{days:.1f} days apart", "where stories run longer than is usual")
    found = {similar.article.id: similar.score for similar in index.similar(id=first.id, top=200)}
    assert found[second.id] == pytest.approx(explained.probability, abs=2e-3)
