"""Where a JSON value ends that cannot be decoded: broken, or not at hand as a whole."""

from __future__ import annotations

import re

_SIGN = re.compile(r'["\[\]{}]')
# Stops before a backslash at the very end of the text, whose escaped sign is still to come.
_STRING_REST = re.compile(r'(?:[^"\\]++|\\.)*+(")?', re.DOTALL)
_SCALAR_END = re.compile(r"[,\]}\n]")


class Extent:
    """Finds the end of a value by its brackets and quotation marks, over texts that come piece by piece.

    `searched` is how much of the value, from its start, need not be seen again.
    """

    def __init__(self) -> None:
        self.searched = 0
        self._begun = False
        self._depth = 0
        self._in_string = False

    def find(self, text: str, start: int) -> int | None:
        """The end of the value that starts at `start`, or None where it is not in the text yet: ask again with more."""
        if start >= len(text):  # what should hold a value breaks off before it
            return None
        if not self._begun and text[start] not in '{["':
            scalar = _SCALAR_END.search(text, start + 1)
            return scalar.start() if scalar else None
        self._begun = True
        position = start + self.searched
        while position < len(text):
            if self._in_string:
                string = _STRING_REST.match(text, position)
                if string is None or string[1] is None:
                    position = string.end() if string else position
                    break
                self._in_string, position = False, string.end()
            else:
                sign = _SIGN.search(text, position)
                if sign is None:
                    position = len(text)
                    break
                position = sign.end()
                self._take(sign[0])
            if self._depth <= 0 and not self._in_string:
                return position
        self.searched = position - start
        return None

    def _take(self, sign: str) -> None:
        if sign == '"':
            self._in_string = True
        else:
            self._depth += 1 if sign in "{[" else -1

    def forget(self) -> None:
        """Say that the part which was searched is gone from the text: the next one starts where it ended."""
        self.searched = 0
