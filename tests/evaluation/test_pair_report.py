from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from clusterer.article import Article
from clusterer.encoding.loading import load_encoder
from clusterer.errors import InputError
from clusterer.evaluation.gold_files import JudgedPair
from clusterer.evaluation.pair_report import ACROSS, evaluate_pairs
from clusterer.evaluation.pairs import pearson, roc_auc

ARTICLES = [
    Article("1", "River floods the town of Harwick", "", "en"),
    Article("2", "Harwick flooded as river bursts its banks", "", "en"),
    Article("3", "Chess champion retires at thirty", "", "en"),
    Article("4", "Die Stadt Harwick steht unter Wasser", "", "de"),
    Article("5", "\x1b[31mSchachweltmeister tritt zurück", "", "de"),
]
PAIRS = [
    JudgedPair("1", "2", True, 1.0),
    JudgedPair("1", "3", False, 4.0),
    JudgedPair("3", "2", False, 3.5),
    JudgedPair("1", "4", True, 1.5),
    JudgedPair("2", "5", False, 4.0),
    JudgedPair("1", "absent", True, 1.0),
]


def test_the_measures_are_those_of_the_evidence() -> None:
    found = evaluate_pairs(ARTICLES, PAIRS, load_encoder())
    assert found.missing == 1
    assert found.overall.pairs == 5
    assert found.overall.roc_auc == 1.0
    assert found.overall.pearson is not None
    assert found.overall.pearson > 0.9
    assert list(found.languages) == ["en", ACROSS]
    assert (found.languages["en"].pairs, found.languages[ACROSS].pairs) == (3, 2)
    worst = found.missed[0]
    assert {worst.first, worst.second} <= {article.headline for article in ARTICLES}
    assert [error.probability for error in found.taken] == sorted((e.probability for e in found.taken), reverse=True)


def test_the_order_makes_no_difference() -> None:
    forth = evaluate_pairs(ARTICLES, PAIRS, load_encoder())
    back = evaluate_pairs(ARTICLES[::-1], PAIRS[::-1], load_encoder())
    assert asdict(forth.overall) == pytest.approx(asdict(back.overall))
    assert (forth.missed, forth.taken) == (back.missed, back.taken)


def test_labels_that_are_all_one_have_no_curve() -> None:
    found = evaluate_pairs(ARTICLES, PAIRS[:1], load_encoder())
    assert (found.overall.roc_auc, found.overall.pearson) == (None, None)
    assert "  -" in found.as_text()
    with pytest.raises(ValueError, match="true pairs"):
        roc_auc([True], [1.0])
    with pytest.raises(ValueError, match="vary"):
        pearson([1.0], [1.0])


def test_headlines_steer_no_terminal_and_json_holds_all() -> None:
    found = evaluate_pairs(ARTICLES, PAIRS, load_encoder())
    assert "\x1b" not in found.as_text()
    plain = json.loads(json.dumps(found.as_dict()))
    assert plain["overall"]["pairs"] == 5
    assert plain["missed"][0].keys() == {"probability", "first", "second"}


def test_pairs_of_other_articles_are_refused() -> None:
    with pytest.raises(InputError, match="no pair"):
        evaluate_pairs(ARTICLES, [JudgedPair("x", "y", True)], load_encoder())
