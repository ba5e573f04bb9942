"""Make the bundled model: `python -m training --material ../shared/train --teacher build/models/e5`.

The stages are tokenizer, teacher, lessons, vectors and export; each keeps what it made in the work folder and is not
done twice. Without a teacher the pairs alone teach.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from training.contrastive import SECOND_STAGE, THIRD_STAGE, Student, random_student, train, whole_tokens
from training.export import export_model
from training.lessons import Lessons, make_lessons
from training.parts import CONTINUED, TOKENS_WITHOUT_PARTS, parts_of_tokens
from training.targets import shortened, starting_vectors, teacher_space
from training.teacher_texts import TEXTS_READ, TaughtText, load_texts, save_texts, texts_to_teach
from training.tokenizer import train_tokenizer

BUNDLED_MODEL = Path(__file__).parent.parent / "clusterer" / "bundled_model"
DIMENSION = 384
# The stages after the first, and how many steps they have for each of its own.
LATER_STAGES = ((SECOND_STAGE, 2500 / 6000), (THIRD_STAGE, 4200 / 6000))


def main() -> None:
    """Run the stages that are not done yet."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__.splitlines()[0])
    parser.add_argument("--material", type=Path, required=True, help="folder of the sources, see training/README.md")
    parser.add_argument("--teacher", type=Path, help="sentence-transformers folder of the model that teaches")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="folder for what the stages make")
    parser.add_argument("--output", type=Path, default=BUNDLED_MODEL, help="folder of the model")
    parser.add_argument(
        "--steps",
        type=int,
        default=6000,
        help="steps of the first stage",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of all that is drawn")
    chosen = parser.parse_args()
    work: Path = chosen.work
    work.mkdir(parents=True, exist_ok=True)

    tokenizer_file = work / "tokenizer.json"
    if not tokenizer_file.exists():
        print("training the tokenizer", flush=True)
        train_tokenizer(chosen.material).save(str(tokenizer_file))
    tokenizer = Tokenizer.from_file(str(tokenizer_file))

    taught: list[TaughtText] = []
    if chosen.teacher:
        texts_file = work / "teacher_texts.jsonl"
        if not texts_file.exists():
            print("choosing the teacher's texts", flush=True)
            save_texts(texts_to_teach(chosen.material, chosen.seed), texts_file)
        taught = load_texts(texts_file)[:TEXTS_READ]
        if not (work / "teacher.npy").exists() or not (work / "token_teacher.npy").exists():
            print("asking the teacher", flush=True)
            _run_teacher(chosen.teacher, work, taught, tokenizer)

    kind = "-taught" if taught else ""
    lessons_file = work / f"lessons{kind}.npz"
    if not lessons_file.exists():
        print("gathering lessons", flush=True)
        make_lessons(chosen.material, tokenizer, taught, chosen.seed).save(lessons_file)

    vectors_file = work / f"vectors{kind}.npy"
    if not vectors_file.exists():
        lessons = Lessons.load(lessons_file)
        print(f"training on {len(lessons.left):,} pairs of {len(lessons.offsets) - 1:,} texts", flush=True)
        student, targets = _begin(tokenizer, work, taught, lessons, chosen.seed)
        checkpoints = [train(lessons, student, targets, chosen.steps, chosen.seed).summed()]
        if targets is not None:
            for number, (stage, share) in enumerate(LATER_STAGES, start=1):
                print(f"training, stage {number + 1}", flush=True)
                begun = whole_tokens(checkpoints[-1])
                steps = round(share * chosen.steps)
                checkpoints.append(train(lessons, begun, targets, steps, chosen.seed + number, stage).summed())
        # The mean of checkpoints is better than any of them (Izmailov et al. 2018).
        np.save(vectors_file, shortened(np.mean(checkpoints, axis=0, dtype=np.float32), lessons.tokens))

    print("writing the model", flush=True)
    export_model(np.load(vectors_file), tokenizer, chosen.material, chosen.output, chosen.seed)


def _run_teacher(folder: Path, work: Path, taught: list[TaughtText], tokenizer: Tokenizer) -> None:
    """The teacher's vectors of the texts, and of each common token as a text of its own."""
    from training.teacher import CALIBRATION_TEXTS, Teacher, teach

    texts = [item.text for item in taught]
    teacher = Teacher(folder, work / "teacher_states.xml", texts[:CALIBRATION_TEXTS])
    row_of = tokenizer.get_vocab()
    tokens = sorted(row_of, key=row_of.__getitem__)[:TOKENS_WITHOUT_PARTS]
    np.save(work / "token_teacher.npy", teacher.encode([token.removeprefix(CONTINUED) for token in tokens]))
    np.save(work / "teacher.npy", teach(teacher, texts, work / "shards"))


def _begin(
    tokenizer: Tokenizer, work: Path, taught: list[TaughtText], lessons: Lessons, seed: int
) -> tuple[Student, npt.NDArray[np.float32] | None]:
    """The student before its first lesson, and the vectors that it is taught by."""
    student = random_student(parts_of_tokens(tokenizer), DIMENSION, TOKENS_WITHOUT_PARTS, seed)
    if not taught:
        return student, None
    vectors = np.load(work / "teacher.npy")
    space = teacher_space(vectors, [item.language for item in taught], DIMENSION)
    begun = starting_vectors(np.load(work / "token_teacher.npy"), space, lessons.tokens)
    student.vectors[: len(begun)] = begun
    return student, space.targets


if __name__ == "__main__":
    main()
