from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.article import Article
from clusterer.encoding.lexicon import Lexicon
from clusterer.grouping.duplicates import find_families
from clusterer.grouping.features import TYPICAL_DAYS_APART, Features
from clusterer.grouping.grid import on_grid
from clusterer.grouping.partition import Partition
from clusterer.stories.building import Standing, build_stories, thread_ids
from clusterer.story import Story
from tests.grouping.features_of_chance import chance_features

DAY = datetime(2026, 5, 1, tzinfo=UTC)
LEXICON = Lexicon()


def at_angles(*degrees: float) -> Features:
    """Families whose dense vectors have these angles, without words or dates."""
    chance = chance_features(0, len(degrees))
    radians = np.deg2rad(degrees)
    dense = on_grid(np.column_stack([np.cos(radians), np.sin(radians)]).astype(np.float32))
    count = len(degrees)
    return Features(dense, chance.lexical * 0, np.arange(count, dtype=np.int32), np.full(count, np.nan))


def built(
    articles: list[Article], labels: list[int], features: Features, threads: list[int] | None = None
) -> tuple[Story, ...]:
    """The stories of articles with the labels of those that are originals; a thread each unless they are given."""
    families = find_families(articles)
    stories = np.array(labels, dtype=np.intp)
    partition = Partition(stories, stories if threads is None else np.array(threads, dtype=np.intp), TYPICAL_DAYS_APART)
    originals = families.originals
    standing, threads = Standing.of(features, partition.stories), thread_ids(originals, partition.threads)
    return build_stories(families, originals, partition, standing, threads)


def report(id: str, headline: str, language: str = "en", **fields: object) -> Article:
    """An article whose body no other has."""
    return Article(id, headline, f"{headline} {id}", language, **fields)  # type: ignore[arg-type]  # of several fields


def test_without_families_there_are_no_stories() -> None:
    assert built([], [], at_angles()) == ()


def test_an_article_alone_is_a_story_of_one() -> None:
    (story,) = built([report("a", "Bridge opens", published=DAY, source="Valley Post")], [0], at_angles(10))
    assert (story.headline, story.size, story.languages, story.sources) == (
        "Bridge opens",
        1,
        {"en": 1},
        ("Valley Post",),
    )
    assert (story.first_published, story.last_published) == (DAY, DAY)
    assert (story.articles[0].family, story.articles[0].strength) == ("a", 1.0)


def test_the_headline_is_of_the_family_nearest_the_centre_in_the_commonest_language() -> None:
    articles = [
        report("a", "At the edge"),
        report("b", "In the middle", "de"),
        report("c", "Nearly in the middle"),
        report("d", "At the other edge"),
    ]
    (story,) = built(articles, [0, 0, 0, 0], at_angles(0, 50, 60, 100))
    assert story.headline == "Nearly in the middle"
    assert list(story.languages.items()) == [("en", 3), ("de", 1)]


def test_a_headline_of_its_own_is_preferred_to_a_derived_one() -> None:
    articles = [
        report("a", "At the edge"),
        report("b", "In the middle, the report begins", headline_derived=True),
        report("c", "Auf Deutsch", "de"),
    ]
    (story,) = built(articles, [0, 0, 0], at_angles(0, 40, 45))
    assert story.headline == "At the edge"
    (alone,) = built(articles[1:2], [0], at_angles(0))
    assert alone.headline == "In the middle, the report begins"


def test_copies_are_members_but_do_not_choose_the_headline() -> None:
    body = "Two years of repairs are over, and the first people cross the river on foot, on bicycles and in prams." * 3
    copies = [Article(f"c{number}", "Kopie", body, "de", published=DAY) for number in range(4)]
    articles = [*copies, report("a", "First report"), report("b", "Second report")]
    (story,) = built(articles, [0, 0, 0], at_angles(0, 20, 40))
    assert story.size == 6
    assert story.languages == {"de": 4, "en": 2}
    assert story.headline in ("First report", "Second report")
    of_copies = {member.strength for member in story.articles if member.article.id.startswith("c")}
    assert len(of_copies) == 1
    assert {member.family for member in story.articles} == {"c0", "a", "b"}


def test_articles_are_ordered_by_strength() -> None:
    articles = [report("a", "One"), report("b", "Two"), report("c", "Three")]
    (story,) = built(articles, [0, 0, 0], at_angles(0, 40, 45))
    assert [member.article.id for member in story.articles] == ["b", "c", "a"]
    strengths = [member.strength for member in story.articles]
    assert strengths == sorted(strengths, reverse=True)
    assert all(0 < strength < 1 for strength in strengths)


def test_stories_are_ordered_by_size_then_by_their_latest_article() -> None:
    articles = [report(f"a{number}", f"Report {number}", published=DAY + timedelta(days=number)) for number in range(5)]
    articles.append(report("undated", "Undated"))
    stories = built(articles, [0, 1, 1, 2, 3, 4], at_angles(0, 90, 90, 180, 270, 300))
    assert [{member.article.id for member in story.articles} for story in stories] == [
        {"a1", "a2"},
        {"a4"},
        {"a3"},
        {"a0"},
        {"undated"},
    ]


def test_sources_are_ordered_by_how_many_articles_they_have() -> None:
    sources = ["Beacon", "Courier", "Courier", None, "Argus"]
    articles = [report(f"a{number}", f"Report {number}", source=source) for number, source in enumerate(sources)]
    (story,) = built(articles, [0] * 5, at_angles(0, 1, 2, 3, 4))
    assert story.sources == ("Courier", "Argus", "Beacon")


def test_the_time_span_is_of_the_articles_that_have_a_date() -> None:
    dates = [None, DAY + timedelta(days=2), DAY, None]
    articles = [report(f"a{number}", f"Report {number}", published=date) for number, date in enumerate(dates)]
    (story,) = built(articles, [0] * 4, at_angles(0, 1, 2, 3))
    assert (story.first_published, story.last_published) == (DAY, DAY + timedelta(days=2))
    (undated,) = built(articles[:1], [0], at_angles(0))
    assert (undated.first_published, undated.last_published) == (None, None)


def test_the_id_stays_when_later_articles_join() -> None:
    articles = [report(f"a{number}", f"Report {number}", published=DAY + timedelta(days=number)) for number in range(4)]
    (before,) = built(articles[:2], [0, 0], at_angles(0, 10))
    (after,) = built(articles, [0, 0, 0, 0], at_angles(0, 10, 20, 30))
    assert before.id == after.id
    assert len(before.id) == 12


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.integers(1, 6), st.randoms(use_true_random=False))
def test_order_has_no_influence_and_no_article_is_lost(seed: int, count: int, most: int, chance: random.Random) -> None:
    features = chance_features(seed, count)
    numbers = np.random.default_rng(seed)
    labels = np.unique(numbers.integers(0, most, count), return_inverse=True)[1]
    articles = [
        report(f"a{row}", f"Report {row} of the day", ["en", "de", "ar"][features.language[row]], published=DAY)
        for row in range(count)
    ]
    order = list(range(count))
    chance.shuffle(order)
    stories = built(articles, labels.tolist(), features)
    shuffled = built(
        [articles[row] for row in order], (labels.max() - labels[order]).tolist(), features.take(np.array(order))
    )
    assert stories == shuffled
    assert sorted(member.article.id for story in stories for member in story.articles) == sorted(a.id for a in articles)
    assert len({story.id for story in stories}) == len(stories)
    for story in stories:
        for member in story.articles:
            assert 0 <= member.strength <= 1
            assert member.strength == round(member.strength, 4)
            assert story.size > 1 or member.strength == 1


@pytest.mark.parametrize("id", ["", "\ud800", "صفحة#3", "x" * 5000])
def test_any_id_gives_a_story_an_id(id: str) -> None:
    (story,) = built([report(id, "Bridge opens")], [0], at_angles(0))
    assert len(story.id) == 12
    assert story.id.isascii()


def test_each_copy_says_how_much_it_shares_with_its_original() -> None:
    body = " ".join(f"word{number}" for number in range(60))
    first = Article("a", "Bridge opens", body, "en", published=DAY)
    same = Article("b", "Bridge opens", body, "en", published=DAY + timedelta(days=1))
    cut = Article("c", "Bridge opens", body[:-60], "en", published=DAY + timedelta(days=2))
    (story,) = built([first, same, cut], [0], at_angles(10))
    assert {member.family for member in story.articles} == {"a"}
    overlap = {member.article.id: member.overlap for member in story.articles}
    assert (overlap["a"], overlap["b"]) == (1.0, 1.0)
    assert 0.7 < overlap["c"] < 1


def test_a_thread_bears_the_id_of_its_first_article() -> None:
    articles = [report(str(n), f"Bridge news number {n}", published=DAY + timedelta(days=n)) for n in range(4)]
    stories = built(articles, [0, 0, 1, 2], at_angles(0, 5, 40, 170), threads=[0, 0, 0, 1])
    thread_of = {story.articles[0].article.id: story.thread for story in stories}
    assert thread_of["2"] == next(story.thread for story in stories if story.size == 2)
    assert thread_of["3"] != thread_of["2"]
    again = built(articles[:2], [0, 0], at_angles(0, 5))
    assert again[0].thread == thread_of["2"]
