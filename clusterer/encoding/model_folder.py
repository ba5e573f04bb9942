"""The folder of a sentence-transformers model: where it is, whether it is safe to load, what in it decides the vectors.

A hub model is a folder too: the snapshot of it in the hub's cache. Only files that cannot carry code are downloaded,
and a folder that would need any other is refused before anything in it is loaded.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from clusterer.errors import ModelError

CONFIGURATION = "config_sentence_transformers.json"
MODULES = "modules.json"
WEIGHTS = "model.safetensors"
WEIGHTS_INDEX = "model.safetensors.index.json"
PICKLED_WEIGHTS = ("pytorch_model.bin", "pytorch_model.bin.index.json", "adapter_model.bin")

# Weights, tokenizers and the settings of modules, as sentence-transformers and transformers name them.
_DECIDING_FILES = (
    WEIGHTS,
    WEIGHTS_INDEX,
    "model-*-of-*.safetensors",
    MODULES,
    "config.json",
    "sentence_*_config.json",
    "router_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "*.model",
)
_MAY_NAME_CODE = ("config.json", "tokenizer_config.json", "processor_config.json", "preprocessor_config.json")
# Other forms of the same weights, which are never loaded.
_OTHER_FORMS = frozenset({"onnx", "openvino"})

_WEIGHTED_MODULES = frozenset({"Transformer", "Dense", "LayerNorm", "StaticEmbedding", "WeightedLayerPooling"})
_MODULES = _WEIGHTED_MODULES | {"Pooling", "Normalize", "Dropout", "Router"}

_HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?", re.ASCII)
_DEFAULT_ORGANISATION = "sentence-transformers"


def find_model_folder(name_or_path: str) -> Path:
    """The folder that a path names, or the local snapshot of the hub model of that name, downloaded if need be.

    A hub name without an organisation is of sentence-transformers. A ModelError tells of what is neither.
    """
    try:
        path = Path(name_or_path).expanduser()
        is_folder, is_there = path.is_dir(), path.exists()
    except (OSError, RuntimeError) as error:  # too long a name, or the home of nobody
        raise _found_nowhere(name_or_path, "no model of the hub can have that name") from error
    if is_folder and name_or_path:
        return path
    if is_there and name_or_path:
        raise ModelError(
            "this is a file, not the folder of a model", where=name_or_path, remedy="Give the folder that holds it."
        )
    if not _HUB_NAME.fullmatch(name_or_path):
        raise _found_nowhere(name_or_path, "no model of the hub can have that name")
    return _snapshot(name_or_path)


def _snapshot(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    repository = name if "/" in name else f"{_DEFAULT_ORGANISATION}/{name}"
    wanted = [pattern for file in (*_DECIDING_FILES, CONFIGURATION) for pattern in (file, f"*/{file}")]
    try:
        return Path(
            snapshot_download(repository, allow_patterns=wanted, ignore_patterns=[f"{form}/*" for form in _OTHER_FORMS])
        )
    except GatedRepoError as error:
        raise ModelError(
            f"the hub gives the model {repository} only to those who accepted its terms",
            where=name,
            remedy="Accept them on its page, and log in with `hf auth login`.",
        ) from error
    except RepositoryNotFoundError as error:
        raise _found_nowhere(name, f"the hub has no model {repository}") from error
    except Exception as error:  # the hub's client has several families of errors for a network that fails
        raise _found_nowhere(name, f"the hub could not be reached for {repository} ({_reason(error)})") from error


def _found_nowhere(name: str, hub: str) -> ModelError:
    return ModelError(
        f"there is no folder of that name, and {hub}",
        where=name,
        remedy="Check the path or the name; without a network, give the folder of a model that is on this machine.",
    )


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def check_model_folder(folder: Path) -> None:
    """Refuse, with a ModelError, a folder whose loading would run code of its own or unpickle anything."""
    modules = _modules(folder)
    _refuse_other_kinds(folder)
    _refuse_code(folder, [kind for kind, _ in modules])
    for kind, path in modules:
        if kind.rpartition(".")[2] in _WEIGHTED_MODULES:
            _require_safetensors(folder / path, sharded=kind.endswith(".Transformer"))
    transformers = {folder / path for kind, path in modules if kind.endswith(".Transformer")}
    for pickled in (path for name in PICKLED_WEIGHTS for path in folder.rglob(name)):
        _require_safetensors(pickled.parent, sharded=pickled.parent in transformers)


def _modules(folder: Path) -> list[tuple[str, str]]:
    """The type and the sub-folder of each module; a plain transformer is one module."""
    if (folder / MODULES).is_file():
        entries = _read_json(folder / MODULES)
        try:
            return [(str(entry["type"]), str(entry["path"])) for entry in entries]
        except (TypeError, KeyError) as error:
            raise _damaged(folder / MODULES) from error
    if not (folder / "config.json").is_file():
        raise ModelError(
            f"there is no model in this folder: neither {MODULES} nor config.json",
            where=str(folder),
            remedy="Give a folder that sentence-transformers saved.",
        )
    return [("sentence_transformers.models.Transformer", "")]


def _refuse_other_kinds(folder: Path) -> None:
    path = folder / CONFIGURATION
    kind = _read_object(path).get("model_type") if path.is_file() else None
    if kind not in (None, "SentenceTransformer"):
        raise ModelError(
            f"the model is a {kind}, which does not give one vector for each text",
            where=str(path),
            remedy="Choose a model of the kind SentenceTransformer.",
        )


def _refuse_code(folder: Path, kinds: list[str]) -> None:
    for router in folder.rglob("router_config.json"):
        kinds = [*kinds, *map(str, _read_object(router).get("types", {}).values())]
    for kind in kinds:
        if not kind.startswith("sentence_transformers.") or kind.rpartition(".")[2] not in _MODULES:
            raise _needs_code(f"the model has a module of the type {kind}", folder / MODULES)
    for path in (path for name in _MAY_NAME_CODE for path in folder.rglob(name)):
        if _read_object(path).get("auto_map"):
            raise _needs_code("the model brings program code of its own (auto_map)", path)


def _needs_code(what: str, path: Path) -> ModelError:
    return ModelError(
        f"{what}, and code of a model is never run",
        where=str(path),
        remedy="Choose a model made of the usual modules of sentence-transformers.",
    )


def _require_safetensors(folder: Path, *, sharded: bool) -> None:
    if (folder / WEIGHTS).is_file() or (sharded and (folder / WEIGHTS_INDEX).is_file()):
        return
    pickled = [name for name in PICKLED_WEIGHTS if (folder / name).is_file()]
    what = (
        f"the weights are only in {pickled[0]}, a pickle that can carry code" if pickled else "the weights are missing"
    )
    raise ModelError(
        f"{what}; only safetensors are loaded",
        where=str(folder / WEIGHTS),
        remedy="If you trust the model, load it once with sentence-transformers and save it again with"
        " `save_pretrained`, which writes safetensors; or choose a model that has them.",
    )


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path) from error


def _read_object(path: Path) -> dict[str, Any]:
    content = _read_json(path)
    if not isinstance(content, dict):
        raise _damaged(path)
    return content


def _damaged(path: Path) -> ModelError:
    return ModelError("this file of the model cannot be read", where=str(path), remedy="Get the model again.")


def deciding_files(folder: Path) -> Iterator[Path]:
    """The files of a model that decide its vectors, in the order of their paths."""
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        parts = path.relative_to(folder).parts
        if (
            parts[0] not in _OTHER_FORMS
            and path.is_file()
            and any(fnmatch(path.name, name) for name in _DECIDING_FILES)
        ):
            yield path


def content_digest(folder: Path) -> str:
    """SHA-256 in hex of the deciding files, and of where in the folder they lie."""
    digest = hashlib.sha256()
    for path in deciding_files(folder):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()}\n{content}\n".encode())
    return digest.hexdigest()
