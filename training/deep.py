"""Make the deeper student: `python -m training.deep --material ../shared/train --teacher build/models/e5 --output OUT`.

The teacher reads a shard of texts at a time, whose states are too many to be kept, and the student follows it on them.
After each shard the student is kept in the work folder, from where a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from training.deep_export import common_pieces, export_student
from training.deep_student import DeepStudent
from training.deep_texts import texts_to_follow
from training.teacher import CALIBRATION_TEXTS, Teacher

SHARD = 32_000
PASSES = 2
MOST_TOKENS = 128
TEXTS = 300_000


def main() -> None:
    """Run what is not done yet. 2 is the exit status where the output is there already, or there is no text."""
    parser = argparse.ArgumentParser(prog="python -m training.deep", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--material", type=Path, required=True, help="folder of the sources, see training/README.md")
    parser.add_argument("--teacher", type=Path, required=True, help="sentence-transformers folder of the model")
    parser.add_argument(
        "--work", type=Path, default=Path("build/training-deep"), help="folder for what the stages make"
    )
    parser.add_argument("--output", type=Path, required=True, help="folder of the student, which must not be there")
    parser.add_argument("--texts", type=int, default=TEXTS, help=f"how many texts are read, each {PASSES} times")
    parser.add_argument("--pieces", type=int, help="how many pieces of the vocabulary stay; without it all")
    parser.add_argument(
        "--threads", type=int, default=2, help="threads of the arithmetic: on others the last bits differ"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of all that is drawn")
    chosen = parser.parse_args()
    if chosen.output.exists():
        parser.error(f"{chosen.output}: there is something already. Name a folder that is not there.")
    chosen.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(chosen.threads)
    print("choosing the texts", flush=True)
    texts = texts_to_follow(chosen.material, chosen.seed)[: chosen.texts]
    if not texts:
        parser.error(f"{chosen.material}: there is no text. Name the folder of training/README.md's material.")
    plain = [item.text for item in texts]
    teacher = Teacher(
        chosen.teacher, chosen.work / "teacher.xml", plain[:CALIBRATION_TEXTS], chosen.threads, MOST_TOKENS
    )
    student = DeepStudent(chosen.teacher)
    try:
        follow_all(teacher, student, plain, chosen.work / "student.safetensors", chosen.seed)
    except ValueError as error:
        parser.error(str(error))
    pieces = None if chosen.pieces is None else common_pieces(texts, chosen.teacher, chosen.pieces)
    export_student(student, chosen.teacher, chosen.output, pieces)


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
    for start in range(begin, len(texts), SHARD):
        readings = teacher.read(texts[start : start + SHARD])
        student.follow(readings, PASSES, seed + start, start / len(texts), len(readings) / len(texts))
        unfinished = kept.with_suffix(".part")
        save_file(student.state() | {"run": run, "texts": torch.tensor(start + len(readings))}, unfinished)
        unfinished.rename(kept)


if __name__ == "__main__":
    main()
