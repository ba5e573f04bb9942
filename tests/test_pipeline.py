"""From records to stories: what neither order, nor repetition, nor copies may change."""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusterer.article import Article
from clusterer.article_features import encode_articles, lead_text
from clusterer.encoding.bundled import BundledEncoder
from clusterer.errors import InputError, UsageError
from clusterer.pipeline import Clustering, cluster, find_families, read_records, with_languages
from clusterer.progress import Progress
from clusterer.reading import ReadingOptions, read_articles
from clusterer.settings import Settings

PROJECT = Path(__file__).resolve().parents[1]
SAMPLE = PROJECT / "data" / "sample-news.jsonl"
SAMPLE_PAGE = PROJECT / "data" / "sample-page.txt"

ENCODER = BundledEncoder()
ARTICLES = tuple(read_articles([SAMPLE]))
RECORDS: list[dict[str, Any]] = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SUBSETS = st.lists(st.sampled_from(ARTICLES), min_size=1, max_size=40, unique_by=lambda article: article.id)
RANDOM = st.randoms(use_true_random=False)


def clustered(articles: Iterable[Any]) -> Clustering:
    return cluster(articles, encoder=ENCODER)


def groups(clustering: Clustering) -> set[frozenset[str]]:
    """The stories as sets of ids."""
    return {frozenset(member.article.id for member in story.articles) for story in clustering.stories}


def families(clustering: Clustering) -> dict[str, str]:
    return {assignment.id: assignment.family for assignment in clustering.assignments}


def assert_sound(clustering: Clustering, articles: Sequence[Article]) -> None:
    """Every record has its assignment, and every article is in one story, with the family and strength of that."""
    assert [assignment.id for assignment in clustering.assignments] == [article.id for article in articles]
    placed = {
        member.article.id: (story.id, member.family, member.strength)
        for story in clustering.stories
        for member in story.articles
    }
    assert sum(story.size for story in clustering.stories) == len(placed) == len({article.id for article in articles})
    assert len({story.id for story in clustering.stories}) == len(clustering.stories)
    for assignment in clustering.assignments:
        assert (assignment.story, assignment.family, assignment.strength) == placed[assignment.id]
        assert placed[assignment.family][:2] == (assignment.story, assignment.family)
        assert 0 <= assignment.strength <= 1
    sizes = [story.size for story in clustering.stories]
    assert sizes == sorted(sizes, reverse=True)


@pytest.fixture(scope="module")
def whole() -> Clustering:
    return clustered(ARTICLES)


def test_every_record_is_in_one_story(whole: Clustering) -> None:
    assert_sound(whole, ARTICLES)
    assert not whole.errors


def test_mappings_give_what_articles_give(whole: Clustering) -> None:
    assert clustered(RECORDS) == whole
    assert clustered(iter(RECORDS)) == whole


def test_shuffling_the_sample_changes_nothing(whole: Clustering) -> None:
    shuffled = random.Random(4).sample(ARTICLES, len(ARTICLES))
    assert clustered(shuffled).stories == whole.stories


def test_the_bundled_model_is_the_default(whole: Clustering) -> None:
    assert cluster(ARTICLES).stories == whole.stories


@FEW
@given(SUBSETS, RANDOM)
def test_order_changes_nothing(articles: list[Article], draw: random.Random) -> None:
    once = clustered(articles)
    assert_sound(once, articles)
    assert clustered(draw.sample(articles, len(articles))).stories == once.stories


@FEW
@given(SUBSETS, RANDOM)
def test_repetition_changes_nothing(articles: list[Article], draw: random.Random) -> None:
    repeated = [*articles, *draw.choices(articles, k=len(articles))]
    draw.shuffle(repeated)
    again = clustered(repeated)
    assert_sound(again, repeated)
    assert again.stories == clustered(articles).stories


@FEW
@given(SUBSETS, RANDOM)
def test_a_copy_changes_its_own_family_alone(articles: list[Article], draw: random.Random) -> None:
    chosen = draw.choice(articles)
    copy = replace(chosen, id=f"{chosen.id}~copy")
    before, after = clustered(articles), clustered([*articles, copy])
    assert families(after) == {**families(before), copy.id: families(before)[chosen.id]}
    assert len(after.stories) == len(before.stories)
    with_copies = {story.id: story for story in after.stories}
    for story in before.stories:
        other = with_copies[story.id]
        assert (other.headline, other.keywords) == (story.headline, story.keywords)
        assert [member for member in other.articles if member.article.id != copy.id] == list(story.articles)


@FEW
@given(st.integers(2, 5), RANDOM)
def test_the_only_copies_there_are_do_not_crowd_out_others(count: int, draw: random.Random) -> None:
    """However often one article comes, the rest are grouped as before."""
    articles = draw.sample(ARTICLES, 20)
    copies = [replace(articles[0], id=f"{articles[0].id}~{number}") for number in range(40 * count)]
    before, after = clustered(articles), clustered([*articles, *copies])
    added = {copy.id for copy in copies}
    assert {frozenset(group - added) for group in groups(after)} == groups(before)


def test_nothing_gives_nothing() -> None:
    assert cluster([]) == Clustering((), (), ())
    assert cluster([], vectors=np.zeros((0, 8), dtype=np.float32)) == Clustering((), (), ())


def test_one_article_is_a_story_of_one() -> None:
    result = clustered([{"id": "a", "title": "Ferry to Skarholm runs again", "language": "en", "source": "Quay"}])
    (story,) = result.stories
    assert (story.headline, story.size, story.sources) == ("Ferry to Skarholm runs again", 1, ("Quay",))
    assert story.languages == {"en": 1}
    (assignment,) = result.assignments
    assert (assignment.family, assignment.strength, assignment.story) == ("a", 1.0, story.id)


def test_two_articles_are_one_story_or_two() -> None:
    bridge = "The old stone bridge of Varnby collapsed in the flood on Monday; nobody was hurt, police say."
    flood = "Police in Varnby say nobody was hurt when the town's old stone bridge collapsed in Monday's flood."
    tennis = "The tennis final in Lund ended after five sets with a win for the youngest player."
    assert groups(clustered([{"id": "a", "body": bridge}, {"id": "b", "body": flood}])) == {frozenset("ab")}
    assert groups(clustered([{"id": "a", "body": bridge}, {"id": "b", "body": tennis}])) == {
        frozenset("a"),
        frozenset("b"),
    }


def test_articles_that_are_all_different_stay_apart() -> None:
    gold = {record["id"]: record["story"] for record in RECORDS}
    alone = [article for article in ARTICLES if list(gold.values()).count(gold[article.id]) == 1]
    assert len(alone) > 20
    assert len(clustered(alone).stories) >= len(alone) - 2


def test_an_alphabet_that_the_model_does_not_know_is_no_story() -> None:
    """Texts of nothing but unknown tokens have nothing in common that anyone could see."""
    tibetan = ["བོད་ཀྱི་གསར་འགྱུར་", "རྒྱ་གར་གྱི་སྲིད་འཛིན་", "ཆར་པ་ཆེན་པོ་བབས་", "ལྷ་ས་ནས་"]
    assert len(clustered([{"title": text} for text in tibetan]).stories) == 4


@pytest.mark.parametrize("newest_first", [True, False])
def test_of_one_id_the_later_published_stays(newest_first: bool) -> None:
    records = [
        {"id": "a", "title": "Ferry to be repaired", "published": "2025-06-02T10:00:00Z"},
        {"id": "a", "title": "Ferry repaired", "published": "2025-06-03T10:00:00Z"},
        {"id": "b", "title": "A new choir for the town", "published": "2025-06-01"},
    ]
    result = clustered(records[::-1] if newest_first else records)
    assert {story.headline for story in result.stories} == {"Ferry repaired", "A new choir for the town"}
    assert [assignment.id for assignment in result.assignments] == (
        ["b", "a", "a"] if newest_first else ["a", "a", "b"]
    )


def test_records_that_cannot_be_read_are_told_every_one() -> None:
    result = clustered(
        [{"title": "Ferry repaired"}, {"id": "b"}, {"title": "a\0b"}, "text", *({} for _ in range(10_100))]
    )
    assert len(result.assignments) == 1
    assert len(result.errors) == 10_103
    assert [error.location for error in result.errors[:3]] == ["records:2", "records:3", "records:4"]


def test_records_of_which_none_can_be_read() -> None:
    with pytest.raises(InputError, match="no record could be read"):
        clustered([{"id": "a"}])


def test_pages_become_their_parts() -> None:
    body = SAMPLE_PAGE.read_text(encoding="utf-8")
    result = clustered([{"id": "page", "body": body}])
    assert {assignment.id for assignment in result.assignments} == {"page", *(f"page#{n}" for n in range(1, 12))}


def test_the_threshold_makes_more_and_smaller_stories() -> None:
    loose, strict = (cluster(ARTICLES, encoder=ENCODER, settings=Settings(threshold=value)) for value in (0.3, 0.9))
    assert len(loose.stories) < len(strict.stories)


def test_progress_tells_every_stage() -> None:
    told: dict[str, tuple[int, int | None]] = {}

    def progress(stage: str, done: int, total: int | None) -> None:
        assert done >= told.get(stage, (0, 0))[0]
        told[stage] = done, total

    cluster(ARTICLES[:20], encoder=ENCODER, progress=progress)
    assert {"language", "families", "near copies", "encode", "group", "stories"} <= told.keys()
    assert all(done == total for done, total in told.values())


# Families


def test_families_are_found_without_an_encoder(whole: Clustering) -> None:
    assert find_families(ARTICLES).original_of == families(whole)
    assert find_families(RECORDS).original_of == families(whole)


# Languages


def test_a_given_language_stays_and_others_are_found() -> None:
    given = Article("a", "Ferry to Skarholm runs again after the storm", language="sv")
    unknown = replace(given, id="b", language="und")
    assert [article.language for article in with_languages([given, unknown])] == ["sv", "en"]


@pytest.mark.parametrize("seed", range(4))
def test_the_parts_of_a_page_have_its_language_in_whatever_order(seed: int) -> None:
    page = Article("p", "Паром", body="Паром снова ходит на остров после шторма, сообщает порт.")
    parts = [
        Article(f"p#{number}", text, role="teaser", part_of="p")
        for number, text in enumerate(["NATO", "Die Fähre nach Skarholm fährt wieder, sagt der Hafen", "OPEC+"])
    ]
    shuffled = random.Random(seed).sample([page, *parts], 4)
    assert {article.language for article in with_languages(shuffled)} == {"ru"}


# Encoding


class CountingEncoder:
    """Another model: letters counted. Notes what it is given."""

    name, fingerprint, dimension, prompt, dtype = "letters", "0" * 64, 64, None, "float32"

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> np.ndarray:
        if progress:
            progress("encode", len(texts), len(texts))
        self.texts += texts
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            np.add.at(vectors[row], [ord(letter) % self.dimension for letter in text], 1)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def test_each_text_is_encoded_once_and_none_is_empty() -> None:
    articles = [
        Article("a", "One headline", body="One body"),
        Article("b", "One headline", body="Another body"),
        Article("c", "Another headline"),
        Article("d", "A first sentence.", body="A first sentence. And a second.", headline_derived=True),
    ]
    encoder = CountingEncoder()
    encoded = encode_articles(articles, encoder)
    assert sorted(encoder.texts) == sorted(
        ["One headline", "One body", "Another body", "Another headline", "A first sentence. And a second."]
    )
    assert np.array_equal(encoded.headlines.any(axis=1), [True, True, True, False])
    assert np.array_equal(encoded.leads.any(axis=1), [True, True, False, True])
    assert np.array_equal(encoded.headlines[0], encoded.headlines[1])


def test_the_bundled_model_gives_articles_the_vectors_of_their_texts() -> None:
    encoded = encode_articles(ARTICLES, ENCODER)
    titles = ["" if article.headline_derived else article.headline for article in ARTICLES]
    assert np.array_equal(encoded.headlines, ENCODER.encode(titles))
    assert np.array_equal(encoded.leads, ENCODER.encode([lead_text(article) for article in ARTICLES]))


def test_any_encoder_does() -> None:
    result = cluster(ARTICLES[:30], encoder=CountingEncoder())
    assert_sound(result, ARTICLES[:30])


# Vectors of one's own


@pytest.fixture(scope="module")
def own_vectors() -> np.ndarray:
    return ENCODER.encode([article.text[:500] for article in ARTICLES])


def test_own_vectors_stand_in_for_a_model(own_vectors: np.ndarray, whole: Clustering) -> None:
    result = cluster(ARTICLES, vectors=own_vectors)
    assert_sound(result, ARTICLES)
    shared = groups(result) & groups(whole)
    assert len(shared) > len(groups(whole)) / 2


def test_own_vectors_go_with_their_articles(own_vectors: np.ndarray) -> None:
    order = random.Random(2).sample(range(len(ARTICLES)), len(ARTICLES))
    shuffled = cluster([ARTICLES[row] for row in order], vectors=own_vectors[order])
    assert shuffled.stories == cluster(ARTICLES, vectors=own_vectors).stories


def test_own_vectors_need_not_be_of_unit_length_or_float32(own_vectors: np.ndarray) -> None:
    scaled = own_vectors.astype(np.float64) * 7
    assert groups(cluster(ARTICLES, vectors=scaled)) == groups(cluster(ARTICLES, vectors=own_vectors))  # type: ignore[arg-type]


def test_own_vectors_are_of_the_article_that_stays() -> None:
    """Of two records with one id, the vector is that of the later published."""
    draw = np.random.default_rng(0).normal(size=(4, 8)).astype(np.float32)
    old = Article("a", "Ferry stopped", published=datetime(2025, 6, 1, tzinfo=UTC), language="en")
    new = replace(old, headline="Ferry runs", published=datetime(2025, 6, 2, tzinfo=UTC))
    others = [Article("b", "Choir sings", language="en"), Article("c", "Bread dearer", language="en")]
    both = cluster([old, new, *others], vectors=draw)
    assert both.stories == cluster([new, *others], vectors=draw[1:]).stories
    assert len(both.assignments) == 4


def test_with_own_vectors_a_page_stays_one_record() -> None:
    records = [{"id": "page", "body": SAMPLE_PAGE.read_text(encoding="utf-8")}, {"id": "b", "title": "Ferry runs"}]
    result = cluster(records, vectors=np.eye(2, dtype=np.float32))
    assert [assignment.id for assignment in result.assignments] == ["page", "b"]


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.zeros((2, 8), np.float32), "2 vectors for 3 articles"),
        (np.zeros(3, np.float32), r"float32 \[3\], not floats"),
        (np.zeros((3, 8), np.int64), r"int64 \[3, 8\], not floats"),
        (np.zeros((3, 5000), np.float32), r"float32 \[3, 5000\], not floats"),
        (np.array([[1.0], [1.0], [np.nan]], np.float32), "row 2 of the vectors holds a number that is not finite"),
        ([["a"], ["b"], ["c"]], "not floats"),
    ],
)
def test_own_vectors_that_do_not_fit(vectors: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        cluster(ARTICLES[:3], vectors=vectors)
    assert caught.value.where == "vectors"


# Data frames


def test_a_data_frame() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame([{key: record.get(key) for key in ("id", "title", "body")} for record in RECORDS[:20]])
    assert groups(clustered(frame)) == groups(clustered(frame.to_dict("records")))


def test_reading_options_are_kept() -> None:
    body = SAMPLE_PAGE.read_text(encoding="utf-8")
    assert len(read_records([{"body": body}], ReadingOptions(split="never"))[0]) == 1
    assert len(read_records([{"body": body}])[0]) == 12
