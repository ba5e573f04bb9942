"""Peers are scored at their usual setting and at their best; what was found is not done twice."""

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import peers
from benchmarks.corpora import SAMPLE
from benchmarks.gold_set import load_gold_set
from benchmarks.peers import alone_if_noise, grid_score, our_scores, table
from clusterer.encoding.loading import load_encoder
from clusterer.grouping.calibration import evidence_at
from clusterer.grouping.partition import partition

GOLD = ["a", "a", "b"]
ALL = np.arange(3)


def test_an_article_of_the_noise_is_alone():
    assert alone_if_noise(np.array([-1, 4, -1, 4])).tolist() == [5, 4, 6, 4]
    assert alone_if_noise(np.array([-1, -1])).tolist() == [0, 1]


def test_the_best_setting_is_told_beside_the_usual_one():
    found = {"usual": np.array([-1, -1, -1]), "better": np.array([0, 0, 1]), "worse": np.array([0, 0, 0])}
    score = grid_score(found, ALL, GOLD)
    assert (score.best, score.setting) == (1.0, "better")
    assert score.usual < 1
    assert grid_score(found, np.array([2]), ["b"]).usual == 1.0


def test_our_scores_are_at_the_default_and_at_the_best_threshold():
    gold = load_gold_set(SAMPLE, load_encoder(None))
    scores = our_scores(gold)
    assert list(scores) == ["**ours**", "**ours, threads**"]
    default = gold.score(partition(gold.features, least_evidence=evidence_at(0.5), neighbours=32))
    assert scores["**ours**"].startswith(f"**{default.f1:.3f}; ")


def test_labels_that_are_there_are_read_and_not_made_again(tmp_path):
    labels = tmp_path / "hdbscan.npz"
    np.savez(labels, allow_pickle=False, seconds=np.array(1.0), **{"size 5": np.array([0, 0, -1])})
    found = peers._peer("hdbscan", np.zeros((3, 2), np.float32), labels, Path("/nowhere/python"))
    assert list(found) == ["size 5"]
    assert found["size 5"].tolist() == [0, 0, -1]


def test_a_method_that_cannot_be_run_is_told_and_left_out(tmp_path, capsys):
    found = peers._peer("no such method", np.zeros((3, 2), np.float32), tmp_path / "x.npz", Path(sys.executable))
    assert found == {}
    assert "no such method: " in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("method", ["hdbscan", "agglomerative, average linkage"])
def test_a_peer_finds_what_is_plain_to_see(tmp_path, method):
    chance = np.random.default_rng(0)
    centres = np.repeat(np.eye(4, 16, dtype=np.float32), 10, axis=0)
    vectors = (centres + 0.01 * chance.normal(size=centres.shape)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = peers._peer(method, vectors, tmp_path / "labels.npz", Path(sys.executable))
    gold = [str(number // 10) for number in range(40)]
    assert grid_score(found, np.arange(40), gold).best == 1.0


def test_the_table_has_a_row_for_each_method():
    lines = table(["one", "two"], [{"ours": "1", "peer": "2"}, {"ours": "3", "peer": "-"}]).splitlines()
    assert lines[2:] == ["| ours | 1 | 3 |", "| peer | 2 | - |"]
