"""The corpora that quality is measured on: the sample, and the gold sets of ../shared/eval where they are."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clusterer.encoding.encoder import Encoder
from clusterer.evaluation.gold import gold_stories
from clusterer.evaluation.gold_files import read_pairs, read_parallel
from clusterer.evaluation.pair_report import PairEvaluation, evaluate_pairs
from clusterer.evaluation.parallel_report import ParallelEvaluation, evaluate_parallel
from clusterer.evaluation.report import Evaluation
from clusterer.evaluation.report import evaluate as evaluate_stories
from clusterer.pipeline import cluster, with_languages
from clusterer.reading import ReadingOptions, read_articles

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "data" / "sample-news.jsonl"
GOLD = ROOT.parent / "shared" / "eval"
ENGLISH = "en"


def gold_records(path: Path) -> list[dict[str, Any]]:
    """The records of a gold set as they are written, of gzipped JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def gold_field(path: Path) -> str:
    """The field that names the right story."""
    return "story" if path == SAMPLE else "cluster"


def story_sets() -> list[Path]:
    """The dumps whose right stories are known, those that are there."""
    return [SAMPLE, *sorted(GOLD.glob("*.stories.jsonl.gz"))]


@dataclass(frozen=True, slots=True)
class MeasuredStories:
    """Stories, and threads, at the default settings against the right stories."""

    stories: Evaluation
    threads: Evaluation


def measure_stories(path: Path, encoder: Encoder) -> MeasuredStories:
    """Cluster a dump, and hold stories and threads against the right stories."""
    articles = list(read_articles([path]))
    right = gold_stories(articles, gold_field(path))
    scored = {article.id: story for article, story in zip(articles, right, strict=True) if story is not None}
    found = cluster(articles, encoder=encoder)
    placed = {assignment.id: assignment for assignment in found.assignments}
    language = {member.article.id: member.article.language for story in found.stories for member in story.articles}

    def measured(predicted: list[str]) -> Evaluation:
        return evaluate_stories(list(scored.values()), predicted, [language[id] for id in scored])

    return MeasuredStories(
        measured([placed[id].story for id in scored]), measured([placed[id].thread for id in scored])
    )


def measure_pairs(path: Path, encoder: Encoder) -> PairEvaluation:
    """The evidence of judged pairs; their articles lie in the file beside."""
    articles = path.with_name(path.name.replace(".pairs.", ".articles."))
    read = read_articles([articles], ReadingOptions(split="never"))
    return evaluate_pairs(with_languages(list(read)), read_pairs(path).items, encoder)


def measure_parallel(path: Path, encoder: Encoder) -> ParallelEvaluation:
    """Translations found among English texts."""
    return evaluate_parallel(read_parallel(path).items, encoder, ENGLISH)
