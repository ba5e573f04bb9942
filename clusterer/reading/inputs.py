"""Which files the inputs of a command stand for."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from clusterer.errors import InputError
from clusterer.reading.options import FORMATS, InputFormat, ReadingOptions, supported_suffixes
from clusterer.reading.report import ReadingReport, SkippedFile

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to read, or standard input (`path` is None). `format` is None where the content must show it."""

    path: Path | None
    format: InputFormat | None

    @property
    def name(self) -> str:
        """What locations call it."""
        return "stdin" if self.path is None else str(self.path)


def find_files(inputs: Sequence[str | Path], options: ReadingOptions, report: ReadingReport) -> list[InputFile]:
    """The files of all inputs, in their order; those of a folder or glob are sorted.

    Files that folders and globs hold and that cannot be read are told in `report.skipped_files`. Raises InputError for
    a path that does not exist, a glob that matches nothing, and a named file of a kind that is not supported.
    """
    files: list[InputFile] = []
    for given in inputs:
        text = str(given)
        if text == STANDARD_INPUT:
            files.append(InputFile(None, options.input_format))
        elif Path(text).is_dir():
            files.extend(_known(_walk(Path(text), report), report))
        elif os.path.lexists(text):
            files.append(_named(Path(text), options))
        elif glob.has_magic(text):
            files.extend(_matches(text, report))
        else:
            raise InputError("there is no such file or folder", where=text, remedy="Check the path.")
    return files


def format_of(path: Path) -> InputFormat | None:
    """The format that the suffix of a path stands for, .gz aside."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    return FORMATS.get(suffixes[-1]) if suffixes else None


def _named(path: Path, options: ReadingOptions) -> InputFile:
    input_format = options.input_format or format_of(path)
    # Without a suffix (a named pipe, /dev/stdin) the content shows what it is.
    if input_format is None and path.suffix and path.suffix.lower() != ".gz":
        raise InputError(
            f"{path.suffix} files are not read",
            where=str(path),
            remedy=f"Give --input-format, or {supported_suffixes()}.",
        )
    return InputFile(path, input_format)


def _matches(pattern: str, report: ReadingReport) -> list[InputFile]:
    paths = [Path(match) for match in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207 - patterns may be absolute
    if not paths:
        raise InputError("no file matches", where=pattern, remedy="Check the pattern.")
    files = {path: None for match in paths for path in (_walk(match, report) if match.is_dir() else [match])}
    return _known(files, report)


def _walk(folder: Path, report: ReadingReport) -> Iterator[Path]:
    """All files below a folder but hidden ones, sorted; folders that cannot be opened are told in the report."""

    def skip(error: OSError) -> None:
        report.skipped_files.append(SkippedFile(str(error.filename), error.strerror or str(error)))

    found: list[Path] = []
    for parent, folders, names in os.walk(folder, onerror=skip):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found.extend(Path(parent, name) for name in names if not name.startswith("."))
    yield from sorted(found)


def _known(paths: Iterator[Path] | dict[Path, None], report: ReadingReport) -> list[InputFile]:
    files: list[InputFile] = []
    for path in paths:
        if input_format := format_of(path):
            files.append(InputFile(path, input_format))
        else:
            kind = f"{path.suffix} files are" if path.suffix else "a file without a suffix is"
            report.skipped_files.append(SkippedFile(str(path), f"{kind} not read; {supported_suffixes()} are"))
    return files
