"""The constants that ship with the deeper bundled model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clusterer.encoding.constants import bundled_constants, measured_constants
from tests.word_encoder import WordEncoder
from training.deep_constants import write_constants


def test_what_is_written_is_what_was_measured(tmp_path: Path) -> None:
    encoder = WordEncoder()
    write_constants(encoder, tmp_path)
    measured, found = measured_constants(encoder), bundled_constants(tmp_path)
    assert found.languages == measured.languages
    assert found.scale == pytest.approx(measured.scale)
    assert found.alignment == measured.alignment
    assert np.array_equal(found.means, measured.means)
    assert np.array_equal(found.overall, measured.overall)
