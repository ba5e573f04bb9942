"""A set with known stories: copies count with their family, and what has no story is not scored."""

import json

import numpy as np

from benchmarks.gold_set import load_gold_set
from clusterer.encoding.loading import load_encoder

NEWS = [
    ("1", "River floods the town of Harwick", "flood"),
    ("2", "River floods the town of Harwick", "flood"),
    ("3", "Chess champion retires at thirty", "chess"),
    ("4", "Nobody knows what this belongs to", None),
]


def test_copies_are_scored_by_their_family_and_the_unknown_not_at_all(tmp_path):
    path = tmp_path / "tiny.stories.jsonl"
    lines = (json.dumps({"id": id, "title": title, "cluster": story}) for id, title, story in NEWS)
    path.write_text("\n".join(lines), encoding="utf-8")
    gold = load_gold_set(path, load_encoder())
    assert gold.name == "tiny"
    assert (gold.ids, gold.stories) == (["1", "2", "3"], ["flood", "flood", "chess"])
    assert gold.rows[0] == gold.rows[1] != gold.rows[2]
    assert len(gold.features) == len(gold.encoded.articles) == 3
    assert gold.score(np.arange(3)).f1 == 1.0
    assert gold.score(np.zeros(3, dtype=np.intp)).precision < 1
