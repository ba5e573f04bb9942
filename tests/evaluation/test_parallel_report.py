from __future__ import annotations

import json

import pytest

from clusterer.encoding.loading import load_encoder
from clusterer.errors import UsageError
from clusterer.evaluation.parallel_report import evaluate_parallel

ROWS = [
    {"en": "The bridge over the river is closed", "de": "Die Brücke über den Fluss ist gesperrt", "fr": "Le pont"},
    {"en": "The chess champion retires", "de": "Der Schachweltmeister tritt zurück"},
    {"en": "Rain is expected in the mountains", "de": "In den Bergen wird Regen erwartet"},
    {"de": "Ohne Übersetzung", "fr": "Sans traduction"},
]


def test_each_language_is_measured_on_the_texts_that_have_a_translation() -> None:
    found = evaluate_parallel(ROWS, load_encoder(), "en")
    assert found.texts == {"de": 3, "fr": 1}
    assert found.accuracy["de"] == 1.0
    assert found.worst == min(found.accuracy.values())
    assert found.mean == pytest.approx(sum(found.accuracy.values()) / 2)


def test_what_is_missed_is_shown_with_what_was_found_instead() -> None:
    swapped = [{**ROWS[0], "de": ROWS[1]["de"]}, {**ROWS[1], "de": ROWS[0]["de"]}, ROWS[2]]
    found = evaluate_parallel(swapped, load_encoder(), "en")
    assert found.accuracy["de"] == pytest.approx(1 / 3)
    miss = next(miss for miss in found.missed if miss.language == "de")
    assert (miss.translation, miss.found) == (ROWS[0]["en"], ROWS[1]["en"])
    assert "found instead" in found.as_text()
    assert json.loads(json.dumps(found.as_dict()))["worst"] == found.worst


def test_a_language_that_is_not_there_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="'ja'"):
        evaluate_parallel(ROWS, load_encoder(), "ja")
