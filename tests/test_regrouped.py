"""Which large stories stay together when something comes to them, and what they keep."""

import numpy as np
import pytest

from clusterer.article import Article
from clusterer.grouping.partition import UNSETTLED
from clusterer.regrouped import FEWEST_OF_LARGE, GROWTH, Settled, _kept_strengths, settled_families
from clusterer.story import Story, StoryArticle

MANY = 1_000_000


def story_of(name: str, count: int) -> Story:
    """A story of so many families, the first of which has a copy."""
    articles = [Article(f"{name}{number}", f"Headline {number}") for number in range(count)]
    members = [StoryArticle(article, article.id, number / count) for number, article in enumerate(articles)]
    copy = StoryArticle(Article(f"{name} copy", "Headline 0"), articles[0].id, 0.0)
    return Story(name, "Headline", {}, (), None, None, {}, (*members, copy))


def originals_of(*stories: Story) -> list[Article]:
    return [member.article for story in stories for member in story.articles if member.family == member.article.id]


def test_large_stories_are_settled_and_small_ones_are_not() -> None:
    large, small, other = (
        story_of(name, count) for name, count in (("a", FEWEST_OF_LARGE), ("b", FEWEST_OF_LARGE - 1), ("c", 100))
    )
    new = Article("new", "A headline")
    settled = settled_families([large, small, other], [*originals_of(small, large, other), new], {}, MANY)
    own = [FEWEST_OF_LARGE - 1, FEWEST_OF_LARGE, 100, 1]
    groups = np.split(settled.stories, np.cumsum(own)[:-1])
    assert [len(set(group.tolist())) for group in groups] == [1, 1, 1, 1]
    assert groups[0][0] == groups[3][0] == UNSETTLED
    assert UNSETTLED != groups[1][0] != groups[2][0] != UNSETTLED
    assert np.array_equal(np.isnan(settled.strength), settled.stories == UNSETTLED)
    assert settled.strength[-2] == 0.99


def test_a_story_is_grouped_anew_with_every_tenth_that_it_grows_by() -> None:
    count, anew = 100, []
    while count < 1000:
        story = story_of("a", count)
        if settled_families([story], originals_of(story), {"a": 1}, MANY).stories[0] == UNSETTLED:
            anew.append(count)
        count += 1
    assert len(anew) == pytest.approx(np.log(10) / np.log(GROWTH), abs=1)
    assert np.diff(np.log(anew)).max() < 2 * np.log(GROWTH)
    much = settled_families([story], originals_of(story), {"a": 200}, MANY)
    assert (much.stories == UNSETTLED).all()


def test_a_story_that_is_much_of_all_is_grouped_anew() -> None:
    story = story_of("a", 100)
    for of_all, expected in ((9_999, UNSETTLED), (10_000, 0)):
        assert set(settled_families([story], originals_of(story), {}, of_all).stories.tolist()) == {expected}


def test_strengths_are_kept_where_a_story_is_nearly_the_same() -> None:
    group = np.array([0] * 95 + [UNSETTLED] * 5 + [3] * 10 + [UNSETTLED] * 10)
    settled = Settled(group, np.where(group == UNSETTLED, np.nan, 0.5))
    rows = np.arange(len(group))[::-1]
    stories = np.repeat([0, 1], [20, 100])
    kept = _kept_strengths(settled, rows, stories)
    assert np.array_equal(rows[~np.isnan(kept)], np.arange(95)[::-1])
    assert set(kept[~np.isnan(kept)].tolist()) == {0.5}
