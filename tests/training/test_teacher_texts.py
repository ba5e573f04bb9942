"""What the teacher reads: English sides of translations, news, names, each text once."""

from pathlib import Path

import pytest

from training import teacher_texts
from training.teacher_texts import load_texts, save_texts, texts_to_teach


def test_every_kind_of_text_is_read_once(material: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teacher_texts, "BODY_SENTENCE_CHARACTERS", range(20, 240))
    texts = texts_to_teach(material, 0)
    assert {item.group for item in texts} == {"quay", "gazette:title", "gazette:lead", "gazette:sentence"}
    assert len({item.text for item in texts}) == len(texts)
    assert {item.language for item in texts if item.group == "quay"} == {"en"}
    assert sum(item.group == "quay" for item in texts) <= 252


def test_names_known_in_many_languages_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.training.conftest import names, write_source

    monkeypatch.setattr(teacher_texts, "LANGUAGES_OF_A_NAME", 3)
    write_source(tmp_path / "wikidict_titles.lex.jsonl.gz", names())
    assert {item.text for item in texts_to_teach(tmp_path, 0)} >= {"the mayor", "in the harbour"}


def test_limits_are_kept(material: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teacher_texts, "TITLES_OF_A_LANGUAGE", 5)
    monkeypatch.setitem(teacher_texts.SENTENCES_OF_A_SOURCE, "quay", 7)
    texts = texts_to_teach(material, 0)
    assert sum(item.group == "quay" for item in texts) == 7
    assert sum(item.group == "gazette:title" for item in texts) <= 15


def test_the_seed_decides_the_order(material: Path, tmp_path: Path) -> None:
    texts = texts_to_teach(material, 0)
    assert texts_to_teach(material, 0) == texts
    assert texts_to_teach(material, 1) != texts
    is_lead = [item.group.endswith(":lead") for item in texts]
    assert 0 < sum(is_lead) < len(texts)
    assert is_lead == sorted(is_lead, reverse=True)
    save_texts(texts, tmp_path / "texts.jsonl")
    assert load_texts(tmp_path / "texts.jsonl") == texts
