"""The lessons: translations, names of one thing, a headline with its own body, and what the teacher read."""

import gzip
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from training.lessons import TOKENS_OF_A_TEXT, Lessons, make_lessons, tokenize
from training.teacher_texts import TaughtText


@pytest.fixture(scope="module")
def pairs(material: Path, tokenizer: Tokenizer) -> Lessons:
    return make_lessons(material, tokenizer, [], 0)


def text(pairs: Lessons, tokenizer: Tokenizer, row: int) -> str:
    return str(tokenizer.decode(pairs.tokens[pairs.offsets[row] : pairs.offsets[row + 1]].tolist()))


def assert_equal(some: Lessons, others: Lessons) -> None:
    for name in ("tokens", "offsets", "left", "right", "group", "taught", "taught_group"):
        one, other = getattr(some, name), getattr(others, name)
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
    assert some.group_names == others.group_names


def test_every_source_gives_pairs(pairs: Lessons) -> None:
    assert pairs.group_names == ("quay", "wiktionary:lex", "gazette:news")
    counts = np.bincount(pairs.group)
    assert counts[0] >= 2 * 252  # English with each other language, and some beside
    assert counts[1] >= 2 * 19
    assert counts[2] == 252


def test_rows_are_texts(pairs: Lessons) -> None:
    assert pairs.offsets[0] == 0
    assert pairs.offsets[-1] == len(pairs.tokens)
    assert (np.diff(pairs.offsets) >= 0).all()
    for rows in (pairs.left, pairs.right):
        assert rows.min() >= 0
        assert rows.max() < len(pairs.offsets) - 1
    assert (pairs.left != pairs.right).all()
    lengths = np.diff(pairs.offsets)
    assert lengths[pairs.left].min() > 0
    assert lengths[pairs.right].min() > 0


def test_a_pair_is_two_writings_of_one_thing(pairs: Lessons, tokenizer: Tokenizer, material: Path) -> None:
    with gzip.open(material / "quay.parallel.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    tokens = {
        tuple(tokenizer.encode(record[language]).ids): number
        for number, record in enumerate(records)
        for language in ("en", "de", "ru")
    }
    for pair in np.flatnonzero(pairs.group == 0):
        ends = (pairs.left[pair], pairs.right[pair])
        ids = [tuple(pairs.tokens[pairs.offsets[row] : pairs.offsets[row + 1]].tolist()) for row in ends]
        assert tokens[ids[0]] == tokens[ids[1]]
        assert ids[0] != ids[1]


def test_the_seed_decides_what_is_drawn(material: Path, tokenizer: Tokenizer, pairs: Lessons) -> None:
    assert_equal(make_lessons(material, tokenizer, [], 0), pairs)
    other = make_lessons(material, tokenizer, [], 1)
    assert not (
        np.array_equal(other.left, pairs.left)
        and np.array_equal(other.right, pairs.right)
        and np.array_equal(other.tokens, pairs.tokens)
    )


def test_saved_and_read_again(material: Path, tokenizer: Tokenizer, tmp_path: Path) -> None:
    lessons = make_lessons(material, tokenizer, [TaughtText("the museum sells old maps", "en", "gazette:title")], 0)
    assert lessons.taught.max() == 0
    lessons.save(tmp_path / "lessons.npz")
    assert_equal(Lessons.load(tmp_path / "lessons.npz"), lessons)


def test_texts_are_cut_and_what_is_unknown_is_left_out(tokenizer: Tokenizer) -> None:
    tokens, offsets = tokenize(["river " * 200, "", "river བོད boat", "བོད"], tokenizer)
    assert np.diff(offsets).tolist() == [TOKENS_OF_A_TEXT, 0, 2, 0]
    assert tokenizer.decode(tokens[offsets[2] : offsets[3]].tolist()) == "river boat"


def test_a_material_without_pairs_is_told(tmp_path: Path, tokenizer: Tokenizer) -> None:
    with gzip.open(tmp_path / "lone.parallel.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.write('{"en": "a bridge"}\n')
    with pytest.raises(ValueError, match="no pair of texts"):
        make_lessons(tmp_path, tokenizer, [], 0)


def test_translations_are_taught_by_their_english_text(material: Path, tokenizer: Tokenizer) -> None:
    english, german = "the mayor opens a bridge by the river", "die Bürgermeisterin eröffnet eine Brücke am Fluss"
    other = "das Museum kauft ein Boot im Hafen"
    read = [TaughtText(other, "de", "gazette:title"), TaughtText(english, "en", "quay"), TaughtText("བོད", "bo", "quay")]
    lessons = make_lessons(material, tokenizer, read, 0)
    rows = {
        tuple(lessons.tokens[start:end].tolist()): row
        for row, (start, end) in enumerate(pairwise(lessons.offsets.tolist()))
    }

    def taught(text: str) -> tuple[int, str]:
        row = rows[tuple(tokenizer.encode(text).ids)]
        return int(lessons.taught[row]), lessons.group_names[lessons.taught_group[row]]

    assert taught(other) == (0, "gazette:title")
    assert taught(english) == (1, "quay")
    assert taught(german) == (1, "quay")
    assert sorted(lessons.taught[lessons.taught >= 0].tolist()) == [0, 1, 1, 1]
    assert ((lessons.taught < 0) == (lessons.taught_group < 0)).all()


def test_a_vector_of_its_own_is_taught_before_the_translation(material: Path, tokenizer: Tokenizer) -> None:
    english, german = "the mayor opens a bridge by the river", "die Bürgermeisterin eröffnet eine Brücke am Fluss"
    read = [TaughtText(english, "en", "quay"), TaughtText(german, "de", "gazette:title")]
    lessons = make_lessons(material, tokenizer, read, 0)
    assert lessons.taught[:2].tolist() == [0, 1], "what the teacher read comes first"
    assert [lessons.group_names[group] for group in lessons.taught_group[:2]] == ["quay", "gazette:title"]
    translated = np.flatnonzero(lessons.taught[2:] >= 0) + 2
    assert [text(lessons, tokenizer, row) for row in translated] == ["мэр открывает мост у реки"]
    assert lessons.taught[translated].tolist() == [0]


def test_nothing_is_taught_without_a_teacher(pairs: Lessons) -> None:
    assert (pairs.taught == -1).all()
    assert (pairs.taught_group == -1).all()
