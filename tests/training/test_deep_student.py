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

from clusterer.encoding.loading import load_encoder
from tests.e5_folder import write_configuration
from tests.training.conftest import sentences
from training import deep, deep_student
from training.deep import follow_all
from training.deep_export import common_pieces, export_student
from training.deep_student import DeepStudent
from training.deep_texts import FollowedText
from training.teacher import PROMPT, Readings, Teacher

pytestmark = pytest.mark.model

TOKENS_OF_A_BATCH = 400
TEXTS = [record[language] for record in sentences() for language in ("en", "de")]
LAYERS = (0, 3)
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]


@pytest.fixture(scope="module")
def teacher_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small transformer with weights by chance, and a vocabulary of pieces as multilingual-e5-small has one."""
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
    BertModel(config).save_pretrained(str(folder))
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

    def read(self, texts: Sequence[str]) -> Readings:
        self.count += len(texts)
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
    texts = TEXTS[:300]
    plain, whole = Plain(teacher_folder), DeepStudent(teacher_folder, LAYERS)
    follow_all(plain, whole, texts, tmp_path / "whole.safetensors", 3)

    class Stopping(Plain):
        def read(self, texts: Sequence[str]) -> Readings:
            if self.count >= 200:
                raise KeyboardInterrupt
            return super().read(texts)

    kept = tmp_path / "kept.safetensors"
    with pytest.raises(KeyboardInterrupt):
        follow_all(Stopping(teacher_folder), DeepStudent(teacher_folder, LAYERS), texts, kept, 3)
    rest, again = Plain(teacher_folder), DeepStudent(teacher_folder, LAYERS)
    follow_all(rest, again, texts, kept, 3)
    assert rest.count == 100
    for one, other in zip(whole.state().values(), again.state().values(), strict=True):
        assert torch.equal(one, other)


def test_what_is_written_is_a_model_like_any(teacher_folder: Path, tmp_path: Path) -> None:
    plain, student = Plain(teacher_folder), DeepStudent(teacher_folder, LAYERS)
    english = [record["en"] for record in sentences()]
    readings = plain.read(english)
    student.follow(readings, 1, 0, 0.0, 1.0)
    count = len(np.unique(readings.tokens)) + len(SPECIAL)
    pieces = common_pieces([FollowedText("en", text) for text in english], teacher_folder, count)
    export_student(student, teacher_folder, tmp_path / "whole")
    export_student(student, teacher_folder, tmp_path / "cut", pieces)
    whole, cut = (Tokenizer.from_file(str(tmp_path / name / "tokenizer.json")) for name in ("whole", "cut"))
    assert cut.get_vocab_size() == count < whole.get_vocab_size()
    assert cut.encode(PROMPT + english[5]).tokens == whole.encode(PROMPT + english[5]).tokens
    for name in ("whole", "cut"):
        found = load_encoder(str(tmp_path / name)).encode(english)
        assert (vectors_of(student, readings) * centred(found)).sum(axis=1).min() > 0.99
    with pytest.raises(FileExistsError):
        export_student(student, teacher_folder, tmp_path / "cut", pieces)


def test_a_language_of_few_texts_keeps_its_pieces(teacher_folder: Path) -> None:
    english = [FollowedText("en", record["en"]) for record in sentences()]
    tokenizer = Tokenizer.from_file(str(teacher_folder / "tokenizer.json"))
    rare = set(tokenizer.encode("zqj", add_special_tokens=False).ids)
    count = len(SPECIAL) + 20
    assert not rare <= set(common_pieces(english, teacher_folder, count).tolist())
    assert rare <= set(common_pieces([*english, FollowedText("ru", "zqj")], teacher_folder, count).tolist())


def run(*arguments: object) -> None:
    with patch.object(sys, "argv", ["deep", *map(str, arguments)]):
        deep.main()


@pytest.mark.parametrize("pieces", [(), ("--pieces", 100)])
def test_the_command_makes_a_model(
    pieces: tuple[object, ...],
    teacher_folder: Path,
    material: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(deep, "Teacher", lambda folder, *_: Plain(folder))
    monkeypatch.setattr(deep, "DeepStudent", lambda folder: DeepStudent(folder, LAYERS))
    work, output = tmp_path / "work", tmp_path / "student"
    common = ("--material", material, "--teacher", teacher_folder, "--work", work, "--threads", 1)
    run(*common, "--texts", 60, "--output", output, *pieces)
    assert load_encoder(str(output)).encode(["the mayor opens a bridge"]).shape == (1, 32)
    size = Tokenizer.from_file(str(output / "tokenizer.json")).get_vocab_size()
    assert size == (100 if pieces else Plain(teacher_folder).vocabulary)
    (tmp_path / "empty").mkdir()
    for wrong, told in (
        (("--texts", 60, "--output", output), "there is something already"),
        (("--texts", 61, "--output", tmp_path / "other"), "another seed or number of texts"),
        (("--texts", 60, "--output", tmp_path / "other", "--material", tmp_path / "empty"), "there is no text"),
    ):
        with pytest.raises(SystemExit) as stopped:
            run(*common, *wrong)
        assert stopped.value.code == 2
        assert told in capsys.readouterr().err
    assert not (tmp_path / "other").exists()
