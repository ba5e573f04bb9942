"""What was kept comes back; what is damaged, or another run's, does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from clusterer.article import Article
from clusterer.article_features import bundled_features
from clusterer.checkpoint import Checkpoint, stage_of
from clusterer.grouping import duplicates
from clusterer.grouping.duplicates import find_families
from clusterer.grouping.signatures import Signatures, signatures_of
from clusterer.parallel import sent_form
from clusterer.stories.keywords import KeywordFinder
from clusterer.stories.telling import TextForms, text_forms

ARTICLES = [
    Article(
        str(number), f"Harbour {number % 9} reopens after storm", f"Ferry {number // 2} sails again. " * 9, language
    )
    for number, language in enumerate(["en", "de", "zh", "und"] * 8)
]
TEXTS = [
    (sent_form(heading), sent_form(text))
    for heading, text in [("", "The ferry sails again"), ("Quay", ""), ("", ""), ("", "港口今天重新开放 \ud800")]
]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    return Checkpoint(tmp_path / "kept", "this run")


def test_signatures_come_back(checkpoint: Checkpoint) -> None:
    stage = stage_of(checkpoint, "families", Signatures)
    assert stage is not None
    signed = signatures_of(TEXTS)
    stage.save(3, signed)
    known = stage.load(3)
    assert known is not None
    assert stage.has(3)
    assert known.digests == signed.digests
    assert np.array_equal(known.words.keys, signed.words.keys)
    assert np.array_equal(known.letters.shingles.hashes, signed.letters.shingles.hashes)
    assert np.array_equal(known.letters.shingles.bounds, signed.letters.shingles.bounds)
    assert np.array_equal(known.place, signed.place)


def test_words_come_back(checkpoint: Checkpoint) -> None:
    stage = stage_of(checkpoint, "keywords", TextForms)
    assert stage is not None
    forms = text_forms([("The Ferry sails \ud800again", "en"), ("", "de"), ("港口今天重新开放", "zh")])
    stage.save(0, forms)
    known = stage.load(0)
    assert known is not None
    assert known.forms == forms.forms
    assert np.array_equal(known.numbers, forms.numbers)


def test_a_block_that_is_not_there_or_cut_short_is_none(checkpoint: Checkpoint) -> None:
    stage = stage_of(checkpoint, "families", Signatures)
    assert stage is not None
    assert stage.load(0) is None
    stage.save(0, signatures_of(TEXTS))
    [path] = checkpoint.folder.glob("families-*")
    for length in (0, 10, path.stat().st_size // 2, path.stat().st_size - 1):
        path.write_bytes(path.read_bytes()[:length])
        assert stage.load(0) is None


def test_another_run_begins_anew(checkpoint: Checkpoint) -> None:
    stage = stage_of(checkpoint, "families", Signatures)
    assert stage is not None
    stage.save(0, signatures_of(TEXTS))
    assert Checkpoint(checkpoint.folder, "this run").folder.joinpath("families-0.npz").exists()
    assert not Checkpoint(checkpoint.folder, "another").folder.joinpath("families-0.npz").exists()


def test_stages_with_a_checkpoint_give_what_they_give_without(checkpoint: Checkpoint, monkeypatch) -> None:
    for _ in range(2):  # the second time all of it is kept
        families = find_families(ARTICLES, checkpoint=checkpoint)
        assert families.original_of == find_families(ARTICLES).original_of
        features, alone = bundled_features(ARTICLES, checkpoint=checkpoint), bundled_features(ARTICLES)
        assert np.array_equal(features.dense, alone.dense)
        assert np.array_equal(features.lexical.toarray(), alone.lexical.toarray())
        assert np.array_equal(features.names.toarray(), alone.names.toarray())
        stories = [ARTICLES[:9], ARTICLES[9:]]
        assert KeywordFinder(stories, checkpoint=checkpoint).keywords(1) == KeywordFinder(stories).keywords(1)

        def refused(_: Sequence[object]) -> object:
            raise AssertionError("it was done already")

        monkeypatch.setattr(duplicates, "signatures_of", refused)
        assert find_families(ARTICLES, checkpoint=checkpoint).original_of == families.original_of
        monkeypatch.undo()
