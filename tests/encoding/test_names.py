"""What names sound like, across scripts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterer.encoding.names import COLUMNS, name_column, name_key, name_rows


@pytest.mark.parametrize(
    "written",
    [
        ("Netanyahu", "نتنياهو", "نتانياهو", "Нетаньяху", "Netanyahou"),
        ("Putin", "بوتين", "Путин", "Poutine"),
        ("Trump", "ترامب", "Трамп"),
        ("Istanbul", "إسطنبول"),
        ("Rosales", "Росалес"),
    ],
)
def test_one_name_has_one_key_in_every_script(written: tuple[str, ...]) -> None:
    assert len({name_key(word) for word in written}) == 1
    assert name_key(written[0])


def test_different_names_have_different_keys() -> None:
    names = ["Netanyahu", "Putin", "Trump", "Macron", "Erdogan", "Lavrov", "Washington", "Moscow", "Beirut", "Doha"]
    keys = [key for name in names if (key := name_key(name))]
    assert len(set(keys)) == len(keys) >= 9


@pytest.mark.parametrize("word", ["the", "of", "7", "北京", "東京", "ไทย", "", "—"])
def test_what_says_too_little_has_no_key(word: str) -> None:
    assert name_key(word) == ""


def test_numbers_are_their_own_key() -> None:
    assert name_key("2025") == "2025"
    assert name_key("٢٠٢٥") == "2025"


@given(st.text())
def test_any_text_gives_an_ascii_key_and_a_column(text: str) -> None:
    key = name_key(text)
    assert key.isascii()
    assert 0 <= name_column(key) < COLUMNS


@given(st.lists(st.text(max_size=40), max_size=6))
def test_a_row_is_of_unit_length_or_empty_and_depends_on_its_text_alone(texts: list[str]) -> None:
    rows = name_rows(texts)
    assert rows.shape == (len(texts), COLUMNS)
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1))).ravel()
    assert np.all((np.abs(lengths - 1) < 1e-5) | (lengths == 0))
    for text, row in zip(texts, rows, strict=True):
        alone = name_rows([text])
        assert np.array_equal(alone.indices, row.indices)
        assert np.array_equal(alone.data, row.data)


def test_a_rare_name_weighs_more_than_a_common_word() -> None:
    row = name_rows(["Netanyahu minister"])
    weight = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
    assert weight[name_column(name_key("Netanyahu"))] > weight[name_column(name_key("minister"))]
