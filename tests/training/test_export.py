"""The one command, end to end, and the folder that it writes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from clusterer.encoding import bundled, lexicon
from clusterer.encoding.bundled import BundledEncoder
from clusterer.encoding.constants import reference_texts
from training.export import export_model, quantize
from training.tokenizer import UNKNOWN

PROJECT = Path(__file__).resolve().parents[2]
TEXTS = ["The mayor opens a bridge by the river", "мэр открывает мост у реки", "Das Museum", "boat " * 300, ""]
FILES = {
    "config.json",
    "config_sentence_transformers.json",
    "constants.json",
    "constants.safetensors",
    "model.safetensors",
    "modules.json",
    "tokenizer.json",
}


def train(material: Path, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "training", "--material", material, "--work", folder / "work"]
    command += ["--output", folder / "model", "--steps", "2", *options]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=PROJECT, check=False)


@pytest.fixture(scope="module")
def made(material: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command made, in `model`, and of what, in `work`."""
    folder = tmp_path_factory.mktemp("made")
    finished = train(material, folder)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[0] == "training the tokenizer"
    return folder


@pytest.fixture
def encoder(made: Path, monkeypatch: pytest.MonkeyPatch) -> BundledEncoder:
    monkeypatch.setattr(bundled, "BUNDLED_MODEL", made / "model")
    monkeypatch.setattr(lexicon, "BUNDLED_MODEL", made / "model")
    return BundledEncoder()


def test_the_folder_is_complete(made: Path) -> None:
    assert {path.name for path in (made / "model").iterdir()} == FILES


def test_the_seed_decides_every_byte(material: Path, made: Path, tmp_path: Path) -> None:
    assert train(material, tmp_path, "--seed", "0").returncode == 0
    for name in FILES:
        assert (tmp_path / "model" / name).read_bytes() == (made / "model" / name).read_bytes(), name


def test_what_is_done_is_not_done_again(material: Path, made: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in (made / "work").iterdir()}
    finished = train(material, made)
    assert finished.stdout == "writing the model\n", finished.stderr
    assert {path.name: path.stat().st_mtime_ns for path in (made / "work").iterdir()} == before


def test_it_loads_as_the_bundled_model(encoder: BundledEncoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert np.allclose(np.linalg.norm(vectors, axis=1), [1, 1, 1, 1, 0], atol=1e-6)
    assert not encoder.encode(["བོད"]).any()


@pytest.mark.model
def test_it_loads_in_sentence_transformers(made: Path, encoder: BundledEncoder) -> None:
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(made / "model"), device="cpu").encode(TEXTS)
    assert np.abs(theirs - encoder.encode(TEXTS)).max() < 1e-5


def test_constants_are_those_of_the_material(made: Path, encoder: BundledEncoder) -> None:
    noted = json.loads((made / "model" / "constants.json").read_text(encoding="utf-8"))
    arrays = load_file(made / "model" / "constants.safetensors")
    assert noted["languages"] == ["de", "en", "ru"]
    assert all(count > 252 for count in noted["texts"].values())  # the sentences and the news
    assert noted["alignment"]["en"] == pytest.approx(float(arrays["dense_scale"][0]), rel=1e-3)
    assert noted["alignment"].keys() == reference_texts().keys()
    assert arrays["language_means"].shape == (3, encoder.dimension)
    assert np.allclose(arrays["overall_mean"], arrays["language_means"].mean(axis=0), atol=0.05)
    rarity = arrays["inverse_document_frequency"]
    identify = encoder.lexicon.tokenizer.token_to_id
    assert rarity[identify(UNKNOWN)] == 0
    assert rarity[identify("the")] < rarity[identify("river")]
    assert len(rarity) == encoder.lexicon.tokenizer.get_vocab_size()


def test_quantized_rows_are_near_to_what_they_were() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 16)).astype(np.float32)
    rows[3] = 0
    whole, scales = quantize(rows)
    assert whole.dtype == np.int8
    assert scales.dtype == np.float32
    assert (np.abs(whole * scales[:, None] - rows) <= scales[:, None] * 0.51).all()
    assert not whole[3].any()


def test_too_little_material_is_told(tmp_path: Path, tokenizer: Tokenizer) -> None:
    vectors = np.ones((tokenizer.get_vocab_size(), 4), dtype=np.float32)
    with pytest.raises(ValueError, match="no language has 200 texts"):
        export_model(vectors, tokenizer, tmp_path, tmp_path / "model", 0)


def test_help_says_what_there_is() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "training", "--help"], capture_output=True, text=True, cwd=PROJECT, check=True
    )
    for option in ("--material", "--teacher", "--work", "--output", "--steps", "--seed"):
        assert option in finished.stdout
