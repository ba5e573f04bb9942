"""The deeper bundled model: a transformer of three layers, slower than the static one and nearer to what is meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from clusterer.encoding.bundled_files import DEEP_MODEL
from clusterer.encoding.model_folder import CONFIGURATION, content_digest
from clusterer.encoding.sentence_transformer import SentenceTransformerEncoder, checked_dtype, quiet
from clusterer.errors import ModelError

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

DEEP_NAME = "bundled-deep"
# Processors that multiply bfloat16 as such; on others float32 is quicker.
_BFLOAT16_CAPABILITIES = ("avx512_bf16", "amx_bf16")


def load_bundled_deep(
    dtype: str | None = None, threads: int | None = None, folder: Path | None = None
) -> SentenceTransformerEncoder:
    """Load the model that ships, or another of its kind from a `folder`. It computes in `dtype`, "float32" or
    "bfloat16"; without it in the one that this processor is quicker at. `threads` is how many torch uses, for the whole
    process.

    Raises ModelError where its files are missing, UsageError for another dtype.
    """
    chosen, folder = checked_dtype(dtype or _quicker_dtype()), folder or DEEP_MODEL
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise ModelError(
            "the deeper bundled model's weights are missing", where=str(weights), remedy="Install clusterer again."
        )
    import torch

    if threads is not None:
        torch.set_num_threads(threads)
    with quiet():
        model = _model(folder, getattr(torch, chosen))
    return SentenceTransformerEncoder(DEEP_NAME, model, content_digest(folder), prompt=None, dtype=chosen)


def _model(folder: Path, dtype: torch.dtype) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

    from clusterer.encoding.deep_transformer import DeepTransformer

    transformer = DeepTransformer(folder, dtype)
    modules = [transformer, Pooling(transformer.get_embedding_dimension(), pooling_mode="mean"), Normalize()]
    prompts = json.loads((folder / CONFIGURATION).read_text(encoding="utf-8"))
    return SentenceTransformer(modules=modules, **prompts)


def _quicker_dtype() -> str:
    import torch

    capabilities = torch.cpu.get_capabilities()
    return "bfloat16" if any(capabilities.get(name) for name in _BFLOAT16_CAPABILITIES) else "float32"
