"""How well predicted clusters agree with gold ones.

All measures take two sequences of labels of one length: item i is in the gold cluster ``gold[i]`` and in the predicted
cluster ``predicted[i]``. Labels only name clusters, so they may be anything hashable. Time and memory are linear in the
items (a sort apart): what is counted is the cells of the contingency table that are not empty.

A measure of nothing (no item, or no pair where pairs are counted) is 1: nothing was done wrongly.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and their harmonic mean, each from 0 to 1."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class VMeasure:
    """Homogeneity (one gold cluster in a cluster), completeness (the reverse), their harmonic mean; from 0 to 1."""

    homogeneity: float
    completeness: float
    v: float


@dataclass(frozen=True, slots=True)
class SizeSummary:
    """How many clusters there are, how many of them hold one item, and the sizes of the rest."""

    clusters: int
    singletons: int
    largest: int
    mean: float
    median: float


@dataclass(frozen=True, slots=True)
class Contingency:
    """The cells of the table of gold clusters by predicted clusters that are not empty.

    Clusters are numbered by their first appearance. `gold_sizes` [gold clusters] and `predicted_sizes` [predicted
    clusters] count items; cell c is where gold cluster `cell_gold[c]` and predicted cluster `cell_predicted[c]` share
    `cell_sizes[c]` items; `item_cell` [items] is the cell of each item. All are int64.
    """

    gold_sizes: Integers
    predicted_sizes: Integers
    cell_gold: Integers
    cell_predicted: Integers
    cell_sizes: Integers
    item_cell: Integers

    @property
    def items(self) -> int:
        """How many items there are."""
        return len(self.item_cell)


def contingency(gold: Sequence[Hashable], predicted: Sequence[Hashable]) -> Contingency:
    """The sparse contingency table of two clusterings. Raises ValueError where their lengths differ."""
    if len(gold) != len(predicted):
        raise ValueError(f"{len(gold)} gold labels, but {len(predicted)} predicted ones")
    gold_codes, predicted_codes = numbered(gold), numbered(predicted)
    gold_sizes, predicted_sizes = np.bincount(gold_codes), np.bincount(predicted_codes)
    width = max(1, len(predicted_sizes))
    cells, item_cell, cell_sizes = np.unique(
        gold_codes * width + predicted_codes, return_inverse=True, return_counts=True
    )
    return Contingency(
        gold_sizes=gold_sizes,
        predicted_sizes=predicted_sizes,
        cell_gold=cells // width,
        cell_predicted=cells % width,
        cell_sizes=cell_sizes,
        item_cell=item_cell,
    )


def numbered(labels: Sequence[Hashable]) -> Integers:
    """For each item the number of its cluster, int64 [items]; clusters are numbered by their first appearance."""
    numbers: dict[Hashable, int] = {}
    return np.fromiter((numbers.setdefault(label, len(numbers)) for label in labels), dtype=np.int64, count=len(labels))


def bcubed(gold: Sequence[Hashable], predicted: Sequence[Hashable]) -> Score:
    """B-cubed precision and recall (Bagga and Baldwin 1998), each item counting once; F1 is of the two means.

    Raises ValueError where the lengths differ.
    """
    return mean_score(*bcubed_of_items(contingency(gold, predicted)))


def bcubed_of_items(table: Contingency) -> tuple[Floats, Floats]:
    """B-cubed precision and recall of each item, float64 [items] both."""
    precision = table.cell_sizes / table.predicted_sizes[table.cell_predicted]
    recall = table.cell_sizes / table.gold_sizes[table.cell_gold]
    return precision[table.item_cell], recall[table.item_cell]


def mean_score(precision: Floats, recall: Floats) -> Score:
    """The means of precision and recall over items, and the F1 of the means."""
    if not len(precision):
        return score(1.0, 1.0)
    return score(float(precision.mean()), float(recall.mean()))


def score(precision: float, recall: float) -> Score:
    """The score of a precision and a recall."""
    return Score(precision, recall, _harmonic_mean(precision, recall))


def pairwise(gold: Sequence[Hashable], predicted: Sequence[Hashable]) -> Score:
    """Precision and recall of "these two items are together", over all pairs of items.

    Large clusters weigh by the square of their size. Raises ValueError where the lengths differ.
    """
    both, in_gold, in_predicted, _ = _pair_counts(contingency(gold, predicted))
    return score(_share(both, in_predicted), _share(both, in_gold))


def adjusted_rand_index(gold: Sequence[Hashable], predicted: Sequence[Hashable]) -> float:
    """The Rand index corrected for chance (Hubert and Arabie 1985): 1 for equal clusterings, about 0 for random ones.

    Raises ValueError where the lengths differ.
    """
    both, in_gold, in_predicted, pairs = _pair_counts(contingency(gold, predicted))
    if both == in_gold == in_predicted:
        return 1.0
    # Multiplied through by the number of pairs, so that whole numbers of any size stay exact until the one division.
    return 2 * (pairs * both - in_gold * in_predicted) / (pairs * (in_gold + in_predicted) - 2 * in_gold * in_predicted)


def v_measure(gold: Sequence[Hashable], predicted: Sequence[Hashable]) -> VMeasure:
    """Homogeneity, completeness and V-measure with beta 1 (Rosenberg and Hirschberg 2007).

    Raises ValueError where the lengths differ.
    """
    table = contingency(gold, predicted)
    homogeneity = _explained(table, table.gold_sizes, table.predicted_sizes[table.cell_predicted])
    completeness = _explained(table, table.predicted_sizes, table.gold_sizes[table.cell_gold])
    return VMeasure(homogeneity, completeness, _harmonic_mean(homogeneity, completeness))


def size_summary(labels: Sequence[Hashable]) -> SizeSummary:
    """The sizes of the clusters of one clustering; all are 0 where there is no item."""
    sizes = np.bincount(numbered(labels))
    if not len(sizes):
        return SizeSummary(clusters=0, singletons=0, largest=0, mean=0.0, median=0.0)
    return SizeSummary(
        clusters=len(sizes),
        singletons=int((sizes == 1).sum()),
        largest=int(sizes.max()),
        mean=float(sizes.mean()),
        median=float(np.median(sizes)),
    )


def _pair_counts(table: Contingency) -> tuple[int, int, int, int]:
    """Pairs together in both clusterings, in gold, in predicted, and all pairs, as Python's unbounded integers."""
    return (
        _pairs_within(table.cell_sizes),
        _pairs_within(table.gold_sizes),
        _pairs_within(table.predicted_sizes),
        table.items * (table.items - 1) // 2,
    )


def _pairs_within(sizes: Integers) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def _explained(table: Contingency, sizes: Integers, conditions: Integers) -> float:
    """The share of the entropy of clusters of these sizes that the other clustering explains.

    `conditions` [cells] is the size of the cluster of the other clustering in which each cell lies.
    """
    if len(sizes) < 2:
        return 1.0
    shares = sizes / table.items
    entropy = -float((shares * np.log(shares)).sum())
    unexplained = -float((table.cell_sizes / table.items * np.log(table.cell_sizes / conditions)).sum())
    return min(1.0, max(0.0, 1.0 - unexplained / entropy))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _harmonic_mean(first: float, second: float) -> float:
    return 2 * first * second / (first + second) if first + second else 0.0
