"""Any sentence-transformers model as an encoder.

Importing the library takes seconds, so this module imports it only when a model is loaded.
"""

from __future__ import annotations

import hashlib
import json
import logging
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clusterer.encoding.encoder import Vectors
from clusterer.encoding.model_folder import check_model_folder, content_digest, find_model_folder
from clusterer.errors import ModelError, UsageError
from clusterer.progress import Progress, silent

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DTYPES = ("float32", "bfloat16")
# A batch has about so many tokens, with prompts and what pads them: short texts are many together, and long ones few.
TOKENS_OF_A_BATCH = 4096

_NOISY_LOGGERS = ("sentence_transformers", "transformers")
# Prompts by the names that models give them, the fittest first. All texts get the same one, so that they compare.
_PROMPT_NAMES = ("clustering", "query")
_SHOWN_TEXT = 60


def load_sentence_transformer(
    name_or_path: str,
    *,
    prompt: str | None = None,
    dtype: str | None = None,
    threads: int | None = None,
) -> SentenceTransformerEncoder:
    """Load a model from a folder, or by its hub name, downloading it the first time.

    `prompt` stands before every text; without it the model's own is taken: its default prompt, or else the one that it
    declares for clustering, or for queries. `dtype` is that of the computation, without it float32; vectors are float32
    in any case. `threads` is how many torch uses, for the whole process. Nothing is unpickled and no code of a model is
    run.

    Raises ModelError where there is no such model or it cannot be loaded in this way, UsageError for another dtype.
    """
    chosen = checked_dtype(dtype or "float32")
    folder = find_model_folder(name_or_path)
    check_model_folder(folder)
    with quiet():
        model = _load(folder, name_or_path, chosen, threads)
    return SentenceTransformerEncoder(name_or_path, model, content_digest(folder), prompt=prompt, dtype=chosen)


def checked_dtype(dtype: str) -> str:
    """The dtype, if a transformer can compute in it; else a UsageError."""
    if dtype not in DTYPES:
        raise UsageError(f"there is no dtype {dtype}", where="--dtype", remedy=f"Choose {' or '.join(DTYPES)}.")
    return dtype


class SentenceTransformerEncoder:
    """An encoder made of a loaded model. The same texts have the same vectors, in whatever order they come.

    `prompt` is the user's own, or None; `applied_prompt` is what stands before each text, "" where nothing does.
    """

    def __init__(self, name: str, model: SentenceTransformer, content: str, *, prompt: str | None, dtype: str) -> None:
        dimension = model.get_embedding_dimension()
        if dimension is None:
            raise ModelError(
                "the model does not say how long its vectors are", where=name, remedy="Choose another model."
            )
        self.name = name
        self.prompt = prompt
        self.applied_prompt = _declared_prompt(model) if prompt is None else prompt
        self.dtype = dtype
        self.dimension = dimension
        self._model = model
        decisive = [content, self.applied_prompt, dtype, self.max_tokens, dimension]
        self.fingerprint = hashlib.sha256(json.dumps(decisive).encode()).hexdigest()

    @property
    def max_tokens(self) -> int | None:
        """How many tokens of a text, its prompt and marks counted, the model reads; None where there is no limit."""
        with quiet():
            length = self._model.max_seq_length
        # A tokenizer that knows no limit says so with a number like 10 to the power of 30.
        return length if length is not None and length < 2**31 else None

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Unit vectors of the texts, float32 [n, dimension]; a text with nothing to read gets a row of zeros.

        Equal texts are encoded once. Batches are of texts of like length in tokens, the longest first. Raises
        ModelError where the model gives something that is no number.
        """
        told = progress or silent
        wanted = sorted({text for text in texts if _has_content(text)})
        distinct = np.zeros((len(wanted) + 1, self.dimension), dtype=np.float32)
        with quiet():
            lengths = self._token_counts(wanted)
            order = [place for place in np.argsort(-lengths, kind="stable").tolist() if lengths[place]]
            of_prompt = int(self._token_counts([self.applied_prompt])[0])
            start = 0
            while start < len(order):
                longest = int(lengths[order[start]]) + of_prompt
                batch = order[start : start + max(1, TOKENS_OF_A_BATCH // longest)]
                distinct[batch] = self._encode_batch([wanted[place] for place in batch])
                start += len(batch)
                told("encode", start, len(order))
        row_of = {text: row for row, text in enumerate(wanted)}
        return distinct[[row_of.get(text, -1) for text in texts]]

    def _token_counts(self, texts: list[str]) -> npt.NDArray[np.int64]:
        """How many tokens each text has, without prompt and marks, as far as the model reads."""
        from tokenizers import Tokenizer

        if not texts:
            return np.zeros(0, dtype=np.int64)
        tokenizer = self._model.tokenizer
        if isinstance(tokenizer, Tokenizer):
            return np.array([len(encoding) for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)])
        options = {"truncation": self.max_tokens is not None, "max_length": self.max_tokens}
        tokens = tokenizer(texts, add_special_tokens=False, return_attention_mask=False, **options)["input_ids"]
        return np.array([len(row) for row in tokens])

    def _encode_batch(self, texts: list[str]) -> Vectors:
        encoded = self._model.encode(
            texts, prompt=self.applied_prompt, batch_size=len(texts), show_progress_bar=False, convert_to_tensor=True
        )
        vectors = encoded.double().cpu().numpy()
        finite = np.isfinite(vectors).all(axis=1)
        if not finite.all():
            text = texts[int(np.argmin(finite))]
            raise ModelError(
                f"the model gives a vector that is not of numbers for the text {text[:_SHOWN_TEXT]!r}",
                where=self.name,
                remedy="Compute in float32 (--dtype float32), or choose another model.",
            )
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0).astype(np.float32)
        return unit


def _load(folder: Path, name: str, dtype: str, threads: int | None) -> SentenceTransformer:
    import torch
    from sentence_transformers import SentenceTransformer

    if threads is not None:
        torch.set_num_threads(threads)
    try:
        return SentenceTransformer(
            str(folder),
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True, "dtype": getattr(torch, dtype)},
        )
    except Exception as error:  # what a damaged or unknown model raises is of no one kind
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(
            f"the model cannot be loaded ({lines[0].rstrip('.')})",
            where=name,
            remedy="Check that the folder is whole and that sentence-transformers itself can load it.",
        ) from error


def _declared_prompt(model: SentenceTransformer) -> str:
    """The prompt that fits all texts alike; "" where the model declares none."""
    prompts = {name: text for name, text in model.prompts.items() if text}
    if model.default_prompt_name is not None:
        return prompts.get(model.default_prompt_name, "")
    by_name = {name.lower(): text for name, text in prompts.items()}
    return next((by_name[name] for name in _PROMPT_NAMES if name in by_name), "")


def _has_content(text: str) -> bool:
    """Whether there is anything in a text but white space and control and format characters."""
    return any(unicodedata.category(character)[0] not in "ZC" for character in text)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' progress bars, notes and warnings off the terminal."""
    from transformers.utils import logging as bars

    had_bars = bars.is_progress_bar_enabled()
    loggers = [logging.getLogger(name) for name in _NOISY_LOGGERS]
    levels = [logger.level for logger in loggers]
    bars.disable_progress_bar()  # type: ignore[no-untyped-call]  # not annotated there
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        if had_bars:
            bars.enable_progress_bar()  # type: ignore[no-untyped-call]  # not annotated there
