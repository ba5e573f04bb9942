"""`clusterer explain` and `clusterer threads`, on the index of the sample."""

import json
import shutil
import sqlite3

import pytest


@pytest.fixture(scope="module")
def found(sample_index):
    """Ids of the sample: two of one story, a copy and its original, and one of another story."""
    import clusterer

    with clusterer.open_index(sample_index) as index:
        story, *others = index.stories(min_size=1, limit=None)
        originals = [member.article for member in story.articles if member.family == member.article.id]
        copy = next(m for s in (story, *others) for m in s.articles if m.family != m.article.id)
        return originals[0].id, originals[-1].id, (copy.article.id, copy.family), others[0].articles[0].article.id


@pytest.fixture
def explain(run, sample_index):
    return lambda *arguments: run("explain", *arguments, "--index", sample_index)


def explained(explain, *ids):
    outcome = explain(*ids, "--format", "json")
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


def test_articles_of_one_story_are_joined_link_by_link(explain, found):
    told = explained(explain, found[0], found[1])
    assert told["together"]
    assert told["first"]["story"] == told["second"]["story"]
    assert [told["path"][0]["first"], told["path"][-1]["second"]] == [found[0], found[1]]
    assert told["weakest"] in told["path"]
    assert told["weakest"]["probability"] == min(link["probability"] for link in told["path"])
    assert abs(sum(term["contribution"] for term in told["terms"]) - told["evidence"]) < 1e-5
    with_neighbours = told["evidence"] + told["neighbours"]["contribution"]
    text = explain(found[0], found[1]).out
    assert f"with them {with_neighbours:25.3f}   probability of one story: " in text
    assert f"{told['probability_with_neighbours']:.2f}" in text
    assert "They are in one story" in text
    assert "How they came together" in text


def test_what_lies_near_two_of_one_story_speaks_for_it_and_of_two_stories_against_it(explain, found):
    one, two = explained(explain, found[0], found[1]), explained(explain, found[0], found[3])
    assert one["neighbours"]["contribution"] > 0 > two["neighbours"]["contribution"]
    assert one["probability_with_neighbours"] > one["probability"]
    assert two["probability_with_neighbours"] < two["probability"]


def test_the_terms_are_those_of_the_search(explain, run, found, sample_index):
    told = explained(explain, found[0], found[1])
    rows = run("similar", "--id", found[0], "--top", "200", "--index", sample_index, "--format", "jsonl").out
    scores = {row["id"]: row["score"] for row in map(json.loads, rows.splitlines())}
    assert told["probability"] == pytest.approx(scores[found[1]], abs=1e-3)


def test_articles_of_two_stories_are_kept_apart_by_their_mean(explain, found):
    told = explained(explain, found[0], found[3])
    assert not told["together"]
    assert told["joining"]["probability"] < told["joining"]["enough"]
    assert len(told["path"]) == 1
    text = explain(found[0], found[3]).out
    assert "They are in two stories" in text
    assert f"are joined from {told['joining']['enough']:.2f} on" in text


def test_a_copy_is_told_as_one(explain, found):
    told = explained(explain, *found[2])
    assert told["copies"]
    assert told["path"] == []
    assert told["neighbours"] is told["probability_with_neighbours"] is None
    assert "They are copies" in explain(*found[2]).out


def test_the_order_of_the_two_makes_no_difference(explain, found):
    forth, back = explained(explain, found[0], found[1]), explained(explain, found[1], found[0])
    assert forth["evidence"] == back["evidence"]
    assert [link["probability"] for link in forth["path"]] == [link["probability"] for link in back["path"]][::-1]


def test_an_id_that_is_not_there_or_given_twice_is_wrong_use(explain, found):
    for ids, said in (((found[0], "nothing"), "there is no article 'nothing'"), ((found[0], found[0]), "two ids")):
        outcome = explain(*ids)
        assert outcome.code == 2
        assert said in outcome.err
        assert "Traceback" not in outcome.err


def test_threads_hold_the_stories_of_the_index(run, sample_index):
    outcome = run("threads", "--min-stories", "1", "--limit", "1000", "--index", sample_index, "--format", "jsonl")
    assert outcome.code == 0, outcome.err
    threads = [json.loads(line) for line in outcome.out.splitlines()]
    rows = run("stories", "--min-size", "1", "--limit", "1000", "--index", sample_index, "--format", "jsonl").out
    thread_of = {story["id"]: story["thread"] for story in map(json.loads, rows.splitlines())}
    assert {story["id"]: thread["id"] for thread in threads for story in thread["stories"]} == thread_of
    counts = [len(thread["stories"]) for thread in threads]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 1


def test_threads_are_written_in_every_form(run, sample_index, tmp_path):
    for suffix in ("jsonl", "json", "csv", "parquet"):
        outcome = run("threads", "--index", sample_index, "-o", tmp_path / f"threads.{suffix}")
        assert outcome.code == 0, outcome.err
        assert (tmp_path / f"threads.{suffix}").stat().st_size > 100
    table = run("threads", "--index", sample_index, "--format", "table", "--limit", "1").out
    assert "thread" in table


def test_an_article_that_is_in_no_story_yet_is_told(found, sample_index, tmp_path, run):
    copy = tmp_path / "copy.index"
    shutil.copytree(sample_index, copy)
    with sqlite3.connect(copy / "clusterer.sqlite") as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("UPDATE articles SET story = NULL, family = NULL WHERE id = ?", (found[0],))
    connection.close()
    outcome = run("explain", found[0], found[1], "--index", copy)
    assert outcome.code == 2
    assert "is in no story yet" in outcome.err
    assert "clusterer reindex" in outcome.err
