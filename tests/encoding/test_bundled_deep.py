"""The deeper bundled model: offline, small, and an encoder as any."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

import clusterer
from clusterer.encoding import bundled_deep
from clusterer.encoding.bundled_deep import load_bundled_deep
from clusterer.encoding.bundled_files import DEEP_MODEL
from clusterer.encoding.constants import measured_constants
from clusterer.encoding.encoder import Encoder
from clusterer.encoding.sentence_transformer import SentenceTransformerEncoder
from clusterer.errors import ModelError, UsageError
from clusterer.pipeline import constants_of

LARGEST_FOLDER = 64_000_000
FERRY = [
    "The ferry line across the strait will open again on Sunday after two years of repairs.",
    "Паромная линия через пролив снова откроется в воскресенье после двух лет ремонта.",
    "停运两年维修之后，海峡渡轮航线将于周日重新开放。",
    "La ligne de ferry à travers le détroit rouvrira dimanche après deux ans de travaux.",
    "เรือข้ามฟากข้ามช่องแคบจะเปิดให้บริการอีกครั้งในวันอาทิตย์หลังซ่อมแซมสองปี",
]
BANK = "The central bank left its interest rate unchanged on Thursday."


@pytest.fixture(scope="module")
def encoder() -> SentenceTransformerEncoder:
    return load_bundled_deep("float32")


def test_the_folder_is_small() -> None:
    assert sum(path.stat().st_size for path in DEEP_MODEL.rglob("*") if path.is_file()) <= LARGEST_FOLDER


def test_missing_weights_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled_deep, "DEEP_MODEL", tmp_path)
    with pytest.raises(ModelError, match=r"weights are missing\. Install clusterer again") as caught:
        load_bundled_deep("float32")
    assert caught.value.where == str(tmp_path / "model.safetensors")


def test_it_has_its_own_prompt() -> None:
    with pytest.raises(UsageError, match="has its own prompt") as caught:
        clusterer.load_encoder("bundled-deep", prompt="query: ")
    assert caught.value.where == "--prompt"


def test_there_is_no_other_arithmetic() -> None:
    with pytest.raises(UsageError, match="there is no dtype float16"):
        clusterer.load_encoder("bundled-deep", dtype="float16")


@pytest.mark.model
def test_it_is_an_encoder(encoder: SentenceTransformerEncoder) -> None:
    chosen: Encoder = clusterer.load_encoder("bundled-deep")
    assert chosen.name == encoder.name == "bundled-deep"
    assert chosen.dtype in ("float32", "bfloat16")
    assert (chosen.prompt, chosen.dimension) == (None, 384)
    vectors = chosen.encode([*FERRY, "", " \n"])
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), [1] * len(FERRY) + [0, 0], atol=1e-6)


@pytest.mark.model
def test_a_translation_is_nearer_than_other_news(encoder: SentenceTransformerEncoder) -> None:
    ferry, bank = encoder.encode(FERRY), encoder.encode([BANK])[0]
    assert (ferry @ ferry[0] > ferry @ bank + 0.02).all()


@pytest.mark.model
def test_the_other_arithmetic_gives_nearly_the_same(encoder: SentenceTransformerEncoder) -> None:
    other = load_bundled_deep("bfloat16")
    assert other.fingerprint != encoder.fingerprint
    texts = [*FERRY, BANK]
    assert (other.encode(texts) * encoder.encode(texts)).sum(axis=1).min() > 0.999


@pytest.mark.model
def test_neither_order_nor_company_changes_a_vector(encoder: SentenceTransformerEncoder) -> None:
    texts = [*FERRY, BANK, *(f"Story {number}: " + "the vote was put off again " * number for number in range(30))]
    together = encoder.encode(texts)
    shuffled = random.Random(1).sample(range(len(texts)), len(texts))
    assert np.array_equal(encoder.encode([texts[place] for place in shuffled]), together[shuffled])
    alone = np.vstack([encoder.encode([text]) for text in texts])
    assert np.abs(alone - together).max() < 1e-5


@pytest.mark.model
def test_a_text_is_read_to_its_most_tokens(encoder: SentenceTransformerEncoder) -> None:
    assert encoder.max_tokens == 512
    whole, longer = encoder.encode(["ferry " * 600, "ferry " * 600 + "volcano"])
    assert np.array_equal(whole, longer)
    assert not np.array_equal(*encoder.encode(["ferry " * 200, "ferry " * 200 + "volcano"]))


@pytest.mark.model
def test_it_is_not_saved_as_what_could_not_be_opened(encoder: SentenceTransformerEncoder, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be saved"):
        encoder._model.save(str(tmp_path / "copy"))


@pytest.mark.model
def test_an_index_remembers_it(tmp_path: Path) -> None:
    with clusterer.open_index(tmp_path / "i", encoder=clusterer.load_encoder("bundled-deep"), create=True) as index:
        index.add([{"id": str(number), "title": title} for number, title in enumerate(FERRY)])
    with clusterer.open_index(tmp_path / "i") as index:
        assert index.info()["model"]["name"] == "bundled-deep"
        assert index.similar("A ferry crosses the strait again")[0].article.id in {"0", "1", "2", "3", "4"}


@pytest.mark.model
def test_the_constants_that_ship_are_those_that_are_measured(encoder: SentenceTransformerEncoder) -> None:
    shipped, measured = constants_of(encoder), measured_constants(encoder)
    assert shipped.languages == measured.languages
    assert shipped.scale == pytest.approx(measured.scale, rel=1e-3)
    assert shipped.alignment == pytest.approx(measured.alignment, abs=1e-3)
    assert np.abs(shipped.means - measured.means).max() < 1e-3
    assert np.abs(shipped.overall - measured.overall).max() < 1e-3
