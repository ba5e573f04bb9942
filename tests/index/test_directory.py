"""The index as its users see it: what goes in comes out."""

import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.article import Article, content_hash
from clusterer.errors import IndexDirectoryError, IndexMissingError, ModelMismatchError
from clusterer.index import IndexDirectory, ModelIdentity
from clusterer.settings import Settings

HOSTILE = ["../x", "a'b\"c", "%_*?", "'; DROP TABLE articles; --", "", "a\0b", "نتنياهو", "\u202eabc", "🜁\n\t"]
TEXTS = st.one_of(st.text(max_size=30), st.sampled_from(HOSTILE))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
ARTICLES = st.builds(
    Article,
    id=TEXTS,
    headline=TEXTS,
    body=TEXTS,
    language=st.sampled_from(["en", "ar", "und"]),
    url=st.none() | TEXTS,
    source=st.none() | TEXTS,
    published=st.none() | st.datetimes(timezones=st.just(UTC)),
    role=st.sampled_from(["article", "embedded", "teaser"]),
    part_of=st.none() | TEXTS,
    headline_derived=st.booleans(),
    keywords=st.lists(TEXTS, max_size=3).map(tuple),
    extra=st.dictionaries(TEXTS, JSON, max_size=3),
    location=TEXTS,
)


def in_order(articles):
    return sorted(articles, key=lambda article: (content_hash(article), article.id))


def assert_holds(index, articles, samples):
    """That the index holds exactly these articles, with the vectors of their texts, and is sound."""
    expected = in_order(articles)
    assert index.articles() == expected
    for stored, made in zip(index.vectors(), samples.vectors(expected), strict=True):
        assert stored.dtype == np.float32
        np.testing.assert_array_equal(stored, made)
    assert index.check() == []


@settings(max_examples=40, deadline=None)
@given(articles=st.lists(ARTICLES, max_size=6, unique_by=lambda article: article.id), data=st.data())
def test_articles_come_back_whole(articles, data):
    generator = np.random.default_rng(data.draw(st.integers(0, 99)))
    vectors = generator.standard_normal((2, len(articles), 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        with IndexDirectory.create(path, ModelIdentity("m", "0" * 64, 4), Settings()) as index:
            index.store(articles, vectors[0], vectors[1])
        with IndexDirectory.open(path) as index:
            assert index.check() == []
            stored = index.articles()
            # `location` takes no part in the equality of articles.
            assert [(a, a.location) for a in stored] == [(a, a.location) for a in in_order(articles)]
            assert index.content_hashes() == {article.id: content_hash(article) for article in articles}
            places = {article.id: place for place, article in enumerate(articles)}
            order = [places[article.id] for article in stored]
            np.testing.assert_array_equal(index.vectors()[0], vectors[0][order])
            np.testing.assert_array_equal(index.vectors()[1], vectors[1][order])
            for article in articles:
                assert index.article(article.id) == article


def test_values_that_json_lacks_become_their_text(index, samples):
    (article,) = samples.articles(1)
    samples.store(index, [replace(article, extra={"seen": datetime(2024, 5, 1, tzinfo=UTC)})])
    assert index.article("a0").extra == {"seen": "2024-05-01 00:00:00+00:00"}


def test_an_empty_index_answers(index):
    assert index.articles() == []
    assert [array.shape for array in index.vectors()] == [(0, 8), (0, 8)]
    assert index.stories() == []
    assert index.story("s") is None and index.article("a") is None and index.story_of("a") is None
    assert index.load_search_index() is None
    assert index.load_array("means") is None
    assert index.check() == []
    assert index.info()["articles"] == 0
    assert index.stories_current


def test_adding_twice_adds_nothing(index, samples):
    articles = samples.articles(7)
    samples.store(index, articles)
    samples.store(index, articles)
    assert_holds(index, articles, samples)


def test_storing_nothing_changes_nothing(index, samples):
    before = index.generation
    samples.store(index, [])
    assert index.remove(["unknown"]) == 0
    assert index.generation == before


def test_an_update_takes_the_place_of_its_article(index, samples):
    articles = samples.articles(9)
    samples.store(index, articles)
    changed = [samples.revised(articles[4]), *samples.articles(3, first=9)]
    samples.store(index, changed)
    assert_holds(index, [*articles[:4], *articles[5:], *changed], samples)


def test_removal_and_addition_in_one(index, samples):
    articles = samples.articles(6)
    samples.store(index, articles)
    added = samples.articles(2, first=6)
    index.store(added, *samples.vectors(added), removed=["a0", "a5", "unknown"])
    assert_holds(index, [*articles[1:5], *added], samples)
    assert index.remove(["a1", "unknown", "a6"]) == 2
    assert_holds(index, [*articles[2:5], added[1]], samples)
    assert index.remove([article.id for article in index.articles()]) == 4
    assert_holds(index, [], samples)


def test_parts_are_read_by_id_in_the_same_order(index, samples):
    articles = samples.articles(12)
    for article in articles:
        samples.store(index, [article])
    chosen = ["a7", "a2", "a11", "unknown", "a2"]
    expected = in_order([articles[7], articles[2], articles[11]])
    assert index.articles(chosen) == expected
    np.testing.assert_array_equal(index.vectors(chosen)[0], samples.vectors(expected)[0])
    assert index.content_hashes(chosen) == {article.id: content_hash(article) for article in expected}


def test_many_small_writes_are_compacted(index, samples, folder):
    articles = samples.articles(60)
    for article in articles:
        samples.store(index, [article])
    # Sixteen live segments at most, and those superseded by the last compaction.
    assert len(list((folder / "vectors").glob("headline-*.npy"))) <= 2 * 16 + 1
    assert_holds(index, articles, samples)


def test_dead_rows_are_compacted(index, samples, folder):
    articles = samples.articles(40)
    samples.store(index, articles)
    changed = [samples.revised(article) for article in articles[:20]]
    # A third of the 60 rows would be dead: they are written anew, and the next write lets go of them.
    samples.store(index, changed)
    samples.store(index, samples.articles(1, first=40))
    rows = [np.load(path).shape[0] for path in (folder / "vectors").glob("body-*.npy")]
    assert sorted(rows) == [1, 40]
    assert_holds(index, [*changed, *articles[20:], *samples.articles(1, first=40)], samples)


def test_vectors_of_one_segment_are_not_copied(index, samples):
    samples.store(index, samples.articles(20))
    headline, body = index.vectors()
    assert not headline.flags.owndata and not headline.flags.writeable
    assert not body.flags.owndata


@pytest.mark.parametrize("fault", ["rows", "dimension", "dtype", "nan", "infinite", "twice"])
def test_wrong_vectors_store_nothing(index, samples, fault):
    articles = samples.articles(3)
    headline, body = samples.vectors(articles)
    if fault == "rows":
        body = body[:2]
    elif fault == "dimension":
        headline = headline[:, :7]
    elif fault == "dtype":
        headline = headline.astype(np.float64)
    elif fault == "nan":
        body[1, 3] = np.nan
    elif fault == "infinite":
        body[1, 3] = np.inf
    else:
        articles[2] = articles[0]
    with pytest.raises(ValueError, match=r"vector|twice"):
        index.store(articles, headline, body)
    assert_holds(index, [], samples)


def test_another_model_replaces_all_vectors(index, samples, folder):
    articles = samples.articles(10)
    samples.store(index, articles[:6])
    samples.store(index, articles[6:])
    index.save_array("means", np.ones(8, np.float32))
    wider = ModelIdentity("wider-model", "cd" * 32, 12)
    headline, body = samples.vectors(index.articles(), 12)
    index.replace_vectors(wider, headline, body, settings=Settings(neighbours=5), constants={"idf": np.arange(3)})
    index.close()
    with IndexDirectory.open(folder) as read:
        assert read.model == wider
        assert read.settings == Settings(neighbours=5)
        assert read.load_array("means") is None
        np.testing.assert_array_equal(read.load_array("idf"), np.arange(3))
        np.testing.assert_array_equal(read.vectors()[0], headline)
        np.testing.assert_array_equal(read.vectors()[1], body)
        assert read.check() == []


def test_replacing_vectors_of_the_wrong_number_changes_nothing(index, samples):
    articles = samples.articles(4)
    samples.store(index, articles)
    with pytest.raises(ValueError, match="vectors are"):
        index.replace_vectors(samples.model, *samples.vectors(articles[:3]))
    assert_holds(index, articles, samples)


def test_an_index_is_never_used_with_another_model(index, samples):
    index.require_model(replace(samples.model, name="the same under another name"))
    with pytest.raises(ModelMismatchError) as caught:
        index.require_model(ModelIdentity("my models/other", "cd" * 32, 8))
    message = str(caught.value)
    assert "sample-model (abababababab)" in message
    assert "my models/other (cdcdcdcdcdcd)" in message
    assert "clusterer reindex --model 'my models/other'" in message


def test_constants_come_back(index):
    means = np.random.default_rng(1).standard_normal((3, 8)).astype(np.float32)
    index.save_array("means", means)
    index.save_array("languages", np.array(["en", "ar", "zh"]))
    np.testing.assert_array_equal(index.load_array("means"), means)
    assert index.load_array("languages").tolist() == ["en", "ar", "zh"]
    with pytest.raises(ValueError, match=r"[Oo]bject"):
        index.save_array("pickled", np.array([{}], dtype=object))


def test_info_tells_what_there_is(index, samples, folder):
    articles = samples.articles(5)
    samples.store(index, [*articles, Article("undated", "No date here")])
    index.replace_stories([samples.story("s", articles), samples.story("t", [Article("undated", "No date here")])])
    info = index.info()
    assert (info["articles"], info["stories"], info["families"], info["ungrouped"]) == (6, 2, 6, 0)
    assert list(info["languages"].items()) == [("ru", 3), ("en", 2), ("und", 1)]
    assert (info["first_published"], info["last_published"]) == (
        "2024-05-01T00:00:00+00:00",
        "2024-05-05T00:00:00+00:00",
    )
    assert info["model"]["name"] == "sample-model"
    assert info["settings"]["threshold"] == 0.6
    assert info["bytes"]["vectors"] == sum(path.stat().st_size for path in (folder / "vectors").iterdir())
    assert info["bytes"]["database"] > 0


def test_the_index_says_when_it_must_be_grouped_again(index, samples):
    articles = samples.articles(2)
    samples.store(index, articles)
    assert not index.stories_current
    index.replace_stories([samples.story("s", articles)])
    assert index.stories_current
    index.replace_vectors(samples.model, *samples.vectors(index.articles()))
    assert not index.stories_current


def test_reading_does_not_allow_writing(index, samples, folder):
    index.close()
    with IndexDirectory.open(folder) as read, pytest.raises(IndexDirectoryError, match="reading only"):
        samples.store(read, samples.articles(1))


def test_a_missing_index_is_named(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        for write in (False, True):
            with pytest.raises(IndexMissingError, match="clusterer index"):
                IndexDirectory.open(path, write=write)
    assert not (tmp_path / "nowhere").exists()
    assert list(tmp_path.iterdir()) == []
