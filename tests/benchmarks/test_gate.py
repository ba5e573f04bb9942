"""The quality gate, on small corpora of our own."""

import json

import pytest

from benchmarks import gate
from benchmarks.gate import Corpus, Verdict, moved, note_reason, read_floors, run_gate, sha256, write_floors
from clusterer.encoding.loading import load_encoder

STORIES = [
    ("1", "River floods the town of Harwick", "flood"),
    ("2", "Harwick flooded as river bursts its banks", "flood"),
    ("3", "Chess champion retires at thirty", "chess"),
]


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    path = tmp_path / "tiny.stories.jsonl"
    lines = (json.dumps({"id": id, "title": title, "cluster": story}) for id, title, story in STORIES)
    path.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(gate, "SAMPLE", path)
    monkeypatch.setattr(gate, "GOLD", tmp_path / "nothing")
    monkeypatch.setattr(gate, "MODELS", ("bundled",))
    return path


def test_a_corpus_is_held_against_its_floors(corpus):
    encoder = load_encoder()
    verdicts, changed = run_gate([corpus], {corpus.name: Corpus(sha256(corpus), {"B-cubed F1": 0.9})}, encoder)
    assert changed == {}
    assert [(verdict.measure, verdict.floor) for verdict in verdicts] == [
        ("B-cubed F1", 0.9),
        ("B-cubed F1 of threads", None),
    ]
    assert all(verdict.passed for verdict in verdicts)
    too_high, _ = run_gate([corpus], {corpus.name: Corpus(sha256(corpus), {"B-cubed F1": 1.1})}, encoder)
    assert not too_high[0].passed


def test_each_model_has_its_own_floors(corpus, monkeypatch):
    encoder = load_encoder()
    monkeypatch.setattr(type(encoder), "name", "another")
    monkeypatch.setattr(gate, "MODELS", ("bundled", "another"))
    pinned = {f"{corpus.name} with another": Corpus(sha256(corpus), {"B-cubed F1": 1.1})}
    verdicts, changed = run_gate([corpus], pinned, encoder)
    assert changed == {}
    assert [verdict.passed for verdict in verdicts] == [False, True]
    unknown = moved({}, verdicts, down=False)
    assert unknown.keys() == pinned.keys()
    assert unknown[f"{corpus.name} with another"].sha256 == sha256(corpus)


def test_another_corpus_under_the_same_name_is_told(corpus):
    _, changed = run_gate([corpus], {corpus.name: Corpus("0" * 64, {})}, load_encoder())
    assert changed == {corpus.name: sha256(corpus)}


def test_pairs_and_parallel_texts_are_measured(tmp_path):
    (tmp_path / "p.articles.jsonl").write_text(
        "\n".join(json.dumps({"id": id, "title": title}) for id, title, _ in STORIES), encoding="utf-8"
    )
    pairs = tmp_path / "p.pairs.jsonl"
    pairs.write_text('{"id1": "1", "id2": "2", "label": 1}\n{"id1": "1", "id2": "3", "label": 0}\n', encoding="utf-8")
    assert gate.measure(pairs, load_encoder()) == {"ROC AUC": 1.0}
    assert gate.measure(tmp_path / "p.articles.jsonl", load_encoder()) == {}
    parallel = tmp_path / "p.parallel.jsonl"
    texts = [{"en": "The bridge is closed", "de": "Die Brücke ist gesperrt"}, {"en": "Rain today", "de": "Heute Regen"}]
    parallel.write_text("\n".join(map(json.dumps, texts)), encoding="utf-8")
    assert gate.measure(parallel, load_encoder()) == {"mean top-1": 1.0, "worst top-1": 1.0}


def test_floors_go_up_but_not_down_unless_that_is_asked_for(corpus):
    pinned = {corpus.name: Corpus("old", {"a": 0.5, "b": 0.9})}
    verdicts = [Verdict(corpus.name, "a", 0.5, 0.8), Verdict(corpus.name, "b", 0.9, 0.85)]
    raised = moved(pinned, verdicts, down=False)[corpus.name]
    assert raised == Corpus("old", {"a": 0.796, "b": 0.9})
    lowered = moved(pinned, verdicts, down=True)[corpus.name]
    assert lowered == Corpus(sha256(corpus), {"a": 0.796, "b": 0.846})
    assert pinned[corpus.name].floors == {"a": 0.5, "b": 0.9}


def test_what_is_pinned_is_read_again(tmp_path):
    floors = {"x": Corpus("1", {"a": 0.5}), "b": Corpus("2", {})}
    write_floors(tmp_path / "floors.json", floors)
    assert read_floors(tmp_path / "floors.json") == floors
    assert read_floors(tmp_path / "nothing.json") == {}


def test_a_reason_goes_into_the_changelog(tmp_path):
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text("# Changelog\n\n### Added\n\n- A.\n\n### Changed\n\n- B.\n", encoding="utf-8")
    note_reason(changelog, [Verdict("x", "F1", 0.9, 0.85)], {"y": "1"}, "a better corpus")
    text = changelog.read_text(encoding="utf-8")
    assert "### Changed\n\n- Quality floors lowered (x F1 to 0.850; y is another corpus): a better corpus\n- B." in text
    changelog.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="no heading"):
        note_reason(changelog, [], {}, "why")


def test_the_gate_as_a_command(corpus, tmp_path, monkeypatch, capsys):
    floors = tmp_path / "floors.json"
    monkeypatch.setattr(gate, "FLOORS", floors)
    monkeypatch.setattr("sys.argv", ["gate", "--raise"])
    gate.main()
    assert read_floors(floors)[corpus.name].floors == {"B-cubed F1": 0.996, "B-cubed F1 of threads": 0.996}
    write_floors(floors, {corpus.name: Corpus(sha256(corpus), {"B-cubed F1": 1.1}), "gone": Corpus("", {})})
    monkeypatch.setattr("sys.argv", ["gate"])
    with pytest.raises(SystemExit) as ended:
        gate.main()
    assert ended.value.code == 1
    said = capsys.readouterr()
    assert "is under its floor 1.100" in said.err
    assert "gone is not there: skipped" in said.err
    assert "under its floor" in said.out
