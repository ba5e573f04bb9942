"""Make the deeper bundled model: `python -m training.deep --material ../shared/train --teacher build/models/e5`.

The teacher reads a shard of texts at a time, whose states are too many to be kept, and the student follows it on them.
After each shard the student is kept in the work folder, from where a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file, save_file

from clusterer.encoding.bundled_deep import load_bundled_deep
from clusterer.encoding.bundled_files import DEEP_MODEL
from training.deep_constants import write_constants
from training.deep_export import export_student, used_pieces
from training.deep_student import DeepStudent
from training.deep_texts import texts_to_follow
from training.teacher import CALIBRATION_TEXTS, Teacher

SHARD = 32_000
PASSES = 2


class Round(NamedTuple):
    """A round of training, in which the rate falls from its beginning to its end: how many `texts` it has, and how many
    tokens of each are read.
    """

    texts: int
    most_tokens: int


# A step on short texts is cheap, and teaches most; what stands late in a long one is learned in the second round.
ROUNDS = (Round(300_000, 128), Round(576_000, 320))
TEXTS = sum(turn.texts for turn in ROUNDS)


def main() -> None:
    """Run what is not done yet. 2 is the exit status where there is no text, or the work is of another run."""
    parser = argparse.ArgumentParser(prog="python -m training.deep", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--material", type=Path, required=True, help="folder of the sources, see training/README.md")
    parser.add_argument("--teacher", type=Path, required=True, help="sentence-transformers folder of the model")
    parser.add_argument(
        "--work", type=Path, default=Path("build/training-deep"), help="folder for what the stages make"
    )
    parser.add_argument("--output", type=Path, default=DEEP_MODEL, help="folder of the model")
    parser.add_argument("--texts", type=int, default=TEXTS, help=f"how many texts are read, each {PASSES} times")
    parser.add_argument(
        "--threads", type=int, default=2, help="threads of the arithmetic: on others the last bits differ"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of all that is drawn")
    chosen = parser.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(chosen.threads)
    print("choosing the texts", flush=True)
    texts = texts_to_follow(chosen.material, chosen.seed)
    if not texts:
        parser.error(f"{chosen.material}: there is no text. Name the folder of training/README.md's material.")
    teacher = Teacher(chosen.teacher, chosen.work / "teacher.xml", texts[:CALIBRATION_TEXTS], chosen.threads)
    student = DeepStudent(chosen.teacher)
    try:
        follow_all(teacher, student, texts[: chosen.texts], chosen.work / "student.safetensors", chosen.seed)
    except ValueError as error:
        parser.error(str(error))
    export_student(student, chosen.teacher, chosen.output, used_pieces(texts, chosen.teacher))
    write_constants(load_bundled_deep("float32", chosen.threads, chosen.output), chosen.output)


def follow_all(teacher: Teacher, student: DeepStudent, texts: Sequence[str], kept: Path, seed: int) -> None:
    """Let the student follow the teacher on all texts, from where the file `kept` tells that it came to. Raises
    `ValueError` where that was a run with another seed or another number of texts.
    """
    begin, run = 0, torch.tensor([seed, len(texts)])
    if kept.exists():
        state = load_file(kept)
        if not torch.equal(state.pop("run"), run):
            raise ValueError(f"{kept}: this is of another seed or number of texts. Name another --work, or delete it.")
        begin = int(state.pop("texts"))
        student.go_on(state)
    for shard in shards(len(texts)):
        if shard.start < begin:
            continue
        readings = teacher.read(texts[shard.start : shard.stop], shard.most_tokens)
        student.follow(readings, PASSES, seed + shard.start, shard.done, shard.share)
        unfinished = kept.with_suffix(".part")
        save_file(student.state() | {"run": run, "texts": torch.tensor(shard.stop)}, unfinished)
        unfinished.rename(kept)


class Shard(NamedTuple):
    """The texts from `start` to `stop`, what share of their round is `done` before them, and what `share` they are."""

    start: int
    stop: int
    most_tokens: int
    done: float
    share: float


def shards(texts: int) -> Iterator[Shard]:
    """The shards of all rounds, of so many texts."""
    begin = 0
    for turn in ROUNDS:
        end = min(begin + turn.texts, texts)
        for start in range(begin, end, SHARD):
            stop, size = min(start + SHARD, end), end - begin
            yield Shard(start, stop, turn.most_tokens, (start - begin) / size, (stop - start) / size)
        begin = end


if __name__ == "__main__":
    main()
