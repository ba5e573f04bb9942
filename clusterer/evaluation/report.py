"""All measures of one clustering against gold stories, with the errors that cost most."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterer.evaluation.clusters import (
    Contingency,
    Floats,
    Integers,
    Score,
    SizeSummary,
    VMeasure,
    adjusted_rand_index,
    bcubed_of_items,
    contingency,
    mean_score,
    numbered,
    pairwise,
    size_summary,
    v_measure,
)

ERRORS_SHOWN = 5
PARTS_SHOWN = 4
HEADLINES_SHOWN = 2
HEADLINE_WIDTH = 90

_CONTROLS = {"Cc", "Cs", "Zl", "Zp"}
# Not all of the format characters: zero-width joiners belong to the spelling of Persian and Indian words.
_DIRECTION_MARKS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@dataclass(frozen=True, slots=True)
class ScoredArticles:
    """B-cubed over some of the articles; each is still judged by all members of its stories."""

    articles: int
    bcubed: Score


@dataclass(frozen=True, slots=True)
class CrossLanguage:
    """How well stories hold together across languages.

    `stories` is how many gold stories have articles in two languages or more, `share` that number over all gold
    stories, and `scored` the B-cubed over the articles of those stories (None where there is no such story).
    """

    stories: int
    share: float
    scored: ScoredArticles | None


@dataclass(frozen=True, slots=True)
class ErrorPart:
    """The articles that a story on one side shares with a story on the other, with a few of their headlines."""

    story: str
    articles: int
    headlines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoryError:
    """A story on one side that lies in several on the other.

    `pairs` is how many pairs of its articles are apart on the other side; `parts` are its largest parts, of
    `part_count` in all.
    """

    story: str
    articles: int
    pairs: int
    part_count: int
    parts: tuple[ErrorPart, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What `evaluate` found. `mixed` are the predicted stories that mix most, `split` the gold stories split most."""

    articles: int
    gold: SizeSummary
    predicted: SizeSummary
    bcubed: Score
    pairwise: Score
    v_measure: VMeasure
    adjusted_rand_index: float
    languages: dict[str, ScoredArticles]
    cross_language: CrossLanguage
    mixed: tuple[StoryError, ...]
    split: tuple[StoryError, ...]

    def as_dict(self) -> dict[str, Any]:
        """The evaluation as plain values, for JSON."""
        return asdict(self)

    def as_text(self) -> str:
        """The evaluation as lines for a terminal, without markup; headlines are cut, and hold no control character."""
        return "\n".join(
            [
                *_measure_lines(self),
                *_language_lines(self),
                *_error_lines("Predicted stories that mix most", "gold", self.mixed),
                *_error_lines("Gold stories that are split most", "predicted", self.split),
            ]
        )


def evaluate(
    gold: Sequence[Hashable],
    predicted: Sequence[Hashable],
    languages: Sequence[str],
    headlines: Sequence[str] | None = None,
) -> Evaluation:
    """Measures predicted stories against gold ones.

    Item i is an article of gold story ``gold[i]``, put into predicted story ``predicted[i]``, in ``languages[i]`` and
    under ``headlines[i]``. Articles without a gold story are to be left out. Raises ValueError where lengths differ.
    """
    table = contingency(gold, predicted)
    for name, values in (("languages", languages), ("headlines", headlines)):
        if values is not None and len(values) != table.items:
            raise ValueError(f"{table.items} articles, but {len(values)} {name}")
    precision, recall = bcubed_of_items(table)
    return Evaluation(
        articles=table.items,
        gold=size_summary(gold),
        predicted=size_summary(predicted),
        bcubed=mean_score(precision, recall),
        pairwise=pairwise(gold, predicted),
        v_measure=v_measure(gold, predicted),
        adjusted_rand_index=adjusted_rand_index(gold, predicted),
        languages=_by_language(languages, precision, recall),
        cross_language=_across_languages(table, languages, precision, recall),
        mixed=_largest_errors(predicted, gold, headlines),
        split=_largest_errors(gold, predicted, headlines),
    )


def _by_language(languages: Sequence[str], precision: Floats, recall: Floats) -> dict[str, ScoredArticles]:
    """B-cubed over the articles of each language, the language with most articles first."""
    codes = numbered(languages)
    names = list(dict.fromkeys(languages))
    counts = np.bincount(codes)
    order = sorted(range(len(names)), key=lambda code: (-counts[code], names[code]))
    return {names[code]: _scored(codes == code, precision, recall) for code in order}


def _across_languages(table: Contingency, languages: Sequence[str], precision: Floats, recall: Floats) -> CrossLanguage:
    codes = numbered(languages)
    gold = table.cell_gold[table.item_cell]
    width = max(1, table.items)
    told_in = np.unique(gold * width + codes) // width  # each gold story once for each of its languages
    spans = np.bincount(told_in, minlength=len(table.gold_sizes)) > 1
    stories = int(spans.sum())
    return CrossLanguage(
        stories=stories,
        share=stories / len(spans) if stories else 0.0,
        scored=_scored(spans[gold], precision, recall) if stories else None,
    )


def _scored(chosen: npt.NDArray[np.bool_], precision: Floats, recall: Floats) -> ScoredArticles:
    return ScoredArticles(int(chosen.sum()), mean_score(precision[chosen], recall[chosen]))


def _largest_errors(
    stories: Sequence[Hashable], others: Sequence[Hashable], headlines: Sequence[str] | None
) -> tuple[StoryError, ...]:
    """The stories with most pairs of articles that `others` hold apart."""
    table = contingency(stories, others)
    sizes = table.gold_sizes
    together = np.zeros_like(sizes)
    np.add.at(together, table.cell_gold, _pairs(table.cell_sizes))
    apart = _pairs(sizes) - together
    names = [str(name) for name in dict.fromkeys(stories)]
    other_names = [str(name) for name in dict.fromkeys(others)]
    errors = []
    for story in sorted(np.flatnonzero(apart), key=lambda story: (-apart[story], names[story]))[:ERRORS_SHOWN]:
        cells = np.flatnonzero(table.cell_gold == story)
        parts = _largest_parts(table, cells, other_names, headlines)
        errors.append(StoryError(names[story], int(sizes[story]), int(apart[story]), len(cells), parts))
    return tuple(errors)


def _largest_parts(
    table: Contingency, cells: Integers, names: Sequence[str], headlines: Sequence[str] | None
) -> tuple[ErrorPart, ...]:
    """The largest of the cells, each as the part of a story that bears the name of the story on the other side."""

    def by_size(cell: int) -> tuple[int, str]:
        return -table.cell_sizes[cell], names[table.cell_predicted[cell]]

    return tuple(
        ErrorPart(
            story=names[table.cell_predicted[cell]],
            articles=int(table.cell_sizes[cell]),
            headlines=_headlines_of(np.flatnonzero(table.item_cell == cell), headlines),
        )
        for cell in sorted(cells, key=by_size)[:PARTS_SHOWN]
    )


def _headlines_of(items: Integers, headlines: Sequence[str] | None) -> tuple[str, ...]:
    """A few different headlines of the items, first in the alphabet, so that input order does not matter."""
    if headlines is None:
        return ()
    return tuple(sorted({headlines[item] for item in items})[:HEADLINES_SHOWN])


def _pairs(sizes: Integers) -> Integers:
    return sizes * (sizes - 1) // 2


def _measure_lines(found: Evaluation) -> list[str]:
    return [
        f"articles           {found.articles:,}",
        f"gold stories       {_sizes(found.gold)}",
        f"predicted stories  {_sizes(found.predicted)}",
        "",
        "                   precision  recall     F1",
        f"B-cubed            {_columns(found.bcubed)}",
        f"pairwise           {_columns(found.pairwise)}",
        f"V-measure          {found.v_measure.v:.3f} (homogeneity {found.v_measure.homogeneity:.3f}, "
        f"completeness {found.v_measure.completeness:.3f})",
        f"adjusted Rand      {found.adjusted_rand_index:.3f}",
    ]


def _language_lines(found: Evaluation) -> list[str]:
    across = found.cross_language
    lines = ["", "B-cubed by language"]
    lines += [_scored_line(language, scored) for language, scored in found.languages.items()]
    if across.scored:
        lines.append(_scored_line("cross-language", across.scored))
        lines.append(f"{across.stories:,} gold stories ({across.share:.0%}) are told in more than one language.")
    else:
        lines.append("No gold story is told in more than one language.")
    return lines


def _error_lines(title: str, other: str, errors: Sequence[StoryError]) -> list[str]:
    if not errors:
        return ["", f"{title}: none."]
    lines = ["", title]
    for error in errors:
        lines.append(
            f"  {plain_line(error.story)}: {error.articles:,} articles of {error.part_count:,} {other} stories, "
            f"{error.pairs:,} wrong pairs"
        )
        for part in error.parts:
            lines.append(f"    {plain_line(part.story)}: {part.articles:,}")
            lines += [f"      {plain_line(headline)}" for headline in part.headlines]
        if error.part_count > len(error.parts):
            lines.append(f"    and {error.part_count - len(error.parts):,} more")
    return lines


def _scored_line(name: str, scored: ScoredArticles) -> str:
    return f"{plain_line(name):<18} {_columns(scored.bcubed)}   {scored.articles:,} articles"


def _sizes(sizes: SizeSummary) -> str:
    return f"{sizes.clusters:,} (largest {sizes.largest:,}, of one article {sizes.singletons:,})"


def _columns(scored: Score) -> str:
    return f"{scored.precision:>9.3f}  {scored.recall:>6.3f}  {scored.f1:>5.3f}"


def plain_line(text: str) -> str:
    """The text on one line, cut to a width, without characters that could steer a terminal."""
    kept = (" " if unicodedata.category(c) in _CONTROLS or c in _DIRECTION_MARKS else c for c in text)
    line = " ".join("".join(kept).split())
    return line if len(line) <= HEADLINE_WIDTH else f"{line[: HEADLINE_WIDTH - 1]}…"
