"""Writing the bundled model: the folder that sentence-transformers, model2vec and clusterer itself read."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix
from tokenizers import Tokenizer

from clusterer.encoding.constants import reference_texts, translation_alignment, unrelated_scale
from clusterer.encoding.names import COLUMNS, name_column, name_key
from training.lessons import tokenize
from training.material import Kind, read_source, sources, texts_by_language
from training.tokenizer import UNKNOWN

TEXTS_OF_A_LANGUAGE = 20_000
FEWEST_TEXTS = 200
LEAD_CHARACTERS = 600
NOT_NEWS = {"tatoeba", "multi30k", "small_enja", "indian_wiki", "mlqa_questions"}
MEAN_SHRINKAGE = 100.0
FREQUENCY_SHRINKAGE = 2000.0
LEAST_FREQUENCY = 1 / 20_000


def quantize(vectors: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Each row as int8 and one float32 scale, so that `int8 * scale` is the row to within half a step."""
    scales = np.maximum(np.abs(vectors).max(axis=1), 1e-12) / 127
    return np.rint(vectors / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def export_model(
    vectors: npt.NDArray[np.float32], tokenizer: Tokenizer, material: Path, folder: Path, seed: int
) -> None:
    """Write weights, tokenizer, module list and constants into `folder`. The model card is written by hand.

    The unknown token has a row of zeros and no rarity: it says nothing. Raises `ValueError` where no language has
    enough texts for its constants.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = np.ones((len(vectors), 1), dtype=np.float32)
    known[tokenizer.token_to_id(UNKNOWN)] = 0
    embeddings, scales = quantize(vectors * known)
    save_file({"embeddings": embeddings, "weights": scales}, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    modules = [
        {"idx": 0, "name": "0", "path": ".", "type": "sentence_transformers.models.StaticEmbedding"},
        {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"},
    ]
    _write_json(folder / "modules.json", modules)
    _write_json(folder / "config_sentence_transformers.json", {"prompts": {}, "similarity_fn_name": "cosine"})
    _write_json(
        folder / "config.json",
        {
            "model_type": "model2vec",
            "architectures": ["StaticModel"],
            "normalize": True,
            "hidden_dim": vectors.shape[1],
        },
    )
    _export_constants(embeddings, scales, tokenizer, material, folder, seed)


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _export_constants(
    embeddings: npt.NDArray[np.int8],
    scales: npt.NDArray[np.float32],
    tokenizer: Tokenizer,
    material: Path,
    folder: Path,
    seed: int,
) -> None:
    texts = _texts_of_languages(material, random.Random(seed))
    languages = sorted(texts)
    if not languages:
        raise ValueError(f"no language has {FEWEST_TEXTS} texts in {material}")
    commonness = np.zeros(len(scales))
    means, counts = [], []
    for language in languages:
        tokens, offsets = tokenize(texts[language], tokenizer)
        bag = csr_matrix(
            (np.ones(len(tokens), dtype=np.float32), tokens, offsets), shape=(len(offsets) - 1, len(scales))
        )
        pooled = _pool(bag, embeddings, scales)
        means.append(pooled.mean(axis=0, dtype=np.float64))
        counts.append(pooled.shape[0])
        bag.sum_duplicates()
        frequency = np.bincount(bag.indices, minlength=len(scales))
        commonness = np.maximum(commonness, frequency / (bag.shape[0] + FREQUENCY_SHRINKAGE))
    overall = np.mean(means, axis=0)
    # A token is as common as in the language that uses it most: "die" is no rare word, though English has few.
    rarity = (1 - np.log(np.maximum(commonness, LEAST_FREQUENCY))).astype(np.float32)
    rarity[tokenizer.token_to_id(UNKNOWN)] = 0
    weights = np.array(counts)[:, None] / (np.array(counts)[:, None] + MEAN_SHRINKAGE)
    lines = _reference_vectors(embeddings, scales, tokenizer)
    dense_scale = unrelated_scale(lines)
    arrays = {
        "language_means": (overall + weights * (np.array(means) - overall)).astype(np.float32),
        "overall_mean": overall.astype(np.float32),
        "inverse_document_frequency": rarity,
        "name_rarity": _name_rarity(commonness, tokenizer),
        "dense_scale": np.array([dense_scale], dtype=np.float32),
    }
    save_file(arrays, folder / "constants.safetensors")
    told = {"languages": languages, "texts": dict(zip(languages, counts, strict=True))}
    alignment = dict(zip(sorted(reference_texts()), translation_alignment(lines, dense_scale), strict=True))
    _write_json(folder / "constants.json", told | {"alignment": alignment})


def _pool(
    bag: csr_matrix, embeddings: npt.NDArray[np.int8], scales: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Unit vectors of texts, float32 [n, d], of how often each token is in each, [n, vocabulary]."""
    used = np.unique(bag.indices)
    pooled: npt.NDArray[np.float32] = bag[:, used] @ (embeddings[used] * scales[used, None])
    pooled /= np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
    return pooled


def _reference_vectors(
    embeddings: npt.NDArray[np.int8], scales: npt.NDArray[np.float32], tokenizer: Tokenizer
) -> npt.NDArray[np.float32]:
    """Unit vectors of the reference texts, float32 [languages, lines, d]."""
    texts = reference_texts()
    tokens, offsets = tokenize([line for language in sorted(texts) for line in texts[language]], tokenizer)
    bag = csr_matrix((np.ones(len(tokens), dtype=np.float32), tokens, offsets), shape=(len(offsets) - 1, len(scales)))
    return _pool(bag, embeddings, scales).reshape(len(texts), -1, embeddings.shape[1])


def _name_rarity(commonness: npt.NDArray[np.float64], tokenizer: Tokenizer) -> npt.NDArray[np.float32]:
    """How rare the phonetic keys of each column are: a key is as common as all whole words of the vocabulary that have
    it, taken together.
    """
    common = np.zeros(COLUMNS)
    for token, row in tokenizer.get_vocab().items():
        key = "" if token.startswith("##") or token == UNKNOWN else name_key(token)
        if key:
            common[name_column(key)] += commonness[row]
    return (1 - np.log(np.clip(common, LEAST_FREQUENCY, 1))).astype(np.float32)


def _texts_of_languages(material: Path, draw: random.Random) -> dict[str, list[str]]:
    """News first, then sentences, until each language has enough; a language with few texts is left out."""
    texts: defaultdict[str, list[str]] = defaultdict(list)
    kinds: tuple[Kind, ...] = ("news", "titles", "parallel")
    for kind in kinds:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for name, path in sources(material, kind):
            if name in NOT_NEWS:
                continue
            for record in read_source(path):
                if "lang" in record:
                    lead = f"{record.get('title') or ''} {record.get('body') or ''}".strip()[:LEAD_CHARACTERS]
                    record = {record["lang"]: lead}
                for language, text in texts_by_language(record).items():
                    found[language].append(text)
        for language, some in found.items():
            room = TEXTS_OF_A_LANGUAGE - len(texts[language])
            texts[language] += draw.sample(some, min(max(room, 0), len(some)))
    return {language: some for language, some in texts.items() if len(some) >= FEWEST_TEXTS}
