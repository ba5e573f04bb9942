"""`clusterer evaluate` by judged pairs and by translations."""

import json

import pytest


@pytest.fixture
def files(tmp_path):
    news = [("1", "River floods Harwick"), ("2", "Harwick flooded by river"), ("3", "Chess champion retires")]
    contents = {
        "news.jsonl": [{"id": id, "title": title} for id, title in news],
        "pairs.jsonl": [{"id1": "1", "id2": "2", "label": 1}, {"id1": "1", "id2": "3", "label": 0}, "bad"],
        "texts.jsonl": [{"en": "The bridge is closed", "fr": "Le pont est fermé"}, {"en": "Rain", "fr": "Pluie"}],
    }
    for name, rows in contents.items():
        (tmp_path / name).write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return tmp_path


def test_pairs_are_measured_and_a_bad_line_is_told(run, files):
    outcome = run("evaluate", files / "news.jsonl", "--pairs", files / "pairs.jsonl", "--format", "json")
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out)["overall"]["roc_auc"] == 1.0
    assert "pairs.jsonl:3: this is not a pair" in outcome.err
    assert "ROC AUC" in run("evaluate", files / "news.jsonl", "--pairs", files / "pairs.jsonl").out


def test_translations_are_measured_and_held_to_a_score(run, files):
    outcome = run("evaluate", "--parallel", files / "texts.jsonl", "--target", "fr", "--format", "json")
    assert json.loads(outcome.out)["accuracy"] == {"en": 1.0}
    assert run("evaluate", "--parallel", files / "texts.jsonl", "--at-least", "1").code == 0
    swapped = files / "swapped.jsonl"
    swapped.write_text('{"en": "Rain", "fr": "Pont"}\n{"en": "Bridge", "fr": "Pluie"}\n', encoding="utf-8")
    outcome = run("evaluate", "--parallel", swapped, "--at-least", "0.9")
    assert outcome.code == 1
    assert "mean top-1 accuracy 0.0000 is below 0.9" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["news.jsonl"], "one thing to measure by"),
        (["news.jsonl", "--gold", "x", "--pairs", "pairs.jsonl"], "one thing to measure by"),
        (["--pairs", "pairs.jsonl"], "there is no INPUT"),
        (["news.jsonl", "--parallel", "texts.jsonl"], "takes no INPUT"),
        (["news.jsonl", "--pairs", "absent.jsonl"], "cannot be read"),
    ],
)
def test_wrong_use_says_what_to_do(run, files, monkeypatch, arguments, said):
    monkeypatch.chdir(files)
    outcome = run("evaluate", *arguments)
    assert outcome.code == 2
    assert said in outcome.err
    assert "Traceback" not in outcome.err
