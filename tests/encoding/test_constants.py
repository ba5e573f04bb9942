"""The constants of a model: means of languages, and what its cosines mean."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from clusterer.encoding.bundled import BundledEncoder
from clusterer.encoding.constants import (
    DUMP_SHRINKAGE,
    LEAST_SPREAD,
    UNRELATED_SPREAD,
    ModelConstants,
    bundled_constants,
    dump_constants,
    measured_constants,
    reference_texts,
    translation_alignment,
    unit_rows,
)
from clusterer.encoding.encoder import Vectors
from clusterer.progress import Progress

ROWS = hnp.arrays(
    np.float32, st.tuples(st.integers(0, 6), st.just(4)), elements=st.floats(-100, 100, width=32, allow_subnormal=False)
)


class FakeEncoder:
    """An encoder whose vectors are a mean of the language and a random part, drawn by the text's place."""

    name, fingerprint, prompt, dtype = "fake", "f" * 64, None, "float32"

    def __init__(self, dimension: int = 16, spread: float = 1.0) -> None:
        self.dimension = dimension
        self.spread = spread
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        self.texts = list(texts)
        if progress:
            progress("encode", len(texts), len(texts))
        draw = np.random.default_rng(0)
        common = draw.normal(size=self.dimension)
        languages = np.repeat(draw.normal(size=(len(texts) // 64, self.dimension)), 64, axis=0)
        return unit_rows((common + languages + self.spread * draw.normal(size=languages.shape)).astype(np.float32))


def some_constants() -> ModelConstants:
    means = np.array([[0.5, 0, 0, 0], [0, 0.5, 0, 0]], dtype=np.float32)
    return ModelConstants(
        ("ar", "en"), means, np.array([0.25, 0.25, 0, 0], dtype=np.float32), 2.0, {"en": 1.0, "ar": 0.5}
    )


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_unit_rows_are_unit_or_zero(rows: np.ndarray) -> None:
    unit = unit_rows(rows)
    assert unit.dtype == np.float32
    lengths = np.linalg.norm(unit.astype(np.float64), axis=1)
    assert np.allclose(lengths, rows.any(axis=1), atol=1e-6)
    assert np.allclose(unit * np.linalg.norm(rows, axis=1, keepdims=True), rows, rtol=1e-4, atol=1e-4)


def test_each_vector_loses_the_mean_of_its_language() -> None:
    vectors = unit_rows(np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]], dtype=np.float32))
    centred = some_constants().centre(vectors, ["ar", "en", "xx"])
    side = 1 / np.sqrt(2)
    expected = unit_rows(
        np.array(
            [[side - 0.5, side, 0, 0], [side, side - 0.5, 0, 0], [side - 0.25, side - 0.25, 0, 0]], dtype=np.float32
        )
    )
    assert np.allclose(centred, expected, atol=1e-6)


@pytest.mark.parametrize("language", ["ar", "en", "und", "xx"])
def test_a_row_of_zeros_stays_one(language: str) -> None:
    assert not some_constants().centre(np.zeros((2, 4), dtype=np.float32), [language] * 2).any()


def test_nothing_is_centred_to_nothing() -> None:
    assert some_constants().centre(np.zeros((0, 4), dtype=np.float32), []).shape == (0, 4)


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_a_row_is_centred_alone(rows: np.ndarray) -> None:
    constants, languages = some_constants(), ["ar", "en", "xx", "ar", "en", "xx"][: len(rows)]
    whole = constants.centre(rows, languages)
    for row, language, centred in zip(rows, languages, whole, strict=True):
        assert np.array_equal(constants.centre(row[None], [language])[0], centred)


@pytest.mark.parametrize("constants", [some_constants(), bundled_constants()], ids=["small", "bundled"])
def test_stored_and_read_again(constants: ModelConstants) -> None:
    arrays = {name: np.array(array.tolist(), array.dtype) for name, array in constants.as_arrays().items()}
    assert all(array.dtype != object for array in arrays.values())
    again = ModelConstants.from_arrays(arrays)
    assert (again.languages, again.scale) == (constants.languages, constants.scale)
    assert again.alignment == constants.alignment
    assert np.array_equal(again.means, constants.means)
    assert np.array_equal(again.overall, constants.overall)


def test_the_bundled_model_ships_its_own() -> None:
    constants, encoder = bundled_constants(), BundledEncoder()
    assert constants.scale == pytest.approx(measured_constants(encoder).scale, rel=1e-5)
    assert constants.means.shape == (len(constants.languages), encoder.dimension)
    assert {"en", "ar", "ru", "zh", "he", "fa", "hi", "sw"} <= set(constants.languages)
    assert (np.linalg.norm(constants.means, axis=1) < 1).all()


def test_constants_that_were_stored_before_there_was_an_alignment() -> None:
    arrays = some_constants().as_arrays()
    del arrays["aligned"], arrays["alignment"]
    assert np.isnan(ModelConstants.from_arrays(arrays).alignment_of(["en", "ar"])).all()


def test_the_alignment_that_ships_is_the_models() -> None:
    constants, encoder = bundled_constants(), BundledEncoder()
    assert constants.alignment == pytest.approx(measured_constants(encoder).alignment, abs=2e-4)
    known = constants.alignment_of(["en", "de", "he", "xx"])
    assert known[0] == pytest.approx(constants.scale, rel=1e-3)
    assert known[1] > 0.6 > 0.4 > known[2]
    assert np.isnan(known[3])


def test_lines_are_aligned_that_say_the_same_in_one_direction() -> None:
    lines = np.random.default_rng(2).normal(size=(50, 64, 256))
    pivot, other = (sorted(reference_texts()).index(language) for language in ("en", "ru"))
    lines[other] = lines[pivot] + 5
    alignment = translation_alignment(lines, 0.5)
    assert alignment[pivot] == pytest.approx(0.5)
    assert alignment[other] == pytest.approx(0.5)
    assert max(np.abs(np.delete(alignment, [pivot, other]))) < 0.05


def test_reference_texts_are_64_lines_in_50_languages() -> None:
    texts = reference_texts()
    assert len(texts) == 50
    for language, lines in texts.items():
        assert len(lines) == 64, language
        assert all(line == line.strip() and line for line in lines), language
        assert len(set(lines)) == 64, language
    assert len(set(texts.values())) == 50


def test_constants_are_measured_on_the_reference_texts() -> None:
    encoder, told = FakeEncoder(), []
    constants = measured_constants(encoder, progress=lambda *call: told.append(call))
    texts = reference_texts()
    assert encoder.texts == [line for language in sorted(texts) for line in texts[language]]
    assert told == [("encode", 3200, 3200)]
    vectors = encoder.encode(encoder.texts).reshape(50, 64, -1)
    assert constants.languages == tuple(sorted(texts))
    assert np.allclose(constants.means, vectors.mean(axis=1), atol=1e-6)
    assert np.allclose(constants.overall, vectors.mean(axis=(0, 1)), atol=1e-6)
    assert constants.means.dtype == constants.overall.dtype == np.float32


def test_cosines_of_unrelated_lines_come_to_one_spread() -> None:
    for dimension in (8, 64, 256):
        encoder = FakeEncoder(dimension)
        constants = measured_constants(encoder)
        vectors = encoder.encode(encoder.texts)
        languages = np.repeat(constants.languages, 64).tolist()
        centred = constants.centre(vectors, languages).reshape(50, 64, -1)
        apart = ~np.eye(64, dtype=bool)
        spreads = [(lines @ lines.T)[apart].std() * constants.scale for lines in centred]
        assert np.median(spreads) == pytest.approx(UNRELATED_SPREAD, rel=1e-3)


def test_a_model_that_tells_nothing_apart_has_a_finite_scale() -> None:
    constants = measured_constants(FakeEncoder(spread=0.0))
    assert constants.scale == pytest.approx(UNRELATED_SPREAD / LEAST_SPREAD)
    assert np.isfinite(constants.means).all()


def test_the_bundled_model_would_measure_about_what_it_ships() -> None:
    """Its scale is the measure of all others'."""
    assert measured_constants(BundledEncoder()).scale == pytest.approx(1.0, rel=0.1)


def test_of_a_dump_languages_with_few_texts_are_drawn_towards_all() -> None:
    vectors = unit_rows(np.random.default_rng(1).normal(size=(300, 8)).astype(np.float32) + 1)
    languages = ["en"] * 299 + ["sw"]
    constants = dump_constants(vectors, languages)
    assert constants.languages == ("en", "sw")
    overall = vectors.mean(axis=0) * 300 / (300 + DUMP_SHRINKAGE)
    assert np.allclose(constants.overall, overall, atol=1e-6)
    assert np.allclose(constants.means[1], overall + (vectors[-1] - overall) / (1 + DUMP_SHRINKAGE), atol=1e-6)


def test_the_constants_of_nothing() -> None:
    constants = dump_constants(np.zeros((0, 8), dtype=np.float32), [])
    assert constants.languages == ()
    assert constants.means.shape == (0, 8)
    assert not constants.overall.any()
