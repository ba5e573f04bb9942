"""The deeper student: it comes nearer to the teacher, stops and goes on as if it had not, and is a folder like any."""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import UnigramTrainer

from clusterer.encoding import bundled_deep
from clusterer.encoding.bundled_deep import load_bundled_deep
from clusterer.encoding.deep_transformer import PackedEmbedding
from clusterer.encoding.packed_vectors import pack
from tests.e5_folder import write_configuration
from tests.training.conftest import sentences
from training import deep, deep_student
from training.deep import follow_all
from training.deep_export import export_student, used_pieces
from training.deep_student import DeepStudent
from training.teacher import PROMPT, Readings, Teacher

pytestmark = pytest.mark.model

TOKENS_OF_A_BATCH = 400
TEXTS = [record[language] for record in sentences() for language in ("en", "de")]
LAYERS = (0, 3)
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]


@pytest.fixture(scope="module")
def teacher_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small transformer with weights by chance, and a vocabulary of pieces as multilingual-e5-small has one, whose
    vectors are of 4 bits too.
    """
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("teacher")
    tokenizer = Tokenizer(Unigram())
    tokenizer.pre_tokenizer = Metaspace()
    trainer = UnigramTrainer(vocab_size=300, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator([*TEXTS, PROMPT], trainer)
    tokenizer.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(1)
    sizes = SimpleNamespace(width=32, layers=4, heads=4, inner_width=64, positions=512, token_types=2, epsilon=1e-12)
    sizes.vocabulary, sizes.padding = tokenizer.get_vocab_size(), tokenizer.token_to_id("<pad>")
    write_configuration(sizes, folder)
    config = BertConfig.from_pretrained(str(folder), initializer_range=0.3)
    model = BertModel(config)
    words = model.embeddings.word_embeddings.weight
    packed = PackedEmbedding(*map(torch.from_numpy, pack(words.detach().numpy())), torch.float32)
    words.data.copy_(packed(torch.arange(len(words))))
    model.save_pretrained(str(folder))
    return folder


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deep_student, "TOKENS_OF_A_BATCH", TOKENS_OF_A_BATCH)


class Plain(Teacher):
    """The teacher as torch has it, which needs no quantizing; it tells how many texts it read."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModel

        self._model = AutoModel.from_pretrained(str(folder)).eval()
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.vocabulary = self._tokenizer.get_vocab_size()
        self.count = 0

    def read(self, texts: Sequence[str], most_tokens: int = 128) -> Readings:
        self.count += len(texts)
        self.most_tokens = most_tokens
        self._tokenizer.enable_truncation(most_tokens)
        tokens = [self._tokenizer.encode(PROMPT + text).ids for text in texts]
        with torch.inference_mode():
            states = [self._model(input_ids=torch.tensor([row])).last_hidden_state[0].numpy() for row in tokens]
        offsets = np.cumsum([0, *(len(row) for row in tokens)])
        return Readings(np.concatenate(tokens, dtype=np.int32), offsets, np.concatenate(states).astype(np.float16))


def vectors_of(student: DeepStudent, readings: Readings) -> np.ndarray:
    found = []
    for begin, end in zip(readings.offsets, readings.offsets[1:], strict=False):
        tokens = torch.from_numpy(readings.tokens[begin:end].astype(np.int64))[None]
        with torch.inference_mode():
            found.append(student.states(tokens, torch.ones_like(tokens))[0].mean(dim=0).numpy())
    return centred(np.array(found))


def teachers_vectors(readings: Readings) -> np.ndarray:
    return centred(np.add.reduceat(readings.states.astype(np.float32), readings.offsets[:-1]))


def centred(vectors: np.ndarray) -> np.ndarray:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    unit -= unit.mean(axis=0)
    return unit / np.linalg.norm(unit, axis=1, keepdims=True)


def test_the_student_comes_nearer_to_the_teacher_on_texts_that_it_has_not_seen(teacher_folder: Path) -> None:
    plain, student = Plain(teacher_folder), DeepStudent(teacher_folder, LAYERS)
    unseen, seen = plain.read(TEXTS[::7]), plain.read([text for place, text in enumerate(TEXTS) if place % 7])
    before = (vectors_of(student, unseen) * teachers_vectors(unseen)).sum(axis=1).mean()
    student.follow(seen, 40, 0, 0.0, 1.0)
    after = (vectors_of(student, unseen) * teachers_vectors(unseen)).sum(axis=1).mean()
    assert after > 0.8
    assert 1 - after < (1 - before) / 2


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not(
    teacher_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deep, "SHARD", 100)
    monkeypatch.setattr(deep, "ROUNDS", (deep.Round(150, 10), deep.Round(150, 20)))
    texts = TEXTS[:300]
    plain, whole = Plain(teacher_folder), DeepStudent(teacher_folder, LAYERS)
    follow_all(plain, whole, texts, tmp_path / "whole.safetensors", 3)

    class Stopping(Plain):
        def read(self, texts: Sequence[str], most_tokens: int = 128) -> Readings:
            if self.count >= 200:
                raise KeyboardInterrupt
            return super().read(texts, most_tokens)

    kept = tmp_path / "kept.safetensors"
    with pytest.raises(KeyboardInterrupt):
        follow_all(Stopping(teacher_folder), DeepStudent(teacher_folder, LAYERS), texts, kept, 3)
    rest, again = Plain(teacher_folder), DeepStudent(teacher_folder, LAYERS)
    follow_all(rest, again, texts, kept, 3)
    assert (rest.count, rest.most_tokens) == (50, 20)
    for one, other in zip(whole.state().values(), again.state().values(), strict=True):
        assert torch.equal(one, other)


def test_the_rate_falls_in_each_round_and_all_texts_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deep, "SHARD", 100)
    monkeypatch.setattr(deep, "ROUNDS", (deep.Round(150, 10), deep.Round(300, 20)))
    shards = list(deep.shards(350))
    assert [(shard.start, shard.stop) for shard in shards] == [(0, 100), (100, 150), (150, 250), (250, 350)]
    assert [shard.most_tokens for shard in shards] == [10, 10, 20, 20]
    assert [shard.done for shard in shards] == pytest.approx([0, 2 / 3, 0, 1 / 2])
    assert [shard.share for shard in shards] == pytest.approx([2 / 3, 1 / 3, 1 / 2, 1 / 2])


def test_what_is_written_is_what_was_learned(
    teacher_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, student = Plain(teacher_folder), DeepStudent(teacher_folder, LAYERS)
    english = [record["en"] for record in sentences()]
    readings = plain.read(english)
    student.follow(readings, 1, 0, 0.0, 1.0)
    pieces = used_pieces(english, teacher_folder)
    export_student(student, teacher_folder, tmp_path / "made", pieces)
    whole, cut = (Tokenizer.from_file(str(folder / "tokenizer.json")) for folder in (teacher_folder, tmp_path / "made"))
    assert cut.get_vocab_size() == len(pieces) < whole.get_vocab_size()
    tokens = [tokenizer.encode(PROMPT + english[5]).tokens for tokenizer in (cut, whole)]
    assert tokens[0] == tokens[1]
    monkeypatch.setattr(bundled_deep, "DEEP_MODEL", tmp_path / "made")
    found = load_bundled_deep("float32").encode(english)
    assert (vectors_of(student, readings) * centred(found)).sum(axis=1).min() > 0.99


def test_what_is_used_stays_and_what_spells_the_rest(teacher_folder: Path) -> None:
    tokenizer = Tokenizer.from_file(str(teacher_folder / "tokenizer.json"))
    once, twice = used_pieces(TEXTS[:1], teacher_folder), used_pieces([*TEXTS[:1], *TEXTS[:1]], teacher_folder)
    used = set(tokenizer.encode(PROMPT + TEXTS[0]).ids)
    assert used <= set(twice.tolist())
    assert set(once.tolist()) < set(twice.tolist())
    single = {row for piece, row in tokenizer.get_vocab().items() if len(piece.removeprefix("▁")) <= 1}
    assert single | {tokenizer.token_to_id(piece) for piece in SPECIAL} <= set(once.tolist())


def run(*arguments: object) -> None:
    with patch.object(sys, "argv", ["deep", *map(str, arguments)]):
        deep.main()


def test_the_command_makes_the_model(
    teacher_folder: Path,
    material: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(deep, "Teacher", lambda folder, *_: Plain(folder))
    monkeypatch.setattr(deep, "DeepStudent", lambda folder: DeepStudent(folder, LAYERS))
    work, output = tmp_path / "work", tmp_path / "student"
    common = ("--material", material, "--teacher", teacher_folder, "--work", work, "--output", output, "--threads", 1)
    run(*common, "--texts", 60)
    monkeypatch.setattr(bundled_deep, "DEEP_MODEL", output)
    first = load_bundled_deep("float32").encode(["the mayor opens a bridge"])
    assert first.shape == (1, 32)
    run(*common, "--texts", 60)
    assert np.array_equal(load_bundled_deep("float32").encode(["the mayor opens a bridge"]), first)
    (tmp_path / "empty").mkdir()
    for wrong, told in (
        (("--texts", 61), "another seed or number of texts"),
        (("--texts", 60, "--material", tmp_path / "empty"), "there is no text"),
    ):
        with pytest.raises(SystemExit) as stopped:
            run(*common, *wrong)
        assert stopped.value.code == 2
        assert told in capsys.readouterr().err
