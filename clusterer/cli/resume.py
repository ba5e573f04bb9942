"""Work that goes on where it was stopped: finished blocks beside the output, as long as the run is the same."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from clusterer.checkpoint import Checkpoint
from clusterer.cli.source import Source
from clusterer.encoding.encoder import Encoder
from clusterer.errors import UsageError

SUFFIX = ".resume"


def started_checkpoint(
    source: Source, vectors: Path | None, output: Path, encoder: Encoder, chosen: object
) -> Checkpoint:
    """The checkpoint beside the output, empty unless it is of the same files, as they are now, the same model and the
    same choices.

    Raises UsageError where the input cannot be read twice.
    """
    files = source.files()
    if not files or not all(path.is_file() for path in files):
        raise UsageError(
            "a pipe cannot be read again", where="--resume", remedy="Write the input to a file, and name that."
        )
    read = [*files, vectors] if vectors else files
    stamps = [f"{path.absolute()} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in read]
    made_by = f"clusterer {version('clusterer')} {encoder.fingerprint}"
    key = [made_by, repr(chosen), repr(source.fields), *stamps]
    return Checkpoint(output.with_name(output.name + SUFFIX), "\n".join(key))
