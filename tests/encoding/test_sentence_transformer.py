"""Real transformers as encoders, offline."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clusterer.encoding import sentence_transformer
from clusterer.encoding.encoder import Encoder
from clusterer.encoding.sentence_transformer import SentenceTransformerEncoder, load_sentence_transformer
from clusterer.errors import ModelError, UsageError

pytestmark = pytest.mark.model

# One piece of news in several languages, then another.
FERRY = [
    "The ferry line across the strait will open again on Sunday after two years of repairs.",
    "ستفتح خطوط العبارات عبر المضيق من جديد يوم الأحد بعد عامين من الإصلاحات.",
    "Паромная линия через пролив снова откроется в воскресенье после двух лет ремонта.",
    "停运两年维修之后，海峡渡轮航线将于周日重新开放。",
    "La ligne de ferry à travers le détroit rouvrira dimanche après deux ans de travaux.",
]
BANK = [
    "The central bank left its interest rate unchanged on Thursday.",
    "أبقى البنك المركزي سعر الفائدة دون تغيير يوم الخميس.",
    "Центральный банк в четверг сохранил процентную ставку без изменений.",
    "央行周四维持利率不变。",
    "La banque centrale a laissé jeudi son taux d'intérêt inchangé.",
]
TEXTS = [*FERRY, *BANK, *(f"Story {number}: " + "the vote was put off again " * number for number in range(40))]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence_transformer, "TOKENS_OF_A_BATCH", 200)


@pytest.fixture(scope="module")
def minilm(minilm_folder: Path) -> SentenceTransformerEncoder:
    return load_sentence_transformer(str(minilm_folder))


@pytest.fixture(scope="module")
def e5(e5_folder: Path) -> SentenceTransformerEncoder:
    return load_sentence_transformer(str(e5_folder))


def linked(model: Path, where: Path, *, without: str = "", changed: dict[str, Any] | None = None) -> Path:
    """The same model in another folder, of links, without some file or with others in place of some."""
    for source in (path for path in model.rglob("*") if path.is_file()):
        target = where / source.relative_to(model)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.name != without:
            target.symlink_to(source)
    for name, content in (changed or {}).items():
        (where / name).unlink(missing_ok=True)
        (where / name).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return where


def test_they_are_encoders(minilm: SentenceTransformerEncoder, e5: SentenceTransformerEncoder) -> None:
    encoders: list[Encoder] = [minilm, e5]
    for encoder in encoders:
        vectors = encoder.encode(TEXTS)
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(TEXTS), encoder.dimension) == (len(TEXTS), 384)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
        assert (encoder.prompt, encoder.dtype) == (None, "float32")


def test_in_each_language_the_translation_is_nearer_than_other_news(e5: SentenceTransformerEncoder) -> None:
    ferry, bank = e5.encode(FERRY), e5.encode(BANK)
    assert (ferry @ ferry.T > ferry @ bank.T + 0.02).all()
    assert (bank @ bank.T > bank @ ferry.T + 0.02).all()


def test_the_order_of_the_texts_changes_no_bit(minilm: SentenceTransformerEncoder) -> None:
    vectors = minilm.encode(TEXTS)
    places = list(range(len(TEXTS)))
    random.Random(7).shuffle(places)
    shuffled = minilm.encode([TEXTS[place] for place in places] * 2)
    assert np.array_equal(shuffled, np.concatenate([vectors[places]] * 2))


def test_a_text_alone_has_the_vector_that_it_has_among_others(minilm: SentenceTransformerEncoder) -> None:
    vectors = minilm.encode(TEXTS)
    alone = np.concatenate([minilm.encode([text]) for text in TEXTS])
    assert np.abs(vectors - alone).max() < 1e-5


def test_texts_with_nothing_to_read_have_rows_of_zeros(minilm: SentenceTransformerEncoder) -> None:
    vectors = minilm.encode(["", BANK[0], " \n\t", "\u200b\u200e", "\x00"])
    assert np.linalg.norm(vectors, axis=1).round(5).tolist() == [0, 1, 0, 0, 0]
    assert minilm.encode([]).shape == (0, 384)


def test_odd_texts_do_no_harm(minilm: SentenceTransformerEncoder) -> None:
    odd = ["🎉" * 50, "a" * 100_000, "\u202eright to left", "é" + "\u0301" * 500, "[CLS] [SEP] <s>"]
    assert np.isfinite(minilm.encode(odd)).all()


def test_progress_counts_texts_that_are_encoded(minilm: SentenceTransformerEncoder) -> None:
    told: list[tuple[str, int, int | None]] = []
    minilm.encode([*TEXTS, *TEXTS, ""], progress=lambda *now: told.append(now))
    done = [count for _, count, _ in told]
    assert done == sorted(set(done)) and len(done) > 5
    assert told[-1] == ("encode", len(TEXTS), len(TEXTS))


def test_as_much_is_read_as_the_model_can(minilm: SentenceTransformerEncoder, e5: SentenceTransformerEncoder) -> None:
    assert (minilm.max_tokens, e5.max_tokens) == (256, 512)
    begun = "vote " * 300
    first, same, other = minilm.encode([begun + "yes", begun + "no", "snow " + begun])
    assert np.allclose(first, same, atol=1e-6)
    assert not np.allclose(first, other, atol=1e-3)


def test_the_prompt_is_the_models_own_or_the_one_given(e5: SentenceTransformerEncoder, e5_folder: Path) -> None:
    assert e5.applied_prompt == "query: "
    passage = load_sentence_transformer(str(e5_folder), prompt="passage: ")
    bare = load_sentence_transformer(str(e5_folder), prompt="")
    assert (passage.prompt, passage.applied_prompt, bare.applied_prompt) == ("passage: ", "passage: ", "")
    own, as_passage = e5.encode(BANK), passage.encode(BANK)
    assert np.abs(own - as_passage).max() > 1e-3
    assert np.allclose(own, bare.encode([f"query: {text}" for text in BANK]), atol=1e-5)
    assert len({e5.fingerprint, passage.fingerprint, bare.fingerprint}) == 3


@pytest.mark.parametrize(
    ("declared", "default", "applied"),
    [
        ({}, None, ""),
        ({"passage": "passage: "}, None, ""),
        ({"query": "query: "}, None, "query: "),
        ({"query": "query: ", "Clustering": "task: clustering | query: "}, None, "task: clustering | query: "),
        ({"query": "query: ", "document": "text: "}, "document", "text: "),
        ({"query": "query: ", "document": ""}, "document", ""),
    ],
)
def test_one_prompt_of_those_declared_serves_all_texts(
    minilm_folder: Path, tmp_path: Path, declared: dict[str, str], default: str | None, applied: str
) -> None:
    settings = {"prompts": declared, "default_prompt_name": default}
    folder = linked(minilm_folder, tmp_path, changed={"config_sentence_transformers.json": settings})
    assert load_sentence_transformer(str(folder)).applied_prompt == applied


def test_the_fingerprint_is_of_the_content(
    minilm: SentenceTransformerEncoder, minilm_folder: Path, tmp_path: Path
) -> None:
    copy = load_sentence_transformer(str(linked(minilm_folder, tmp_path / "copy", without="README.md")))
    assert copy.fingerprint == minilm.fingerprint
    shorter = {"sentence_bert_config.json": {"max_seq_length": 32}}
    pooled = {"1_Pooling/config.json": {"word_embedding_dimension": 384, "pooling_mode_cls_token": True}}
    short = load_sentence_transformer(str(linked(minilm_folder, tmp_path / "short", changed=shorter)))
    first = load_sentence_transformer(str(linked(minilm_folder, tmp_path / "first", changed=pooled)))
    half = load_sentence_transformer(str(minilm_folder), dtype="bfloat16")
    assert short.max_tokens == 32
    assert len({encoder.fingerprint for encoder in (minilm, short, first, half)}) == 4


def test_bfloat16_is_near_and_still_of_unit_length(minilm: SentenceTransformerEncoder, minilm_folder: Path) -> None:
    half = load_sentence_transformer(str(minilm_folder), dtype="bfloat16").encode(TEXTS)
    assert half.dtype == np.float32
    assert np.allclose(np.linalg.norm(half, axis=1), 1, atol=1e-6)
    assert (half * minilm.encode(TEXTS)).sum(axis=1).min() > 0.98


def test_there_is_no_other_dtype(minilm_folder: Path) -> None:
    with pytest.raises(UsageError, match="float16"):
        load_sentence_transformer(str(minilm_folder), dtype="float16")


def test_a_plain_transformer_is_mean_pooled(
    minilm: SentenceTransformerEncoder, minilm_folder: Path, tmp_path: Path
) -> None:
    plain = load_sentence_transformer(str(linked(minilm_folder, tmp_path, without="modules.json")))
    assert np.allclose(plain.encode(BANK), minilm.encode(BANK), atol=1e-5)


def test_a_static_model_serves_as_well(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {word: place for place, word in enumerate(["[UNK]", "ferry", "bank", "rate"])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    table = np.eye(4, 6, dtype=np.float32)
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=table)]).save_pretrained(str(tmp_path))
    encoder = load_sentence_transformer(str(tmp_path))
    assert encoder.dimension == 6
    assert encoder.max_tokens is None
    vectors = encoder.encode(["bank rate", "ferry", ""])
    assert np.allclose(vectors[0], [0, 0, 0.5**0.5, 0.5**0.5, 0, 0], atol=1e-6)
    assert np.allclose(vectors[1:], [[0, 1, 0, 0, 0, 0], [0] * 6], atol=1e-6)


class _Trap:
    """What writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (self._path, "sprung"))


def test_nothing_is_ever_unpickled(minilm_folder: Path, tmp_path: Path) -> None:
    import pickle

    sprung = tmp_path / "sprung"
    trap = {
        "pytorch_model.bin": pickle.dumps(_Trap(sprung)),
        "1_Pooling/pytorch_model.bin": pickle.dumps(_Trap(sprung)),
    }
    only = linked(minilm_folder, tmp_path / "only", without="model.safetensors", changed=trap)
    with pytest.raises(ModelError, match=r"only in pytorch_model\.bin"):
        load_sentence_transformer(str(only))
    trap.pop("1_Pooling/pytorch_model.bin")
    load_sentence_transformer(str(linked(minilm_folder, tmp_path / "both", changed=trap))).encode(BANK)
    assert not sprung.exists()


def test_code_of_a_model_is_never_run(minilm_folder: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    config = json.loads((minilm_folder / "config.json").read_text(encoding="utf-8"))
    config["auto_map"] = {"AutoModel": "modeling_own.OwnModel"}
    code = f"from pathlib import Path\nPath({str(ran)!r}).touch()\n".encode()
    folder = linked(minilm_folder, tmp_path / "model", changed={"config.json": config, "modeling_own.py": code})
    with pytest.raises(ModelError, match="auto_map"):
        load_sentence_transformer(str(folder))
    assert not ran.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"model.safetensors": b"not weights"},
        {"config.json": {"model_type": "never-heard-of"}},
        {"tokenizer.json": b"{}", "vocab.txt": b""},
        {"config_sentence_transformers.json": {"requirements": {"sentence-transformers": ">=999"}}},
    ],
    ids=["weights", "architecture", "tokenizer", "requirements"],
)
def test_a_damaged_or_unknown_model_is_told_in_three_parts(
    minilm_folder: Path, tmp_path: Path, changed: dict[str, Any]
) -> None:
    folder = linked(minilm_folder, tmp_path, changed=changed)
    with pytest.raises(ModelError, match="cannot be loaded") as refusal:
        load_sentence_transformer(str(folder))
    assert refusal.value.where == str(folder)
    assert refusal.value.remedy


def test_a_vector_that_is_not_of_numbers_is_an_error(minilm_folder: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    tensors = load_file(minilm_folder / "model.safetensors")
    tensors["embeddings.LayerNorm.weight"][:] = np.nan
    folder = linked(minilm_folder, tmp_path, without="model.safetensors")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="not of numbers for the text 'The central bank"):
        load_sentence_transformer(str(folder)).encode(BANK[:1])


def test_a_read_only_folder_serves_and_stays_as_it_is(minilm_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(minilm_folder, folder)
    paths = sorted([folder, *folder.rglob("*")])
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        before = [(path, path.stat().st_mtime_ns) for path in paths]
        assert load_sentence_transformer(str(folder)).encode(BANK).shape == (len(BANK), 384)
        assert [(path, path.stat().st_mtime_ns) for path in sorted([folder, *folder.rglob("*")])] == before
    finally:
        for path in paths:
            path.chmod(0o755)


WATCHED = """
import sys
reached = []
sys.addaudithook(lambda event, _: event in {"socket.connect", "socket.getaddrinfo"} and reached.append(event))
from clusterer.encoding.sentence_transformer import load_sentence_transformer
assert "torch" not in sys.modules
encoder = load_sentence_transformer(sys.argv[1])
encoder.encode(["The vote was put off again. " * 200, "Snow fell in the north."])
print(reached)
"""


@pytest.mark.parametrize("model", ["minilm_folder", "e5_folder"])
def test_a_local_folder_needs_no_network_and_says_nothing(model: str, request: pytest.FixtureRequest) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
    command = [sys.executable, "-c", WATCHED, str(request.getfixturevalue(model))]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (finished.stdout.strip(), finished.stderr, finished.returncode) == ("[]", "", 0)


def test_a_hub_model_in_the_cache_serves_without_a_network(minilm_folder: Path, tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "hub" / "models--our-lab--small-model"
    linked(minilm_folder, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit, encoding="utf-8")
    environment = os.environ | {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    environment.pop("HF_HUB_CACHE", None)
    command = [sys.executable, "-c", WATCHED, "our-lab/small-model"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (finished.stdout.strip(), finished.stderr, finished.returncode) == ("[]", "", 0)
