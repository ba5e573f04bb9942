from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from clusterer.errors import InputError
from clusterer.evaluation.gold_files import JudgedPair, read_pairs, read_parallel

PAIRS = """{"id1": "a", "id2": "b", "label": 1, "score": 1.5}
not JSON

{"id1": "a", "id2": 7, "label": 0}
{"id1": "a", "id2": "c", "label": 2}
{"id1": "a", "label": 1}
{"id1": "a", "id2": "c", "label": 1, "score": "high"}
[1]
{"id1": "a", "id2": "c", "label": true, "score": NaN}
"""


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.jsonl.gz"])
def test_a_bad_line_costs_itself_alone(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(PAIRS.encode()) if name.endswith(".gz") else PAIRS.encode())
    read = read_pairs(path)
    assert read.items == (JudgedPair("a", "b", True, 1.5), JudgedPair("a", "7", False))
    assert [line.split(": ")[0].rpartition(":")[2] for line in read.bad] == ["2", "5", "6", "7", "8", "9"]
    assert read.bad[0].startswith(f"{path}:2: this is not a pair")


def test_parallel_texts_need_two_languages(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text('{"en": "one", "de": "eins", "n": 3, "fr": " "}\n{"en": "two"}\n"three"\n', encoding="utf-8")
    read = read_parallel(path)
    assert read.items == ({"en": "one", "de": "eins"},)
    assert len(read.bad) == 2


@pytest.mark.parametrize("content", [b"", b"{}\n", b"\xff\xfe\x00", gzip.compress(b"x" * 99)[:20]])
def test_a_file_without_any_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / ("texts.jsonl.gz" if content.startswith(b"\x1f") else "texts.jsonl")
    path.write_bytes(content)
    for read in (read_pairs, read_parallel):
        with pytest.raises(InputError, match=str(path)):
            read(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_pairs(tmp_path / "nothing.jsonl")
