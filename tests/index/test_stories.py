"""Stories and families in the index."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.article import Article
from clusterer.index import IndexDirectory
from clusterer.settings import Settings
from clusterer.story import Assignment

DAY = timedelta(days=1)
START = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture
def stories(index, samples):
    """Stories of four, two and one articles, in which a1 is a copy of a0, stored."""
    articles = samples.articles(7)
    samples.store(index, articles)
    stories = [
        samples.story("large", articles[:4], ["a0", "a0", "a2", "a3"]),
        samples.story("pair", articles[4:6]),
        samples.story("lone", articles[6:]),
    ]
    index.replace_stories(stories, settings=Settings(threshold=0.7))
    return stories


def test_stories_come_back_whole(index, stories, folder):
    assert index.settings == Settings(threshold=0.7)
    with IndexDirectory.open(folder) as read:
        assert read.stories() == stories
        assert read.story("pair") == stories[1]
        assert read.story_of("a6") == stories[2]
        assert read.story_of("unknown") is None
        assert read.check() == []


def test_assignments_and_families(index, stories):
    expected = {
        Assignment(member.article.id, story.id, member.family, member.strength)
        for story in stories
        for member in story.articles
    }
    assert set(index.assignments()) == expected
    assert [assignment.id for assignment in index.assignments()] == [article.id for article in index.articles()]
    assert [assignment.story for assignment in index.assignments(["a5", "unknown"])] == ["pair"]
    members = index.family_members(["a0", "a5", "unknown"])
    assert {family: {member.article.id for member in group} for family, group in members.items()} == {
        "a0": {"a0", "a1"},
        "a5": {"a5"},
    }


def test_stories_are_ordered_by_size_then_date_then_id(index, samples):
    articles = [*samples.articles(6), Article("undated", "No date"), Article("undated too", "No date either")]
    samples.store(index, articles)
    index.replace_stories(
        [
            samples.story("z", articles[:1]),
            samples.story("y", articles[6:7]),
            samples.story("x", articles[7:]),
            samples.story("w", articles[1:2]),
            samples.story("v", articles[2:4]),
            samples.story("u", articles[4:6]),
        ]
    )
    assert [story.id for story in index.stories()] == ["u", "v", "w", "z", "x", "y"]
    assert [story.id for story in index.stories(limit=2)] == ["u", "v"]
    assert index.stories(limit=0) == []
    assert [story.id for story in index.stories(min_size=2)] == ["u", "v"]


@pytest.fixture(scope="module")
def filtered(tmp_path_factory, samples):
    """An index with three dated stories and an undated one."""
    articles = [*samples.articles(7), Article("undated", "No date here", language="ru")]
    stories = [
        samples.story("large", articles[:4], ["a0", "a0", "a2", "a3"]),
        samples.story("pair", articles[4:6]),
        samples.story("lone", articles[6:7]),
        samples.story("undated", articles[7:]),
    ]
    with IndexDirectory.create(tmp_path_factory.mktemp("index"), samples.model, samples.settings) as index:
        samples.store(index, articles)
        index.replace_stories(stories)
        yield index, stories


@settings(max_examples=30, deadline=None)
@given(
    language=st.sampled_from([None, "en", "ru", "ar"]),
    since=st.none() | st.integers(-1, 8),
    until=st.none() | st.integers(-1, 8),
    min_size=st.integers(1, 4),
)
def test_filters_are_those_of_a_plain_loop(filtered, language, since, until, min_size):
    index, stories = filtered
    first = None if since is None else START + since * DAY
    last = None if until is None else START + until * DAY

    def passes(article):
        if language is not None and article.language != language:
            return False
        if (first or last) and article.published is None:
            return False
        return (first is None or article.published >= first) and (last is None or article.published <= last)

    found = index.stories(language=language, since=first, until=last, min_size=min_size)
    assert {story.id for story in found} == {
        story.id
        for story in stories
        if story.size >= min_size and any(passes(member.article) for member in story.articles)
    }
    assert index.matching_families(language=language, since=first, until=last) == {
        member.family for story in stories for member in story.articles if passes(member.article)
    }


@pytest.mark.usefixtures("stories")
def test_an_update_keeps_its_story_true(index, samples):
    changed = replace(samples.articles(1)[0], headline="Corrected", language="ar", published=START - DAY, source="New")
    samples.store(index, [changed])
    story = index.story("large")
    # The story was named after the article that changed: the strongest member's headline takes over.
    assert story.headline == "Corrected"
    assert story.languages == {"en": 2, "ar": 1, "ru": 1}
    assert story.sources == ("Herald", "New")
    assert (story.first_published, story.last_published) == (START - DAY, START + 3 * DAY)
    assert index.check() == []


def test_new_articles_wait_for_the_next_grouping(index, stories, samples):
    samples.store(index, samples.articles(2, first=7))
    assert index.stories() == stories
    assert index.story_of("a7") is None
    assert index.info()["ungrouped"] == 2
    assert index.check() == []


def test_removal_shrinks_stories_and_families(index, stories):
    index.remove(["a0", "a2", "a6"])
    story = index.story("large")
    assert [(member.article.id, member.family) for member in story.articles] == [("a1", "a1"), ("a3", "a3")]
    assert story.headline == stories[0].articles[1].article.headline
    assert story.languages == {"en": 2}
    assert (story.first_published, story.last_published) == (START + DAY, START + 3 * DAY)
    assert index.story("lone") is None
    assert index.story("pair") == stories[1]
    assert index.check() == []


@pytest.mark.usefixtures("stories")
def test_families_keep_their_original_where_a_copy_goes(index):
    index.remove(["a1"])
    assert {assignment.family for assignment in index.assignments()} == {"a0", "a2", "a3", "a4", "a5", "a6"}
    assert index.check() == []


@pytest.mark.usefixtures("stories")
def test_regrouping_replaces_all(index, samples):
    articles = samples.articles(7)
    regrouped = [samples.story("pair", articles[:5]), samples.story("new", articles[5:], ["a5", "a5"])]
    index.replace_stories(regrouped)
    assert index.stories() == regrouped
    assert index.check() == []


@pytest.mark.parametrize("told", [False, True])
def test_of_stories_that_are_known_only_what_changes_is_written(index, stories, samples, told):
    before = [index.story(story.id) for story in stories]
    new = samples.articles(8)[7:]
    samples.store(index, new)
    grown = replace(before[0], articles=(*before[0].articles, *samples.story("x", new).articles))
    moved = samples.story("lone", [member.article for story in before[1:] for member in story.articles])
    written = [grown, moved]
    index.replace_stories(written, replaced=[story.id for story in before], stored=before if told else ())
    found = {member.article.id: (story.id, member) for story in index.stories(min_size=1) for member in story.articles}
    assert found == {member.article.id: (story.id, member) for story in written for member in story.articles}
    assert index.check() == []
    assert [change.story for change in index.changes(after=index.generation - 1)] == ["large", "lone", "pair"]


@pytest.mark.parametrize(
    ("members", "families", "reason"),
    [
        ([0, 1], None, "in no story"),
        ([0, 1, 2, 3], None, "not in the index"),
        ([0, 1, 2, 2], None, "twice"),
        ([0, 1, 2], ["a0", "a2", "a0"], "in the family"),
        ([0, 1, 2], ["a0", "a1", "a9"], "in the family"),
    ],
)
def test_incomplete_stories_are_refused(index, samples, members, families, reason):
    articles = samples.articles(4)
    samples.store(index, articles[:3])
    sound = [samples.story("s", articles[:3])]
    index.replace_stories(sound)
    with pytest.raises(ValueError, match=reason):
        index.replace_stories([samples.story("t", [articles[member] for member in members], families)])
    assert index.stories() == sound


def test_filters_need_a_time_zone(index):
    with pytest.raises(ValueError, match="time zone"):
        index.stories(since=datetime(2024, 5, 1))


def test_ids_are_data(index, samples):
    hostile = [
        Article("x' OR '1'='1", "One"),
        Article("../../etc", "Two"),
        Article("%", "Three"),
        Article("a\0b", "Four"),
    ]
    samples.store(index, hostile)
    stories = [samples.story(f"story of {article.id}", [article]) for article in hostile]
    index.replace_stories(stories)
    for article, story in zip(hostile, stories, strict=True):
        assert index.story_of(article.id) == story
        assert index.story(story.id) == story
    assert index.stories(language="en' OR 1=1 --") == []
    assert index.remove(["%"]) == 1
    assert len(index.articles()) == 3
