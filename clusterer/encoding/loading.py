"""One way to a model, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusterer.encoding.bundled import BUNDLED_NAME, bundled_encoder
from clusterer.errors import UsageError

if TYPE_CHECKING:
    from clusterer.encoding.encoder import Encoder


def load_encoder(
    name: str | None = None, *, prompt: str | None = None, dtype: str = "float32", threads: int | None = None
) -> Encoder:
    """The bundled model for None or "bundled"; else the sentence-transformers model of this hub name or local path.

    `prompt` is put before each text, in place of the model's own. `dtype` is "float32" or "bfloat16". `threads` limits
    the processor threads of a transformer. Raises `ModelError` when the model cannot be loaded, and `UsageError` for
    a prompt or a dtype that the bundled model has no use for.
    """
    if name is None or name == BUNDLED_NAME:
        if prompt or dtype != "float32":
            raise UsageError(
                "the bundled model takes no prompt and is always float32",
                where="--prompt" if prompt else "--dtype",
                remedy="Leave the option out, or name another model with --model.",
            )
        return bundled_encoder()
    from clusterer.encoding.sentence_transformer import load_sentence_transformer

    return load_sentence_transformer(name, prompt=prompt, dtype=dtype, threads=threads)
