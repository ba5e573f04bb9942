"""The tokenizer: WordPiece over text whose case, marks and letter variants are folded, words split at changes of
script.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from training.material import Kind, read_source, sources, texts_by_language

VOCABULARY = 140_000
LARGEST_ALPHABET = 7000
TEXTS_OF_A_BLOCK = 1000
UNKNOWN = "[UNK]"
# A longer word is unknown as a whole. Thai, Lao, Khmer and Burmese put a space between phrases, not words.
LONGEST_WORD = 200
TEXTS_OF_A_LANGUAGE = 12_000
FAVOURED = {"en", "ar", "ru"}
LINES_OF_A_SOURCE = 300_000
NAME_SOURCES = ("wikidict_titles", "netransliteration_names", "dr5hn_places", "wiktionary")
NAMES_OF_A_LANGUAGE = 30_000

# Combining accents, Arabic vowel signs and tatweel, Hebrew points, direction and zero-width marks.
_MARKS = "[\u0300-\u036f\u064b-\u065f\u0670\u0640\u0591-\u05c7\u200b-\u200f\u202a-\u202e\ufeff]"


def untrained_tokenizer(vocabulary: dict[str, int] | None = None) -> Tokenizer:
    """A WordPiece tokenizer that writes one word in one way: case, vowel signs, alef and ya forms and punctuation
    go.
    """
    vocabulary = vocabulary or {UNKNOWN: 0}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN, max_input_chars_per_word=LONGEST_WORD))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKD(),
            normalizers.Lowercase(),
            normalizers.Replace(Regex(_MARKS), ""),
            normalizers.NFC(),
            normalizers.Replace(Regex("[أإآٱ]"), "ا"),
            normalizers.Replace("ى", "ي"),
            normalizers.Replace("ة", "ه"),
            normalizers.Replace(Regex("[^\\p{L}\\p{N}\\p{M}]+"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.UnicodeScripts(),
            pre_tokenizers.Digits(individual_digits=False),
        ]
    )
    return tokenizer


def train_tokenizer(material: Path) -> Tokenizer:
    """The tokenizer, trained on as many texts of each language as there are, up to a limit, and on names.

    The same material gives the same tokenizer. The trainer numbers the characters that continue a word in an order that
    changes from run to run, and settles ties by those numbers; so they are given to it, as if they were special.
    """
    texts = [*_texts(material), *_names(material)]
    tokenizer = untrained_tokenizer()
    alphabet = _alphabet(texts, tokenizer)
    trainer = trainers.WordPieceTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[UNKNOWN, *(f"##{character}" for character in alphabet)],
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        min_frequency=3,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return untrained_tokenizer(tokenizer.get_vocab())


def _alphabet(texts: list[str], tokenizer: Tokenizer) -> list[str]:
    """The commonest characters of the folded texts, in order."""
    counts: Counter[str] = Counter()
    for start in range(0, len(texts), TEXTS_OF_A_BLOCK):
        counts.update(tokenizer.normalizer.normalize_str("\n".join(texts[start : start + TEXTS_OF_A_BLOCK])))
    characters = [character for character in counts if not character.isspace()]
    return sorted(sorted(characters, key=lambda character: (-counts[character], character))[:LARGEST_ALPHABET])


def _texts(material: Path) -> Iterator[str]:
    seen: set[str] = set()
    of_language: Counter[str] = Counter()
    kinds: tuple[Kind, ...] = ("news", "titles", "parallel")
    for kind in kinds:
        for _, path in sources(material, kind):
            for number, record in enumerate(read_source(path)):
                if number > LINES_OF_A_SOURCE:
                    break
                if "lang" in record:
                    lead = f"{record.get('title') or ''} {record.get('body') or ''}"[:400]
                    record = {record["lang"]: lead}
                for language, text in texts_by_language(record).items():
                    limit = TEXTS_OF_A_LANGUAGE * (2 if language in FAVOURED else 1)
                    if of_language[language] < limit and text not in seen:
                        seen.add(text)
                        of_language[language] += 1
                        yield text


def _names(material: Path) -> Iterator[str]:
    paths = dict(sources(material, "lex"))
    for source in filter(paths.__contains__, NAME_SOURCES):
        of_language: Counter[str] = Counter()
        concepts = [record["labels"] for record in read_source(paths[source])]
        for labels in sorted(concepts, key=lambda labels: -len(labels)):
            for language, names in labels.items():
                if names and of_language[language] < NAMES_OF_A_LANGUAGE:
                    of_language[language] += 1
                    yield names[0]
