"""The ledger tells what became of each story, and from its events the members of all stories follow."""

from collections import defaultdict
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.index import IndexDirectory


def told(changes):
    return [(change.event, change.story, change.other, change.size, change.members) for change in changes]


@pytest.fixture
def grouped(index, samples):
    """Stories `s` of a0 to a3 and `t` of a4 and a5."""
    articles = samples.articles(6)
    samples.store(index, articles)
    index.replace_stories([samples.story("s", articles[:4]), samples.story("t", articles[4:])])
    return index


def test_births_are_told_with_members_and_time(grouped):
    assert told(grouped.changes()) == [
        ("born", "s", None, 4, ("a0", "a1", "a2", "a3")),
        ("born", "t", None, 2, ("a4", "a5")),
    ]
    first = grouped.changes()[0]
    assert abs((datetime.now(UTC) - first.time).total_seconds()) < 60
    assert first.generation == grouped.generation
    assert first.headline == "The river rose again, report 0"


def test_the_same_stories_again_are_no_event(grouped, samples):
    generation = grouped.generation
    grouped.replace_stories([samples.story("s", samples.articles(4)), samples.story("t", samples.articles(6)[4:])])
    assert grouped.changes(after=generation) == []


def test_growth_a_split_and_a_merger(grouped, samples):
    articles = samples.articles(7)
    samples.store(grouped, articles[6:])
    generation = grouped.generation
    grouped.replace_stories([samples.story("s", [*articles[:2], *articles[4:]]), samples.story("u", articles[2:4])])
    assert told(grouped.changes(after=generation)) == [
        ("grew", "s", None, 7, ("a4", "a5", "a6")),
        ("shrank", "s", None, 5, ("a2", "a3")),
        ("merged", "t", "s", 0, ("a4", "a5")),
        ("split", "u", "s", 2, ("a2", "a3")),
    ]
    assert told(grouped.history("t")) == [
        ("born", "t", None, 2, ("a4", "a5")),
        ("merged", "t", "s", 0, ("a4", "a5")),
    ]
    assert [change.story for change in grouped.history("s")] == ["s", "s", "s", "t", "u"]
    assert [grouped.successor(id_) for id_ in ("s", "t", "u", "nobody")] == ["s", "s", "u", None]
    assert [change.headline for change in grouped.history("t")] == [None, None]


def test_a_chain_of_mergers_leads_to_the_last(grouped, samples):
    articles = samples.articles(6)
    grouped.replace_stories([samples.story("s", articles)])
    samples.store(grouped, samples.articles(3, first=6))
    grouped.replace_stories([samples.story("v", samples.articles(9))])
    assert grouped.successor("t") == grouped.successor("s") == "v"
    grouped.remove([f"a{number}" for number in range(9)])
    assert grouped.successor("t") is None
    assert told(grouped.history("v"))[-1] == ("retired", "v", None, 0, tuple(f"a{number}" for number in range(9)))


def test_removal_shrinks_and_retires(grouped):
    generation = grouped.generation
    grouped.remove(["a0", "a4", "a5", "nobody"])
    assert told(grouped.changes(after=generation)) == [
        ("shrank", "s", None, 3, ("a0",)),
        ("retired", "t", None, 0, ("a4", "a5")),
    ]
    assert grouped.check() == []


def test_changes_since_a_moment(grouped):
    assert grouped.changes(since=datetime(2020, 1, 1, tzinfo=UTC)) == grouped.changes()
    assert grouped.changes(since=datetime(2100, 1, 1, tzinfo=UTC)) == []


def test_what_is_given_up_is_not_told(grouped):
    before = grouped.changes()
    with pytest.raises(RuntimeError, match="given up"), grouped.transaction():
        grouped.remove(["a0"])
        raise RuntimeError("given up")
    assert grouped.changes() == before


def test_a_replaced_index_begins_a_ledger_of_its_own(grouped, samples, folder):
    grouped.close()
    with IndexDirectory.create(folder, samples.model, samples.settings, replace=True) as index:
        samples.store(index, samples.articles(1))
        index.replace_stories([samples.story("s", samples.articles(1))])
        assert told(index.changes()) == [("born", "s", None, 1, ("a0",))]


def test_a_ledger_that_disagrees_is_found(grouped):
    with grouped._session.transaction() as connection:
        connection.execute("DELETE FROM ledger WHERE story = 't'")
    assert grouped.check() == ["the ledger tells of 0 articles in story 't', which has 2"]
    grouped.restart_ledger()
    assert grouped.check() == []
    assert [change.story for change in grouped.changes()] == ["s", "t"]


groupings = st.lists(st.one_of(st.none(), st.integers(0, 4)), min_size=8, max_size=8)


@settings(max_examples=40, deadline=None)
@given(st.lists(groupings, min_size=1, max_size=5))
def test_the_events_of_a_story_leave_its_members(samples, tmp_path_factory, steps):
    """Whatever moves: an article without a story is removed."""
    with IndexDirectory.create(tmp_path_factory.mktemp("x") / "i", samples.model, samples.settings) as index:
        articles = samples.articles(8)
        for step in steps:
            samples.store(index, articles)
            index.remove([a.id for a, story in zip(articles, step, strict=True) if story is None])
            members = defaultdict(list)
            for article, story in zip(articles, step, strict=True):
                if story is not None:
                    members[f"s{story}"].append(article)
            index.replace_stories([samples.story(id_, some) for id_, some in members.items()])
            assert index.check() == []
            held: defaultdict[str, set[str]] = defaultdict(set)
            for change in index.changes():
                if change.event in ("born", "grew", "split"):
                    assert not held[change.story] & set(change.members)
                    held[change.story] |= set(change.members)
                else:
                    assert held[change.story] >= set(change.members)
                    held[change.story] -= set(change.members)
                assert len(held[change.story]) == change.size
