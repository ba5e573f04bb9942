"""Make the bundled model: `python -m training --material ../shared/train`.

The stages are tokenizer, pairs, vectors and export; each keeps what it made in the work folder and is not done twice.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from training.contrastive import train_vectors
from training.export import export_model
from training.pairs import Pairs, make_pairs
from training.tokenizer import train_tokenizer

BUNDLED_MODEL = Path(__file__).parent.parent / "clusterer" / "bundled_model"


def main() -> None:
    """Run the stages that are not done yet."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__.splitlines()[0])
    parser.add_argument("--material", type=Path, required=True, help="folder of the sources, see training/README.md")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="folder for what the stages make")
    parser.add_argument("--output", type=Path, default=BUNDLED_MODEL, help="folder of the model")
    parser.add_argument("--steps", type=int, default=9000, help="training steps")
    parser.add_argument("--seed", type=int, default=0, help="seed of all that is drawn")
    chosen = parser.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)

    tokenizer_file = chosen.work / "tokenizer.json"
    if not tokenizer_file.exists():
        print("training the tokenizer", flush=True)
        train_tokenizer(chosen.material).save(str(tokenizer_file))
    tokenizer = Tokenizer.from_file(str(tokenizer_file))

    pairs_file = chosen.work / "pairs.npz"
    if not pairs_file.exists():
        print("gathering pairs", flush=True)
        make_pairs(chosen.material, tokenizer, chosen.seed).save(pairs_file)

    vectors_file = chosen.work / "vectors.npy"
    if not vectors_file.exists():
        pairs = Pairs.load(pairs_file)
        print(f"training on {len(pairs.left):,} pairs of {len(pairs.offsets) - 1:,} texts", flush=True)
        np.save(vectors_file, train_vectors(pairs, tokenizer.get_vocab_size(), chosen.steps, chosen.seed))

    print("writing the model", flush=True)
    export_model(np.load(vectors_file), tokenizer, chosen.material, chosen.output, chosen.seed)


if __name__ == "__main__":
    main()
