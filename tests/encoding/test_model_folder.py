"""Which folders of models are found, and which are refused before anything in them is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clusterer.encoding.model_folder import check_model_folder, content_digest, find_model_folder
from clusterer.errors import ModelError

TRANSFORMER = {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}
POOLING = {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}
DENSE = {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"}


def folder_of(where: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        path = where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return where


def sound_files() -> dict[str, Any]:
    return {
        "modules.json": [TRANSFORMER, POOLING, DENSE],
        "config.json": {"model_type": "bert"},
        "model.safetensors": b"weights",
        "tokenizer.json": {},
        "1_Pooling/config.json": {"pooling_mode_mean_tokens": True},
        "2_Dense/config.json": {"in_features": 4},
        "2_Dense/model.safetensors": b"more weights",
        "data_config.json": [{"name": "a list, as some models have it"}],
    }


def test_a_sound_folder_passes(tmp_path: Path) -> None:
    check_model_folder(folder_of(tmp_path, sound_files()))


def test_sharded_weights_pass(tmp_path: Path) -> None:
    files = sound_files() | {"model.safetensors.index.json": {}, "model-00001-of-00002.safetensors": b"part"}
    del files["model.safetensors"]
    check_model_folder(folder_of(tmp_path, files))


def test_a_pickle_beside_safetensors_passes_for_it_is_never_read(tmp_path: Path) -> None:
    check_model_folder(folder_of(tmp_path, sound_files() | {"pytorch_model.bin": b"\x80\x04."}))


@pytest.mark.parametrize("module", ["", "2_Dense/"])
@pytest.mark.parametrize("pickled", ["pytorch_model.bin", "adapter_model.bin"])
def test_pickled_weights_are_refused(tmp_path: Path, module: str, pickled: str) -> None:
    files = sound_files() | {module + pickled: b"\x80\x04."}
    del files[module + "model.safetensors"]
    with pytest.raises(ModelError, match=f"only in {pickled}") as refusal:
        check_model_folder(folder_of(tmp_path, files))
    assert "save_pretrained" in refusal.value.remedy
    assert refusal.value.where == str(tmp_path / module / "model.safetensors")


def test_a_pickle_in_a_folder_that_no_module_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"only in pytorch_model\.bin"):
        check_model_folder(folder_of(tmp_path, sound_files() | {"query/pytorch_model.bin": b"\x80\x04."}))


def test_shards_serve_a_transformer_only(tmp_path: Path) -> None:
    files = sound_files() | {"2_Dense/model.safetensors.index.json": {}, "2_Dense/pytorch_model.bin": b"\x80\x04."}
    del files["2_Dense/model.safetensors"]
    with pytest.raises(ModelError, match=r"only in pytorch_model\.bin"):
        check_model_folder(folder_of(tmp_path, files))


def test_missing_weights_are_told(tmp_path: Path) -> None:
    files = sound_files()
    del files["model.safetensors"]
    with pytest.raises(ModelError, match="weights are missing"):
        check_model_folder(folder_of(tmp_path, files))


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json", "1_Pooling/config.json"])
def test_a_model_with_code_of_its_own_is_refused(tmp_path: Path, file: str) -> None:
    files = sound_files() | {file: {"auto_map": {"AutoModel": "modeling_own.OwnModel"}}}
    with pytest.raises(ModelError, match="auto_map") as refusal:
        check_model_folder(folder_of(tmp_path, files))
    assert refusal.value.where == str(tmp_path / file)
    assert refusal.value.remedy


@pytest.mark.parametrize(
    "kind", ["modeling_own.OwnTransformer", "os.system", "sentence_transformers.base.model.torch", "torch.nn.Linear"]
)
def test_a_module_of_an_unknown_type_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ModelError, match="module of the type"):
        check_model_folder(folder_of(tmp_path, sound_files() | {"modules.json": [TRANSFORMER | {"type": kind}]}))


def test_a_type_inside_a_router_is_looked_at_too(tmp_path: Path) -> None:
    router = {"types": {"query_0": "modeling_own.OwnTransformer"}, "structure": {"query": ["query_0"]}}
    with pytest.raises(ModelError, match="modeling_own"):
        check_model_folder(folder_of(tmp_path, sound_files() | {"router_config.json": router}))


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    files = sound_files() | {"config_sentence_transformers.json": {"model_type": "CrossEncoder"}}
    with pytest.raises(ModelError, match="CrossEncoder"):
        check_model_folder(folder_of(tmp_path, files))


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[1]", b'[{"type": "x"}]', b"7"])
def test_a_damaged_list_of_modules_is_told(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        check_model_folder(folder_of(tmp_path, sound_files() | {"modules.json": content}))


def test_an_empty_folder_holds_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model in this folder"):
        check_model_folder(tmp_path)


def test_a_folder_is_found_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("model", "./model", "~/model", str(tmp_path / "model")):
        assert find_model_folder(name).resolve() == (tmp_path / "model").resolve()


@pytest.mark.parametrize(
    "name",
    [
        "./nowhere",
        "/no/such/folder",
        "a/b/c",
        "../nowhere",
        "",
        "two words",
        "a\x00b",
        "x" * 5000,
        "~nobody-at-all/model",
    ],
)
def test_a_path_without_a_folder_names_both_readings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match=r"no folder of that name, and .* hub") as refusal:
        find_model_folder(name)
    assert refusal.value.remedy


def test_a_name_that_the_hub_may_have_names_both_readings_without_a_network() -> None:
    with pytest.raises(ModelError, match="no folder of that name, and the hub could not be reached for some/model"):
        find_model_folder("some/model")


def test_a_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    with pytest.raises(ModelError, match="a file, not the folder"):
        find_model_folder(str(tmp_path / "model.safetensors"))


def test_the_digest_is_of_what_decides_the_vectors(tmp_path: Path) -> None:
    first = content_digest(folder_of(tmp_path / "a", sound_files()))
    beside = {"README.md": b"Read me", "onnx/model.safetensors": b"other form", "pytorch_model.bin": b"never read"}
    assert content_digest(folder_of(tmp_path / "b", sound_files() | beside)) == first
    for file in ("model.safetensors", "2_Dense/model.safetensors", "tokenizer.json", "1_Pooling/config.json"):
        changed = folder_of(tmp_path / file.replace("/", "-"), sound_files() | {file: b"{}\n"})
        assert content_digest(changed) != first
