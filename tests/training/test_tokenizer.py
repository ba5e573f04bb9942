"""The tokenizer: one word is written in one way, and trained on whatever there is."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer

from training.tokenizer import LONGEST_WORD, UNKNOWN, train_tokenizer, untrained_tokenizer


def folded(text: str) -> list[str]:
    tokenizer = untrained_tokenizer()
    normal = tokenizer.normalizer.normalize_str(text)
    return [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Überschwemmung, RIVER!", ["uberschwemmung", "river"]),
        ("أحمد إلى آخر", ["احمد", "الي", "اخر"]),
        ("مُحَمَّدٌ ـــ مدرسة", ["محمد", "مدرسه"]),
        ("שָׁלוֹם", ["שלום"]),
        ("iPhone15发布会", ["iphone", "15", "发布会"]),
        ("14,000 — “quoted”", ["14", "000", "quoted"]),
        ("मौसम", ["मौसम"]),
        ("", []),
    ],
)
def test_variants_are_folded_and_words_split_at_changes_of_script(text: str, words: list[str]) -> None:
    assert folded(text) == words


def test_it_is_trained_on_texts_and_names(tokenizer: Tokenizer) -> None:
    vocabulary = tokenizer.get_vocab()
    assert vocabulary[UNKNOWN] == 0
    assert sorted(vocabulary.values()) == list(range(len(vocabulary)))
    assert {"river", "harbour", "brucke", "мост", "лодку", "##s"} <= vocabulary.keys()
    assert tokenizer.encode("Die BRÜCKE", add_special_tokens=False).tokens == ["die", "brucke"]


def test_training_again_gives_the_same(material: Path, tokenizer: Tokenizer) -> None:
    assert train_tokenizer(material).to_str() == tokenizer.to_str()


def test_a_phrase_without_spaces_is_not_unknown(tokenizer: Tokenizer) -> None:
    phrase = "river" * (LONGEST_WORD // 5)
    assert len(phrase) == LONGEST_WORD
    assert UNKNOWN not in tokenizer.encode(phrase).tokens
    assert tokenizer.encode(phrase + "s").tokens == [UNKNOWN]


def test_sources_of_names_may_be_missing(tmp_path: Path, material: Path) -> None:
    (tmp_path / "quay.parallel.jsonl.gz").write_bytes((material / "quay.parallel.jsonl.gz").read_bytes())
    assert "river" in train_tokenizer(tmp_path).get_vocab()
