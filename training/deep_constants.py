"""The constants of the deeper bundled model, which the reference texts give: measured once, and not in each run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from clusterer.encoding.constants import measured_constants
from clusterer.encoding.encoder import Encoder


def write_constants(encoder: Encoder, folder: Path) -> None:
    """Write the constants of the model, which `encoder` is, into its folder, as the static model has them."""
    measured = measured_constants(encoder)
    arrays = {
        "language_means": measured.means,
        "overall_mean": measured.overall,
        "dense_scale": np.array([measured.scale], dtype=np.float32),
    }
    save_file(arrays, folder / "constants.safetensors")
    told = {"languages": measured.languages, "alignment": dict(measured.alignment)}
    (folder / "constants.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
