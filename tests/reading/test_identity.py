"""Ids and canonical addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterer.reading.identity import canonical_url, derive_id


@pytest.mark.parametrize(
    "spelling",
    [
        "https://news.example/a/b?id=1&x=2",
        "HTTPS://News.Example:443/a/b/?x=2&id=1#top",
        "https://news.example/a/b?utm_source=feed&id=1&x=2&fbclid=abc",
        " https://news.example/a/b?id=1&x=2&UTM_Medium=mail&gclid=1 ",
    ],
)
def test_spellings_of_one_address(spelling: str) -> None:
    assert canonical_url(spelling) == "https://news.example/a/b?id=1&x=2"


def test_what_makes_another_address() -> None:
    addresses = ["http://n.example/A", "http://n.example/a", "https://n.example/a", "http://n.example:81/a"]
    assert len({canonical_url(address) for address in [*addresses, "http://n.example/a?id=1"]}) == 5


def test_what_is_no_address_stays() -> None:
    assert canonical_url("http://[broken") == "http://[broken"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_canonical_is_final(text: str) -> None:
    once = canonical_url("http://n.example/" + text)
    assert canonical_url(once) == once


def test_ids_tell_parts_apart() -> None:
    args = ("http://n.example/a", None, "article", "ab", "c", None)
    assert derive_id(*args) == derive_id("http://n.example/a#x", "Other", "article", "ab", "c", None)
    assert len(derive_id(*args)) == 16
    assert derive_id(*args) != derive_id("http://n.example/a", None, "article", "a", "bc", None)
    assert derive_id(None, "A", "article", "ab", "c", None) != derive_id(None, "B", "article", "ab", "c", None)
