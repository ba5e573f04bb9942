"""How well the evidence of pairs of articles agrees with those who judged them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterer.article import Article
from clusterer.article_features import dense_vectors, encode_articles, features_of
from clusterer.encoding.encoder import Encoder
from clusterer.errors import InputError
from clusterer.evaluation.gold_files import JudgedPair
from clusterer.evaluation.pairs import pearson, roc_auc
from clusterer.evaluation.report import plain_line
from clusterer.grouping.calibration import probability
from clusterer.grouping.evidence import pair_terms
from clusterer.pipeline import constants_of, in_content_order
from clusterer.progress import Progress

ERRORS_SHOWN = 5
ACROSS = "cross-language"
_FEWEST_JUDGED = 2


@dataclass(frozen=True, slots=True)
class Agreement:
    """The area under the ROC curve, and Pearson's correlation with the negative of the judges' scores, of the evidence
    and of the dense cosines alone; None where they cannot be had: all labels or all scores are the same.
    """

    pairs: int
    roc_auc: float | None
    dense_roc_auc: float | None
    pearson: float | None
    dense_pearson: float | None


@dataclass(frozen=True, slots=True)
class PairError:
    """A pair that was judged wrongly: its probability of one story, and both headlines."""

    probability: float
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class PairEvaluation:
    """What `evaluate_pairs` found. `missing` pairs name an article that is not there. `languages` has one entry for
    pairs of each language, and one for pairs across languages. `missed` are pairs of one story that scored lowest,
    `taken` pairs of two stories that scored highest.
    """

    overall: Agreement
    languages: dict[str, Agreement]
    missing: int
    missed: tuple[PairError, ...]
    taken: tuple[PairError, ...]

    def as_dict(self) -> dict[str, Any]:
        """The evaluation as plain values, for JSON."""
        return asdict(self)

    def as_text(self) -> str:
        """The evaluation as lines for a terminal, without markup."""
        lines = ["                        pairs  ROC AUC  of cosines  Pearson  of cosines"]
        lines.append(_line("all", self.overall))
        lines += [_line(language, found) for language, found in self.languages.items()]
        if self.missing:
            lines.append(f"{self.missing:,} pairs name an article that is not in the input, and were left out.")
        lines += _error_lines("Pairs of one story that score lowest", self.missed)
        lines += _error_lines("Pairs of two stories that score highest", self.taken)
        return "\n".join(lines)


def evaluate_pairs(
    articles: Sequence[Article],
    pairs: Sequence[JudgedPair],
    encoder: Encoder,
    *,
    progress: Progress | None = None,
) -> PairEvaluation:
    """Measure the evidence of judged pairs of articles, which bear their languages. Raises `InputError` where no pair
    has both its articles among them.
    """
    ordered = in_content_order(articles)
    row = {article.id: number for number, article in enumerate(ordered)}
    known = [pair for pair in pairs if pair.first in row and pair.second in row]
    if not known:
        raise InputError(
            "no pair has both its articles in the input", where="--pairs", remedy="Give the articles that it names."
        )
    encoded = encode_articles(ordered, encoder, progress=progress)
    constants = constants_of(encoder, progress=progress)
    dense = dense_vectors(encoded, constants)
    features = features_of(ordered, dense, constants)
    left, right = (np.array([row[id] for id in ids]) for ids in zip(*((p.first, p.second) for p in known), strict=True))
    terms = pair_terms(features, left, right)
    evidence = terms.evidence()
    kind = [ordered[a].language if same else ACROSS for a, same in zip(left.tolist(), terms.one_language, strict=True)]
    kinds = np.array(kind)
    together = np.array([pair.together for pair in known])
    scores = np.array([np.nan if pair.score is None else -pair.score for pair in known])

    def agreement(chosen: npt.NDArray[np.bool_]) -> Agreement:
        return _agreement(together[chosen], scores[chosen], evidence[chosen], terms.dense[chosen])

    names = sorted(set(kind), key=lambda name: (name == ACROSS, -kind.count(name), name))
    chance = probability(evidence)

    def worst(rows: npt.NDArray[np.intp]) -> tuple[PairError, ...]:
        return tuple(
            PairError(round(float(chance[n]), 4), ordered[left[n]].headline, ordered[right[n]].headline) for n in rows
        )

    order = np.argsort(evidence, kind="stable")
    return PairEvaluation(
        overall=agreement(np.ones(len(known), dtype=bool)),
        languages={name: agreement(kinds == name) for name in names},
        missing=len(pairs) - len(known),
        missed=worst(order[together[order]][:ERRORS_SHOWN]),
        taken=worst(order[~together[order]][::-1][:ERRORS_SHOWN]),
    )


def _agreement(
    together: npt.NDArray[np.bool_],
    scores: npt.NDArray[np.float64],
    evidence: npt.NDArray[np.float64],
    dense: npt.NDArray[np.float64],
) -> Agreement:
    mixed = together.any() and not together.all()
    judged = ~np.isnan(scores)
    graded = judged.sum() >= _FEWEST_JUDGED and all(np.ptp(some[judged]) > 0 for some in (scores, evidence, dense))
    return Agreement(
        pairs=len(together),
        roc_auc=roc_auc(together, evidence) if mixed else None,
        dense_roc_auc=roc_auc(together, dense) if mixed else None,
        pearson=pearson(scores[judged], evidence[judged]) if graded else None,
        dense_pearson=pearson(scores[judged], dense[judged]) if graded else None,
    )


def _line(name: str, found: Agreement) -> str:
    numbers = (found.roc_auc, found.dense_roc_auc, found.pearson, found.dense_pearson)
    told = ["-" if number is None else f"{number:.3f}" for number in numbers]
    return f"{plain_line(name):<20} {found.pairs:>8,}  {told[0]:>7}  {told[1]:>10}  {told[2]:>7}  {told[3]:>10}"


def _error_lines(title: str, errors: Sequence[PairError]) -> list[str]:
    if not errors:
        return ["", f"{title}: none."]
    lines = ["", title]
    for error in errors:
        lines += [f"  {error.probability:.3f}  {plain_line(error.first)}", f"         {plain_line(error.second)}"]
    return lines
