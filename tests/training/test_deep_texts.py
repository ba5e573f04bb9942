"""What the deeper student reads: each text once, documents that follow each other, no language more than its share."""

from pathlib import Path

import pytest

from tests.training.conftest import news, sentences, write_source
from training import deep_texts
from training.deep_texts import texts_to_follow


@pytest.fixture
def material(tmp_path: Path) -> Path:
    write_source(tmp_path / "wmt_newstest.parallel.jsonl.gz", sentences())
    write_source(tmp_path / "gazette.news.jsonl.gz", [record | {"body": record["body"] * 3} for record in news()])
    return tmp_path


def test_each_text_is_read_once_and_the_seed_decides_the_order(material: Path) -> None:
    texts = texts_to_follow(material, 0)
    assert len(set(texts)) == len(texts)
    languages = {language for record in sentences() for language in ("en", "de", "ru") if record[language] in texts}
    assert languages == {"en", "de", "ru"}
    assert texts == texts_to_follow(material, 0)
    assert texts != texts_to_follow(material, 1)
    lengths = [len(text) for text in texts]
    assert max(lengths) <= deep_texts.DOCUMENT_CHARACTERS
    assert min(lengths) >= deep_texts.TEXT_CHARACTERS.start


def test_lines_that_follow_each_other_are_documents(material: Path) -> None:
    german = " ".join(record["de"] for record in sentences())
    found = [text for text in texts_to_follow(material, 0) if text in german]
    lines = {record["de"] for record in sentences()}
    assert sum(text not in lines for text in found) > len(lines) / 8


def test_headline_and_body_are_read_together(material: Path) -> None:
    record = news()[0]
    wanted = f"{record['title']} . {record['body'] * 3}"
    assert wanted in texts_to_follow(material, 0)


def test_no_language_is_read_more_than_its_share(material: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deep_texts, "OF_A_LANGUAGE", 20)
    monkeypatch.setattr(deep_texts, "OF_ENGLISH", 30)
    assert len(texts_to_follow(material, 0)) == 70
