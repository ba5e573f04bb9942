"""How often a text is found by its translation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from clusterer.encoding.encoder import Encoder
from clusterer.errors import UsageError
from clusterer.evaluation.report import plain_line
from clusterer.evaluation.retrieval import nearest_targets, top1_accuracy
from clusterer.progress import Progress

MISSES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Miss:
    """A text of a language, its translation, and the text that is nearer."""

    language: str
    text: str
    translation: str
    found: str


@dataclass(frozen=True, slots=True)
class ParallelEvaluation:
    """What `evaluate_parallel` found: the share of the texts of each language whose nearest text of the `target`
    language is their translation, the best language first, and how many texts it was measured on.
    """

    target: str
    accuracy: dict[str, float]
    texts: dict[str, int]
    missed: tuple[Miss, ...]

    @property
    def mean(self) -> float:
        """The mean over the languages."""
        return float(np.mean(list(self.accuracy.values())))

    @property
    def worst(self) -> float:
        """The accuracy of the worst language."""
        return min(self.accuracy.values())

    def as_dict(self) -> dict[str, Any]:
        """The evaluation as plain values, for JSON."""
        return asdict(self) | {"mean": self.mean, "worst": self.worst}

    def as_text(self) -> str:
        """The evaluation as lines for a terminal, without markup."""
        lines = [f"top-1 accuracy to {self.target}: mean {self.mean:.4f}, worst {self.worst:.4f}", ""]
        lines += [
            f"{plain_line(language):<8} {value:.4f}   {self.texts[language]:,} texts"
            for language, value in self.accuracy.items()
        ]
        for miss in self.missed:
            lines += ["", f"{plain_line(miss.language)}: {plain_line(miss.text)}"]
            lines += [
                f"  its translation  {plain_line(miss.translation)}",
                f"  found instead    {plain_line(miss.found)}",
            ]
        return "\n".join(lines)


def evaluate_parallel(
    rows: Sequence[Mapping[str, str]], encoder: Encoder, target: str, *, progress: Progress | None = None
) -> ParallelEvaluation:
    """Measure how often texts find their translation among all texts of the language `target`. Rows that lack one of
    the two languages are left out. Raises `UsageError` where no text has a translation in `target`.
    """
    whole = [row for row in rows if target in row]
    others = sorted({language for row in whole for language in row} - {target})
    if not others:
        raise UsageError(
            f"no text has a translation in {target!r}", where="--target", remedy="Give a language that the file has."
        )
    goals = encoder.encode([row[target] for row in whole], progress=progress)
    accuracy: dict[str, float] = {}
    texts: dict[str, int] = {}
    missed: dict[str, Miss] = {}
    for language in others:
        present = np.flatnonzero([language in row for row in whole])
        found = encoder.encode([whole[number][language] for number in present], progress=progress)
        accuracy[language] = top1_accuracy(found, goals, present)
        texts[language] = len(present)
        nearest = nearest_targets(found, goals)
        wrong = np.flatnonzero(nearest != present)
        if len(wrong):
            row = whole[present[wrong[0]]]
            missed[language] = Miss(language, row[language], row[target], whole[nearest[wrong[0]]][target])
    order = sorted(accuracy, key=lambda language: (-accuracy[language], language))
    worst = [missed[language] for language in reversed(order) if language in missed]
    return ParallelEvaluation(
        target=target,
        accuracy={language: accuracy[language] for language in order},
        texts={language: texts[language] for language in order},
        missed=tuple(worst[:MISSES_SHOWN]),
    )
