"""The teacher's vectors are kept a shard at a time."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.training.conftest import sentences
from training import teacher
from training.teacher import PROMPT, TOKENS, Teacher, teach


class Counting(Teacher):
    """A teacher that says how long a text is, and counts what it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += len(texts)
        return np.array([[len(text), 1] for text in texts], dtype=np.float16)


def test_what_was_read_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teacher, "SHARD", 4)
    texts = ["x" * length for length in range(1, 11)]
    reader = Counting()
    assert teach(reader, texts, tmp_path)[:, 0].tolist() == list(range(1, 11))
    assert reader.asked == 10
    (tmp_path / "0001.npy").unlink()
    assert teach(reader, texts, tmp_path)[:, 0].tolist() == list(range(1, 11))
    assert reader.asked == 14


@pytest.mark.model
def test_the_quantized_teacher_is_nearly_the_transformer(minilm_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="the extra `training` is not installed")
    pytest.importorskip("nncf", reason="the extra `training` is not installed")
    from sentence_transformers import SentenceTransformer

    texts = [f"{record['en']}, {other['en']}" for record, other in zip(sentences(), sentences()[100:], strict=False)]
    texts[7] = "short"
    read = Teacher(minilm_folder, tmp_path / "teacher.xml", texts[:40])
    found = read.encode(texts).astype(np.float32)
    wanted = SentenceTransformer(str(minilm_folder), device="cpu").encode(
        [PROMPT + text for text in texts], normalize_embeddings=True
    )
    assert found.shape == (len(texts), read.dimension)
    assert np.median((found * wanted).sum(axis=1)) > 0.98
    assert (np.argmax(found @ wanted.T, axis=1) == np.arange(len(texts))).mean() > 0.95
    readings = read.read(texts[:9], TOKENS)
    means = np.add.reduceat(readings.states.astype(np.float32), readings.offsets[:-1])
    assert np.allclose(means / np.linalg.norm(means, axis=1, keepdims=True), found[:9], atol=2e-3)
    assert len(readings) == 9
    assert np.diff(read.read(texts[:9], 12).offsets).max() == 12
    again = Teacher(minilm_folder, tmp_path / "teacher.xml", [])
    assert np.array_equal(again.encode(texts[:5]), read.encode(texts[:5]))
