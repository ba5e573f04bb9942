"""Scraped pages, from a text to stories: the sample's, and the one that the project was made for."""

from pathlib import Path

import pytest

from clusterer.pipeline import Clustering, cluster
from clusterer.reading import read_articles

PROJECT = Path(__file__).resolve().parents[1]
SAMPLE_PAGE = PROJECT / "data" / "sample-page.txt"


def named(clustering: Clustering, *names: str) -> set[str]:
    """The articles whose headline holds one of the names."""
    return {
        member.article.id
        for story in clustering.stories
        for member in story.articles
        if any(name in member.article.headline for name in names)
    }


def stories_with(clustering: Clustering, ids: set[str]) -> list[set[str]]:
    """The stories that hold any of these articles, as sets of ids."""
    stories = ({member.article.id for member in story.articles} for story in clustering.stories)
    return [story for story in stories if story & ids]


def families(clustering: Clustering) -> dict[str, str]:
    return {assignment.id: assignment.family for assignment in clustering.assignments}


@pytest.fixture(scope="module")
def sample_page() -> Clustering:
    return cluster(read_articles([SAMPLE_PAGE]))


@pytest.fixture(scope="module")
def seed_page(shared_folder: Path) -> Clustering:
    return cluster(read_articles([shared_folder / "seed"]))


def test_the_sample_page_has_one_story_of_netanyahu_in_washington(sample_page: Clustering) -> None:
    netanyahu = named(sample_page, "نتنياهو", "نتانياهو")
    assert len(sample_page.assignments) == 12
    assert len(netanyahu) == 4
    assert stories_with(sample_page, netanyahu) == [netanyahu]


def test_the_sample_page_repeats_a_headline_and_tells_of_other_things(sample_page: Clustering) -> None:
    oil = named(sample_page, "أوبك+")
    assert len(oil) == 2
    assert len({families(sample_page)[id] for id in oil}) == 1
    others = named(sample_page, "المصارف", "الفلبين", "المحلة", "الكوليرا", "المغرب")
    assert sorted(stories_with(sample_page, others), key=min) == [{id} for id in sorted(others)]


def test_the_seed_page_has_one_story_of_netanyahu_in_washington(seed_page: Clustering) -> None:
    netanyahu = named(seed_page, "نتنياهو", "نتانياهو")
    assert len(seed_page.assignments) == 12
    assert len(netanyahu) == 4
    (story,) = stories_with(seed_page, netanyahu)
    assert story >= netanyahu
    outside = named(seed_page, "لبنان", "البريكس", "السعودية")
    assert len(outside) == 3
    assert not story & outside


def test_the_seed_page_repeats_a_headline(seed_page: Clustering) -> None:
    call = named(seed_page, "الكرملين: بوتين وترامب يجريان محادثة هاتفية حاليا")
    assert len(call) == 2
    assert len({families(seed_page)[id] for id in call}) == 1
