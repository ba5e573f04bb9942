from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from clusterer.article import Article
from clusterer.identity import identify

DAY = datetime(2026, 5, 1, tzinfo=UTC)

records = st.lists(
    st.builds(
        Article,
        id=st.sampled_from("abc"),
        headline=st.sampled_from(["one", "two"]),
        body=st.sampled_from(["", "text"]),
        published=st.sampled_from([None, DAY, DAY + timedelta(days=1)]),
    ),
    max_size=8,
)


def test_the_later_published_stays() -> None:
    early = Article("a", "early", published=DAY)
    late = Article("a", "late", published=DAY + timedelta(seconds=1))
    undated = Article("a", "undated")
    for order in ([early, late, undated], [late, undated, early], [undated, early, late]):
        found = identify(order)
        assert found.articles == (late,)
        assert found.replaced == 2
        assert found.rows == (order.index(late),)


def test_the_same_record_again_replaces_nothing() -> None:
    article, other = Article("a", "one"), Article("b", "two")
    found = identify([article, other, article])
    assert found.articles == (article, other)
    assert found.ids == ("a", "b", "a")
    assert found.rows == (0, 1)
    assert found.replaced == 0


def test_each_record_that_gave_way_is_counted_in_any_order() -> None:
    old, new = Article("a", "old", published=DAY), Article("a", "new", published=DAY + timedelta(days=1))
    assert [identify(order).replaced for order in ([old, old, new], [old, new, old], [new, old, old])] == [2, 2, 2]


def test_no_records_are_no_articles() -> None:
    found = identify(iter([]))
    assert (found.articles, found.ids, found.rows, found.replaced) == ((), (), (), 0)


@given(records, st.randoms(use_true_random=False))
def test_the_order_of_the_records_has_no_influence(some: list[Article], chance: random.Random) -> None:
    found = identify(some)
    shuffled = some.copy()
    chance.shuffle(shuffled)
    again = identify(shuffled)
    assert sorted(again.articles, key=lambda article: article.id) == sorted(
        found.articles, key=lambda article: article.id
    )
    assert again.replaced == found.replaced


@given(records)
def test_every_record_has_its_article(some: list[Article]) -> None:
    found = identify(some)
    assert found.ids == tuple(article.id for article in some)
    assert [article.id for article in found.articles] == list(dict.fromkeys(found.ids))
    assert [some[row] for row in found.rows] == list(found.articles)
    assert all(
        (kept.published or datetime.min.replace(tzinfo=UTC)) >= (article.published or datetime.min.replace(tzinfo=UTC))
        for article in some
        for kept in found.articles
        if kept.id == article.id
    )
