from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterer.evaluation.clusters import Score, bcubed
from clusterer.evaluation.report import HEADLINE_WIDTH, ErrorPart, Evaluation, StoryError, evaluate

GOLD = ["flood", "flood", "flood", "flood", "vote", "vote", "match"]
PREDICTED = ["p1", "p1", "p2", "p2", "p2", "p2", "p3"]
LANGUAGES = ["en", "en", "ru", "ru", "en", "en", "ru"]
HEADLINES = [
    "River rises",
    "Bridge closed",
    "Вода прибывает",
    "Мост закрыт",
    "Polls open",
    "Turnout high",
    "Матч окончен",
]


def test_every_measure_is_there() -> None:
    found = evaluate(GOLD, PREDICTED, LANGUAGES, HEADLINES)
    assert (found.articles, found.gold.clusters, found.gold.largest) == (7, 3, 4)
    assert (found.predicted.clusters, found.predicted.largest, found.predicted.singletons) == (3, 4, 1)
    assert found.bcubed == bcubed(GOLD, PREDICTED)
    assert found.pairwise.precision == pytest.approx(3 / 7)
    assert found.pairwise.recall == pytest.approx(3 / 7)


def test_a_language_is_scored_over_its_articles_by_all_members_of_their_stories() -> None:
    languages = evaluate(GOLD, PREDICTED, LANGUAGES).languages
    assert list(languages) == ["en", "ru"]
    assert languages["en"].articles == 4
    assert (languages["en"].bcubed.precision, languages["en"].bcubed.recall) == (0.75, 0.75)
    assert languages["ru"].bcubed.precision == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert languages["ru"].bcubed.recall == pytest.approx((0.5 + 0.5 + 1) / 3)


def test_stories_across_languages_are_scored_apart() -> None:
    across = evaluate(GOLD, PREDICTED, LANGUAGES).cross_language
    assert across.stories == 1
    assert across.share == pytest.approx(1 / 3)
    assert across.scored is not None
    assert across.scored.articles == 4
    assert across.scored.bcubed == Score(0.75, 0.5, pytest.approx(0.6))


def test_no_story_across_languages_is_said() -> None:
    found = evaluate(["a", "b"], [1, 1], ["en", "ru"])
    assert found.cross_language.stories == 0
    assert found.cross_language.scored is None
    assert "No gold story is told in more than one language." in found.as_text()


def test_errors_in_both_directions_name_their_parts() -> None:
    found = evaluate(GOLD, PREDICTED, LANGUAGES, HEADLINES)
    assert found.mixed == (
        StoryError(
            story="p2",
            articles=4,
            pairs=4,
            part_count=2,
            parts=(
                ErrorPart("flood", 2, ("Вода прибывает", "Мост закрыт")),
                ErrorPart("vote", 2, ("Polls open", "Turnout high")),
            ),
        ),
    )
    assert [(error.story, error.pairs, [part.story for part in error.parts]) for error in found.split] == [
        ("flood", 4, ["p1", "p2"])
    ]


def test_the_costliest_errors_come_first_and_are_cut() -> None:
    gold = [f"g{size}-{i % 2}" for size in range(1, 9) for i in range(2 * size)]
    predicted = [f"p{size}" for size in range(1, 9) for _ in range(2 * size)]
    found = evaluate(gold, predicted, ["en"] * len(gold))
    assert [error.story for error in found.mixed] == ["p8", "p7", "p6", "p5", "p4"]
    assert [error.pairs for error in found.mixed] == [64, 49, 36, 25, 16]
    assert found.split == ()
    many = evaluate([f"g{i}" for i in range(10)], [0] * 10, ["en"] * 10)
    assert many.mixed[0].part_count == 10
    assert "    and 6 more" in many.as_text().splitlines()


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=25), st.randoms(use_true_random=False))
def test_order_does_not_matter_and_wrong_pairs_are_counted(items: list[tuple[int, int]], chance: random.Random) -> None:
    def report(rows: list[tuple[int, int, int]]) -> Evaluation:
        gold, predicted = [gold for gold, _, _ in rows], [predicted for _, predicted, _ in rows]
        languages, headlines = [("en", "ar")[i % 2] for _, _, i in rows], [f"headline {i}" for _, _, i in rows]
        return evaluate(gold, predicted, languages, headlines)

    rows = [(gold, predicted, place) for place, (gold, predicted) in enumerate(items)]
    first, second = report(rows), report(chance.sample(rows, len(rows)))
    assert (first.mixed, first.split) == (second.mixed, second.split)
    for language, scored in first.languages.items():
        assert scored.articles == second.languages[language].articles
        assert scored.bcubed.f1 == pytest.approx(second.languages[language].bcubed.f1)
    wrong = sum(a[1] == b[1] and a[0] != b[0] for i, a in enumerate(items) for b in items[:i])
    assert sum(error.pairs for error in first.mixed) == wrong


def test_it_is_json() -> None:
    found = evaluate(GOLD, PREDICTED, LANGUAGES, HEADLINES).as_dict()
    assert json.loads(json.dumps(found))["cross_language"]["scored"]["bcubed"]["recall"] == 0.5


def test_text_for_a_terminal_holds_nothing_that_steers_it() -> None:
    headlines = ["\x1b[31mred\nline\u202e", "می‌رود", "x" * 500, "[bold]kept[/bold]"]
    text = evaluate(["a\x07", "b", "c", "d"], [0, 0, 0, 0], ["en", "fa", "en", "en"], headlines).as_text()
    assert not any(control in text for control in ("\x1b", "\x07", "\u202e"))
    assert "می‌رود" in text
    assert "[bold]kept[/bold]" in text
    assert max(map(len, text.splitlines())) < HEADLINE_WIDTH + 10


def test_an_empty_dump_has_a_report() -> None:
    found = evaluate([], [], [])
    assert found.bcubed == Score(1.0, 1.0, 1.0)
    assert found.languages == {}
    assert "Predicted stories that mix most: none." in found.as_text()


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="2 articles, but 1 languages"):
        evaluate([1, 2], [1, 2], ["en"])
    with pytest.raises(ValueError, match="2 articles, but 3 headlines"):
        evaluate([1, 2], [1, 2], ["en", "en"], ["a", "b", "c"])
