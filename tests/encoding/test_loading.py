"""One way to a model, by name."""

import sys
from pathlib import Path

import pytest

from clusterer.encoding.bundled import BundledEncoder
from clusterer.encoding.encoder import Encoder
from clusterer.encoding.loading import load_encoder
from clusterer.errors import ModelError, UsageError


@pytest.mark.parametrize("name", [None, "bundled"])
def test_the_bundled_model_is_the_default(name: str | None) -> None:
    encoder: Encoder = load_encoder(name)
    assert isinstance(encoder, BundledEncoder)
    assert (encoder.name, encoder.prompt, encoder.dtype) == ("bundled", None, "float32")


def test_threads_are_no_matter_to_it() -> None:
    assert load_encoder(threads=1).fingerprint == load_encoder().fingerprint


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"prompt": "query: "}, "--prompt"),
        ({"dtype": "bfloat16"}, "--dtype"),
        ({"prompt": "query: ", "dtype": "bfloat16"}, "--prompt"),
    ],
)
def test_the_bundled_model_takes_no_prompt_and_no_other_arithmetic(options: dict[str, str], where: str) -> None:
    with pytest.raises(UsageError, match="name another model with --model") as caught:
        load_encoder(**options)  # type: ignore[arg-type]  # the values are of several options
    assert caught.value.where == where


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no-such-model"):
        load_encoder(str(tmp_path / "no-such-model"))


@pytest.mark.model
def test_any_other_name_is_a_sentence_transformers_model(minilm_folder: Path) -> None:
    encoder = load_encoder(str(minilm_folder), prompt="news: ", threads=1)
    assert encoder.name == str(minilm_folder)
    assert encoder.prompt == "news: "
    assert encoder.dimension == encoder.encode(["one text"]).shape[1] == 384
    assert "sentence_transformers" in sys.modules
