"""Finished blocks of long work, kept in a folder, so that a run that was stopped goes on from them.

Each block is a file of arrays, which is there whole or not at all. A folder belongs to one run: the same input, model
and settings, as its key says; what another run left there is not used.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

KEY_FILE = "run.txt"

Arrays = Mapping[str, npt.NDArray[Any]]


class Keepable(Protocol):
    """What can be kept: it turns into arrays and back."""

    def as_arrays(self) -> Arrays:
        """The same as arrays."""

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """What `as_arrays` gave."""


Result = TypeVar("Result", bound=Keepable)


class Checkpoint:
    """The folder of a run. What another run has left in it is removed."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder = folder
        known = folder / KEY_FILE
        if not known.is_file() or known.read_text(encoding="utf-8") != key:
            self.remove()
            folder.mkdir(parents=True)
            known.write_text(key, encoding="utf-8")

    def remove(self) -> None:
        """Remove the folder: the work is done."""
        if self.folder.exists():
            shutil.rmtree(self.folder)


@dataclass(frozen=True)
class Stage(Generic[Result]):
    """The finished blocks of one stage, by their numbers, and what they are."""

    folder: Path
    name: str
    kind: type[Result]

    def _path(self, number: int) -> Path:
        return self.folder / f"{self.name}-{number}.npz"

    def save(self, number: int, result: Result) -> None:
        """Keep the result of a block."""
        path = self._path(number)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, allow_pickle=False, **result.as_arrays())
        part.replace(path)

    def load(self, number: int) -> Result | None:
        """The result of a block; None where it is not there, or damaged."""
        try:
            with np.load(self._path(number), allow_pickle=False) as stored:
                return self.kind.from_arrays({name: stored[name] for name in stored.files})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def has(self, number: int) -> bool:
        """Whether a block can be loaded, as far as its file shows."""
        return zipfile.is_zipfile(self._path(number))


def stage_of(checkpoint: Checkpoint | None, name: str, kind: type[Result]) -> Stage[Result] | None:
    """The blocks of a stage; None without a checkpoint."""
    return None if checkpoint is None else Stage(checkpoint.folder, name, kind)


def once(checkpoint: Checkpoint | None, name: str, kind: type[Result], make: Callable[[], Result]) -> Result:
    """The result of a stage that is one block: what is kept of it, or else what `make` gives, which is kept."""
    stage = stage_of(checkpoint, name, kind)
    known = stage.load(0) if stage else None
    if known is None:
        known = make()
        if stage:
            stage.save(0, known)
    return known


def texts_as_array(texts: list[bytes]) -> npt.NDArray[np.uint8]:
    """Texts without a NUL, each ended by one, uint8."""
    return np.frombuffer(b"".join(text + b"\0" for text in texts), dtype=np.uint8)


def array_as_texts(array: npt.NDArray[Any]) -> list[bytes]:
    """What `texts_as_array` took."""
    return array.tobytes().split(b"\0")[:-1]
