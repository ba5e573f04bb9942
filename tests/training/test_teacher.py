"""The teacher's vectors are kept a shard at a time."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from training import teacher
from training.teacher import Teacher, teach


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
