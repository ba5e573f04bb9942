"""Which articles resemble a query: order, filters, copies."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.article import Article
from clusterer.article_features import dense_vectors, encode_articles, features_of
from clusterer.encoding.bundled import BundledEncoder
from clusterer.encoding.constants import bundled_constants
from clusterer.errors import IndexFormatError
from clusterer.grouping import search_index
from clusterer.grouping.calibration import probability
from clusterer.grouping.evidence import pair_evidence
from clusterer.news_index import NewsIndex, open_index
from clusterer.reading import read_articles
from clusterer.search import Filters
from clusterer.story import SimilarArticle

PROJECT = Path(__file__).resolve().parents[1]
ARTICLES = tuple(read_articles([PROJECT / "data" / "sample-news.jsonl"]))
PUBLISHED = sorted(article.published for article in ARTICLES if article.published)
DATES = st.sampled_from([None, *PUBLISHED[::20]])
QUESTIONS = st.sampled_from([article.headline for article in ARTICLES])


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewsIndex]:
    """An index of the sample, which only tests that read share."""
    path = tmp_path_factory.mktemp("search") / "news.index"
    with open_index(path, create=True) as index:
        index.add(ARTICLES)
    with open_index(path) as index:
        yield index


@pytest.fixture(scope="module")
def every_row(index: NewsIndex) -> dict[str, list[SimilarArticle]]:
    """All rows of some queries, copies too."""
    return {question: index.similar(question, top=1000, duplicates=True) for question in ("bridge", "زلزال", "выборы")}


def ids(rows: list[SimilarArticle]) -> list[str]:
    return [row.article.id for row in rows]


def test_rows_are_in_order(index: NewsIndex) -> None:
    rows = index.similar("Netanyahu meets Trump in Washington", top=25)
    assert [row.rank for row in rows] == list(range(1, 26))
    assert [row.score for row in rows] == sorted((row.score for row in rows), reverse=True)
    assert all(0 <= row.score <= 1 for row in rows)
    assert rows == index.similar("Netanyahu meets Trump in Washington", top=25)


def test_what_is_found_is_what_is_asked_for(index: NewsIndex) -> None:
    story_of = {assignment.id: assignment for assignment in index.assignments()}
    rows = index.similar("Netanyahu meets Trump in Washington", top=5)
    assert all(str(row.article.extra["story"]) == "netanyahu-washington" for row in rows[:3])
    for row in rows:
        assert (row.story, row.family) == (story_of[row.article.id].story, story_of[row.article.id].family)


@settings(max_examples=25, deadline=None)
@given(question=QUESTIONS)
def test_the_article_of_a_headline_is_among_the_first(index: NewsIndex, question: str) -> None:
    wanted = {article.id for article in ARTICLES if article.headline == question}
    families = {assignment.family for assignment in index.assignments() if assignment.id in wanted}
    assert families & {row.family for row in index.similar(question, top=5)}


def test_scores_of_stored_words_are_those_of_the_texts(index: NewsIndex) -> None:
    constants = bundled_constants()
    for query in ARTICLES[::25]:
        rows = index.similar(id=query.id, top=25)
        articles = [query, *(row.article for row in rows)]
        dense = dense_vectors(encode_articles(articles, BundledEncoder()), constants)
        others = np.arange(1, len(articles))
        evidence = pair_evidence(features_of(articles, dense, constants), np.zeros_like(others), others)
        assert [row.score for row in rows] == pytest.approx(probability(evidence).round(4).tolist(), abs=2e-4)


def test_a_family_is_one_row_unless_copies_are_asked_for(index: NewsIndex) -> None:
    folded = index.similar("Norvik unveils a phone that folds twice", top=1000)
    unfolded = index.similar("Norvik unveils a phone that folds twice", top=1000, duplicates=True)
    assert len({row.family for row in folded}) == len(folded)
    assert all(row.article.id == row.family for row in folded)
    assert len(folded) < len(unfolded)
    assert set(ids(folded)) < set(ids(unfolded))
    score_of = {row.family: row.score for row in folded}
    for family, score in score_of.items():
        rows = [row for row in unfolded if row.family == family]
        assert {row.score for row in rows} == {score}
        assert rows[0].article.id == family


@settings(max_examples=60, deadline=None)
@given(
    question=st.sampled_from(["bridge", "زلزال", "выборы"]),
    language=st.sampled_from([None, "en", "ar", "zh", "xx"]),
    since=DATES,
    until=DATES,
    top=st.integers(1, 30),
)
def test_filters_apply_before_the_cut(
    index: NewsIndex,
    every_row: dict[str, list[SimilarArticle]],
    question: str,
    language: str | None,
    since: datetime | None,
    until: datetime | None,
    top: int,
) -> None:
    filters = Filters(language, since, until)
    passing = [row for row in every_row[question] if filters.pass_(row.article)]
    found = index.similar(question, top=top, language=language, since=since, until=until, duplicates=True)
    assert all(filters.pass_(row.article) for row in found)
    assert ids(found) == ids(passing)[: len(found)]
    assert len(found) == min(top, len(passing))
    folded = index.similar(question, top=top, language=language, since=since, until=until)
    families = list(dict.fromkeys(row.family for row in passing))
    assert [row.family for row in folded] == families[:top]
    assert all(filters.pass_(row.article) for row in folded)


def test_both_ends_of_a_span_are_in_it() -> None:
    article = next(article for article in ARTICLES if article.published)
    undated = next(article for article in ARTICLES if not article.published)
    assert Filters(since=article.published, until=article.published).pass_(article)
    assert not Filters(since=datetime(2020, 1, 1, tzinfo=UTC)).pass_(undated)
    assert not Filters(until=datetime(2030, 1, 1, tzinfo=UTC)).pass_(undated)
    assert Filters(language=undated.language).pass_(undated)
    assert not Filters().any
    assert Filters(language="en").any


def test_the_least_score_is_kept(index: NewsIndex) -> None:
    rows = index.similar("Netanyahu meets Trump in Washington", top=50)
    least = rows[7].score
    kept = index.similar("Netanyahu meets Trump in Washington", top=50, min_score=least)
    assert ids(kept) == [row.article.id for row in rows if row.score >= least]
    assert index.similar("Netanyahu meets Trump in Washington", min_score=1.0) == []


@settings(max_examples=25, deadline=None)
@given(article=st.sampled_from(ARTICLES))
def test_an_article_is_not_like_itself(index: NewsIndex, article: Article) -> None:
    id = article.id
    family = next(assignment.family for assignment in index.assignments() if assignment.id == id)
    folded, unfolded = index.similar(id=id, top=300), index.similar(id=id, top=300, duplicates=True)
    assert family not in {row.family for row in folded}
    assert id not in ids(unfolded)
    copies = {assignment.id for assignment in index.assignments() if assignment.family == family} - {id}
    assert {row.article.id for row in unfolded if row.family == family} == copies
    assert len(unfolded) == len(ARTICLES) - 1


def test_likeness_is_mutual(index: NewsIndex) -> None:
    originals = sorted({assignment.family for assignment in index.assignments()})[:12]
    scores = {(one, row.article.id): row.score for one in originals for row in index.similar(id=one, top=300)}
    for one in originals:
        for other in originals:
            assert scores.get((one, other)) == scores.get((other, one))


def test_articles_of_one_story_come_first(index: NewsIndex) -> None:
    story = index.stories()[0]
    first = story.articles[0]
    rows = index.similar(id=first.article.id, top=3)
    assert {row.story for row in rows} == {story.id}


def test_a_text_of_several_lines_is_a_body(index: NewsIndex) -> None:
    article = next(article for article in ARTICLES if article.body and article.language == "en")
    rows = index.similar(f"{article.headline}\n\n{article.body}\n", top=3)
    assert article.id in ids(rows) or article.headline in {row.article.headline for row in rows}
    assert rows[0].score > 0.9


@pytest.mark.parametrize("text", ["!!!", "🦄", "བོད་ཀྱི་གསར་འགྱུར་"])
def test_a_text_without_known_words_resembles_nothing(index: NewsIndex, text: str) -> None:
    assert all(row.score < 0.1 for row in index.similar(text))


def test_a_search_index_that_is_lost_is_told_and_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "news.index"
    with open_index(path, create=True) as index:
        index.add(ARTICLES[:10])
        before = index.similar("bridge")
        for file in path.glob("search-*.faiss"):
            file.unlink()
        with pytest.raises(IndexFormatError, match="clusterer doctor --repair") as caught:
            index.similar("bridge")
        assert caught.value.where == str(path)
        assert index.repair() == []
        assert index.similar("bridge") == before


# Pages as they are scraped


@pytest.mark.parametrize("page", ["sample", "seed"])
def test_netanyahu_in_washington_comes_first(page: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    source = PROJECT / "data" / "sample-page.txt"
    if page == "seed":
        source = request.getfixturevalue("shared_folder") / "seed"
    with open_index(tmp_path / "news.index", create=True) as index:
        index.add(read_articles([source]))
        rows = index.similar("Netanyahu meets Trump in Washington")
    named = [any(name in row.article.headline for name in ("نتنياهو", "نتانياهو")) for row in rows]
    assert named == [True] * 4 + [False] * 6


@pytest.fixture(scope="module")
def approximate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewsIndex]:
    """An index of the sample as that of a large collection is."""
    path = tmp_path_factory.mktemp("approximate") / "news.index"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_index, "EXACT_UP_TO", 50)
        with open_index(path, create=True) as index:
            index.add(ARTICLES)
    with open_index(path) as index:
        yield index


def test_the_kind_and_recall_of_an_approximate_index_are_in_the_manifest(approximate: NewsIndex) -> None:
    told = approximate.info()["search_index"]
    assert told["kind"].startswith("IVF")
    assert told["recall"] >= approximate.settings.recall
    assert approximate.check() == []


@pytest.mark.parametrize("question", ["Netanyahu meets Trump in Washington", "زلزال", "bridge"])
@pytest.mark.parametrize("language", [None, "en", "ar"])
def test_the_first_rows_of_an_approximate_index_are_those_of_an_exact_one(
    approximate: NewsIndex, index: NewsIndex, question: str, language: str | None
) -> None:
    found = approximate.similar(question, top=5, language=language)
    assert [(row.article.id, row.score) for row in found] == [
        (row.article.id, row.score) for row in index.similar(question, top=5, language=language)
    ]
