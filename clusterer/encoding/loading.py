"""One way to a model, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusterer.encoding.bundled import BUNDLED_NAME, bundled_encoder
from clusterer.encoding.bundled_deep import DEEP_NAME, load_bundled_deep
from clusterer.encoding.sentence_transformer import load_sentence_transformer
from clusterer.errors import UsageError

if TYPE_CHECKING:
    from clusterer.encoding.encoder import Encoder


def load_encoder(
    name: str | None = None, *, prompt: str | None = None, dtype: str | None = None, threads: int | None = None
) -> Encoder:
    """The bundled model for None or "bundled", the deeper one for "bundled-deep"; else the sentence-transformers model
    of this hub name or local path.

    `prompt` is put before each text, in place of the model's own. `dtype` is "float32" or "bfloat16"; without it the
    deeper bundled model computes in the one that this processor is quicker at, any other in float32. `threads` limits
    the processor threads of a transformer. Raises `ModelError` when the model cannot be loaded, and `UsageError` for
    a prompt or a dtype that a bundled model has no use for.
    """
    if name is None or name == BUNDLED_NAME:
        if prompt or dtype not in (None, "float32"):
            raise UsageError(
                "the bundled model takes no prompt and is always float32",
                where="--prompt" if prompt else "--dtype",
                remedy="Leave the option out, or name another model with --model.",
            )
        return bundled_encoder()
    if name == DEEP_NAME:
        if prompt:
            raise UsageError(
                "the deeper bundled model has its own prompt",
                where="--prompt",
                remedy="Leave the option out, or name another model with --model.",
            )
        return load_bundled_deep(dtype, threads)
    return load_sentence_transformer(name, prompt=prompt, dtype=dtype, threads=threads)
