"""Constants of a model: the mean vector of each language, and what its cosines mean.

Each vector loses the mean of its language: that takes the language out of it. The means come from texts that have
nothing to do with the dump, so twelve records are treated like a million, and batches cannot differ. The bundled
models ship theirs, of more texts; for any other they are computed once from the reference texts in this package (64
news lines in 50 languages), which also say what a model's cosines mean: those of unrelated lines are brought to one
spread, the bundled models' too, and how well it knows each language.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt

from clusterer.encoding.bundled_files import BUNDLED_MODEL, constant_alignment, constant_languages, load_constants
from clusterer.encoding.encoder import Encoder, Vectors
from clusterer.progress import Progress

# The spread (standard deviation) of the cosines of unrelated lines to which a model is brought; with it one threshold
# serves the bundled model and a transformer alike. It is the bundled model's own, kept because on the gold sets for
# development its predecessor's, .088, joined too much.
UNRELATED_SPREAD = 0.0776
LEAST_SPREAD = 0.01
LEAST_LENGTH = 1e-12
# The language whose lines are told as those of all others.
PIVOT = "en"
ALIGNMENT_DECIMALS = 4
DUMP_SHRINKAGE = 100.0


@dataclass(frozen=True, slots=True)
class ModelConstants:
    """`languages[i]` has the mean `means[i]`, float32 [languages, d]; a language that is not among them has `overall`,
    float32 [d]. A centred cosine of the model means `scale` times as much. `alignment` tells how near lines of a
    language lie to what they say in English: their mean centred cosine, so scaled.
    """

    languages: tuple[str, ...]
    means: Vectors
    overall: Vectors
    scale: float
    alignment: Mapping[str, float]

    def centre(self, vectors: Vectors, languages: Sequence[str]) -> Vectors:
        """Vectors less the means of their languages, of unit length, float32 [n, d]; a row of zeros stays one."""
        row = {language: number for number, language in enumerate(self.languages)}
        table = np.vstack([self.means, self.overall[None]])
        rows = np.array([row.get(language, len(self.languages)) for language in languages], dtype=np.intp)
        centred = np.where(vectors.any(axis=1, keepdims=True), vectors - table[rows], np.float32(0))
        return unit_rows(centred)

    def alignment_of(self, languages: Sequence[str]) -> npt.NDArray[np.float64]:
        """The alignment of these languages, float64 [n], NaN where it is not known."""
        return np.array([self.alignment.get(language, np.nan) for language in languages], dtype=np.float64)

    def as_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """The constants as arrays, for storing."""
        return {
            "languages": np.array(self.languages),
            "means": self.means,
            "overall": self.overall,
            "scale": np.array(self.scale),
            "aligned": np.array(list(self.alignment), dtype=str),
            "alignment": np.array(list(self.alignment.values()), dtype=np.float64),
        }

    @staticmethod
    def from_arrays(arrays: dict[str, npt.NDArray[np.generic]]) -> ModelConstants:
        """What `as_arrays` gave; before there was an alignment, nothing was known of it."""
        scale = float(arrays["scale"])
        languages = tuple(str(language) for language in arrays["languages"])
        means, overall = arrays["means"].astype(np.float32), arrays["overall"].astype(np.float32)
        aligned = [str(language) for language in arrays.get("aligned", ())]
        alignment = dict(zip(aligned, map(float, arrays.get("alignment", ())), strict=True))
        return ModelConstants(languages, means, overall, scale, alignment)


def unit_rows(vectors: Vectors) -> Vectors:
    """Rows divided by their lengths; a row of zeros stays one."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))[:, None]
    unit: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return unit


@cache
def reference_texts() -> dict[str, tuple[str, ...]]:
    """The reference texts of each language; line i says the same in all of them."""
    path = resources.files("clusterer.encoding") / "reference_texts.jsonl"
    lines = [json.loads(line)["texts"] for line in path.read_text(encoding="utf-8").splitlines()]
    return {language: tuple(line[language] for line in lines) for language in lines[0]}


def bundled_constants(folder: Path = BUNDLED_MODEL) -> ModelConstants:
    """The constants that ship with the bundled model, or with that of another folder."""
    arrays = load_constants(folder)
    scale = float(arrays["dense_scale"][0])
    means, overall = arrays["language_means"], arrays["overall_mean"]
    return ModelConstants(constant_languages(folder), means, overall, scale, constant_alignment(folder))


def measured_constants(encoder: Encoder, *, progress: Progress | None = None) -> ModelConstants:
    """The constants of any model, from the reference texts."""
    texts = reference_texts()
    languages = tuple(sorted(texts))
    encoded = encoder.encode([text for language in languages for text in texts[language]], progress=progress)
    vectors = encoded.reshape(len(languages), -1, encoded.shape[1]).astype(np.float64)
    means = vectors.mean(axis=1)
    overall = means.mean(axis=0)
    scale = unrelated_scale(vectors)
    alignment = dict(zip(languages, translation_alignment(vectors, scale), strict=True))
    return ModelConstants(languages, means.astype(np.float32), overall.astype(np.float32), scale, alignment)


def unrelated_scale(vectors: npt.NDArray[np.floating]) -> float:
    """What a model's centred cosines are multiplied by, so that those of unrelated lines have the spread of all models.

    `vectors`, [languages, lines, d], are those of the reference texts.
    """
    centred = _centred_lines(vectors)
    apart = ~np.eye(centred.shape[1], dtype=bool)
    spread = float(np.median([(lines @ lines.T)[apart].std() for lines in centred]))
    return UNRELATED_SPREAD / max(spread, LEAST_SPREAD)


def translation_alignment(vectors: npt.NDArray[np.floating], scale: float) -> list[float]:
    """The mean centred cosine of the reference lines of each language with the same lines in English, times `scale`.
    `vectors`, [languages, lines, d], are those of the reference texts, the languages in order.
    """
    centred = _centred_lines(vectors)
    pivot = centred[sorted(reference_texts()).index(PIVOT)]
    means = np.einsum("lid,id->li", centred, pivot).mean(axis=1) * scale
    return [round(float(mean), ALIGNMENT_DECIMALS) for mean in means]


def _centred_lines(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Vectors of lines less the mean of their language, of unit length, [languages, lines, d]."""
    centred: npt.NDArray[np.floating] = vectors - vectors.mean(axis=1, keepdims=True)
    centred /= np.maximum(np.linalg.norm(centred, axis=2, keepdims=True), LEAST_LENGTH)
    return centred


def dump_constants(vectors: Vectors, languages: Sequence[str]) -> ModelConstants:
    """For vectors whose model is not known: the means of the dump itself, those of languages with few texts drawn
    towards the mean of all. `vectors` is float32 [n, d].
    """
    overall = vectors.sum(axis=0, dtype=np.float64) / (len(vectors) + DUMP_SHRINKAGE)
    names = np.array(languages)
    known = tuple(sorted(set(languages)))
    means = np.empty((len(known), vectors.shape[1]))
    for number, language in enumerate(known):
        own = vectors[names == language]
        share = len(own) / (len(own) + DUMP_SHRINKAGE)
        means[number] = overall + share * (own.mean(axis=0, dtype=np.float64) - overall)
    return ModelConstants(known, means.astype(np.float32), overall.astype(np.float32), 1.0, {})
