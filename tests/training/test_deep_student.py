"""The deeper student: it comes nearer to the teacher, stops and goes on as if it had not, and is a folder like any."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import UnigramTrainer

from tests.training.conftest import sentences
from training import deep, deep_student
from training.deep import follow_all
from training.deep_export import export_student, piece_shares
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
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
        pad_token_id=1,
        initializer_range=0.3,
    )
    BertModel(config).save_pretrained(str(folder))
    types = ["Transformer", "Pooling", "Normalize"]
    modules = [
        {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.models.{types[place]}"}
        for place, path in enumerate(["", "1_Pooling", "2_Normalize"])
    ]
    names = {"bos": "<s>", "eos": "</s>", "cls": "<s>", "sep": "</s>", "pad": "<pad>", "unk": "<unk>"}
    files = {
        "modules.json": modules,
        "1_Pooling/config.json": {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True},
        "sentence_bert_config.json": {"max_seq_length": 128, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": {"query": PROMPT}, "default_prompt_name": "query"},
        "tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast"}
        | {f"{role}_token": token for role, token in names.items()},
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
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


def test_what_is_written_is_a_model_like_any_with_fewer_pieces(teacher_folder: Path, tmp_path: Path) -> None:
    from clusterer.encoding.loading import load_encoder

    plain, student = Plain(teacher_folder), DeepStudent(teacher_folder, LAYERS)
    english = [record["en"] for record in sentences()]
    readings = plain.read(english)
    student.follow(readings, 1, 0, 0.0, 1.0)
    shares = piece_shares([FollowedText("en", text) for text in english], teacher_folder)
    needed = int(np.count_nonzero(shares)) + len(SPECIAL)
    export_student(student, shares, teacher_folder, tmp_path / "student", pieces=needed)
    before = Tokenizer.from_file(str(teacher_folder / "tokenizer.json"))
    after = Tokenizer.from_file(str(tmp_path / "student" / "tokenizer.json"))
    assert after.get_vocab_size() < before.get_vocab_size()
    assert after.encode(PROMPT + english[5]).tokens == before.encode(PROMPT + english[5]).tokens
    found = load_encoder(str(tmp_path / "student")).encode(english)
    assert (vectors_of(student, readings) * centred(found)).sum(axis=1).min() > 0.99
    with pytest.raises(FileExistsError):
        export_student(student, shares, teacher_folder, tmp_path / "student")


def test_a_language_of_few_texts_keeps_its_pieces(teacher_folder: Path) -> None:
    english = [FollowedText("en", record["en"]) for record in sentences()]
    shares = piece_shares([*english, FollowedText("ru", "zqj")], teacher_folder)
    tokenizer = Tokenizer.from_file(str(teacher_folder / "tokenizer.json"))
    rare = tokenizer.encode("zqj", add_special_tokens=False).ids
    common = tokenizer.encode(english[0].text, add_special_tokens=False).ids
    assert shares[rare].min() > np.median(shares[common])
    assert shares.sum() == pytest.approx(2)
