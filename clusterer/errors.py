"""The errors that clusterer raises. Each says what happened, where, and what to do.

ClustererError
├── UsageError            a wrong option, argument or setting
├── InputError            an input that cannot be read at all
├── ModelError            a model that cannot be loaded or used
└── IndexDirectoryError   an index directory that cannot be used
    ├── IndexMissingError     there is none
    ├── IndexFormatError      it is damaged, or of another version
    ├── IndexLockedError      another process is writing to it
    └── ModelMismatchError    it was made by another model
"""

from __future__ import annotations


class ClustererError(Exception):
    """Base of all errors here. `what` happened, `where` (a file and line, a path, an option), `remedy`: what to do."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        place = f"{where}: " if where else ""
        advice = f" {remedy}" if remedy else ""
        super().__init__(f"{place}{what}.{advice}")


class UsageError(ClustererError):
    """A wrong option, argument or setting."""


class InputError(ClustererError):
    """An input that cannot be read at all."""


class ModelError(ClustererError):
    """A model that cannot be loaded or used."""


class IndexDirectoryError(ClustererError):
    """An index directory that cannot be used."""


class IndexMissingError(IndexDirectoryError):
    """There is no index where one was looked for."""


class IndexFormatError(IndexDirectoryError):
    """The index is damaged, or its format is of another version."""


class IndexLockedError(IndexDirectoryError):
    """Another process is writing to the index."""


class ModelMismatchError(IndexDirectoryError):
    """The index was made by another model than the one asked for."""
