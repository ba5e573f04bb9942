"""The same in one process and in many."""

from __future__ import annotations

import subprocess
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from clusterer import parallel
from clusterer.article import Article
from clusterer.article_features import bundled_features
from clusterer.encoding.bundled import bundled_encoder
from clusterer.grouping.duplicates import find_families
from clusterer.grouping.signatures import signatures_of
from clusterer.parallel import end_processes, in_blocks, in_threads, usable_threads

PROJECT = Path(__file__).resolve().parents[1]


def lengths(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


@pytest.mark.parametrize("items", [0, 1, 7, 20])
@pytest.mark.parametrize("block", [1, 3, 50])
def test_blocks_come_in_order_and_progress_ends_at_the_number_of_items(items: int, block: int) -> None:
    told: list[tuple[str, int, int | None]] = []
    texts = ["x" * number for number in range(items)]
    found = list(in_blocks(lengths, texts, block, given=str, stage="count", progress=lambda *step: told.append(step)))
    assert [length for some in found for length in some] == list(range(items))
    assert told[-1:] == ([("count", items, items)] if items else [])


HELD: list[bytes] = []


def growing(texts: Sequence[str]) -> list[int]:
    HELD.append(b"x" * 120_000_000)
    time.sleep(0.4)
    return lengths(texts)


def test_a_process_that_has_grown_is_replaced_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "FEWEST_FOR_PROCESSES", 0)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    texts = ["x" * number for number in range(16)]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = list(in_blocks(growing, texts, 1, given=str))
    end_processes(0)
    assert found == [[number] for number in range(16)]
    assert not [str(warning.message) for warning in told]


class Shelf:
    """Keeps the results of blocks; what is None lies there damaged."""

    def __init__(self, kept: dict[int, list[int] | None]) -> None:
        self.kept = kept

    def has(self, number: int) -> bool:
        return number in self.kept

    def load(self, number: int) -> list[int] | None:
        return self.kept[number]

    def save(self, number: int, result: list[int]) -> None:
        self.kept[number] = result


def test_kept_blocks_are_taken_and_damaged_ones_are_done_and_kept_again() -> None:
    shelf = Shelf({0: [7, 7], 2: None})
    found = list(in_blocks(lengths, ["a", "bb", "ccc", "d", "ee", "fff"], 2, given=str, kept=shelf))
    assert found == [[7, 7], [3, 1], [2, 3]]
    assert shelf.kept == {0: [7, 7], 1: [3, 1], 2: [2, 3]}


def test_many_processes_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [
        (b"", f"The {number}th report of the harbour office on ice {number % 7}".encode()) for number in range(300)
    ]
    alone = [found.digests for found in in_blocks(signatures_of, texts, 64, given=tuple)]
    monkeypatch.setattr(parallel, "FEWEST_FOR_PROCESSES", 100)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    several = [found.digests for found in in_blocks(signatures_of, texts, 64, given=tuple)]
    end_processes(len(texts))
    assert several == alone


def test_a_text_that_was_sent_is_no_larger_than_before(monkeypatch: pytest.MonkeyPatch) -> None:
    articles = [
        Article(str(number), "Гавань", f"Порт номер {number} снова открыт. " * 30, "ru") for number in range(60)
    ]
    before = [sys.getsizeof(article.body) for article in articles]
    monkeypatch.setattr(parallel, "FEWEST_FOR_PROCESSES", 10)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    find_families(articles)
    bundled_features(articles)
    bundled_encoder().encode([article.body for article in articles])
    end_processes(len(articles))
    assert [sys.getsizeof(article.body) for article in articles] == before


def test_a_script_without_a_main_guard_may_use_many_processes(tmp_path: Path) -> None:
    """It would be run again in each process, if these imported it."""
    script = tmp_path / "script.py"
    script.write_text(
        "import os; os.environ['OMP_NUM_THREADS'] = '2'\n"
        "from clusterer import parallel\n"
        "from clusterer.grouping.signatures import signatures_of\n"
        "parallel.FEWEST_FOR_PROCESSES = 10\n"
        "texts = [(b'', b'report %d' % number) for number in range(40)]\n"
        "print(sum(len(found.digests) for found in parallel.in_blocks(signatures_of, texts, 8, given=tuple)))\n"
    )
    done = subprocess.run([sys.executable, script], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "40\n"


@pytest.mark.parametrize("items", [0, 1, 10, 1000])
def test_threads_do_every_item_once(items: int) -> None:
    done = np.zeros(items, dtype=np.int64)

    def work(block: slice) -> None:
        done[block] += 1

    in_threads(work, items, 64)
    assert done.tolist() == [1] * items


def test_what_fails_in_a_thread_is_raised() -> None:
    def work(block: slice) -> None:
        if block.start:
            raise ValueError(str(block.start))

    with pytest.raises(ValueError, match="10"):
        in_threads(work, 100, 10)


def test_the_number_of_threads_is_the_one_that_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert usable_threads() == 3
    for nonsense in ("", "0", "many"):
        monkeypatch.setenv("OMP_NUM_THREADS", nonsense)
        assert usable_threads() >= 1


SLOW = """
import os; os.environ["OMP_NUM_THREADS"] = "2"
from clusterer import parallel
from clusterer.grouping.signatures import signatures_of
parallel.FEWEST_FOR_PROCESSES = 10
texts = [(b"", b"report %d " % number * 2000) for number in range(40_000)]
for _ in parallel.in_blocks(signatures_of, texts, 8, given=tuple):
    print("block", flush=True)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only there can children be listed")
def test_processes_end_with_the_one_that_is_killed() -> None:
    running = subprocess.Popen([sys.executable, "-c", SLOW], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    for _ in range(40):  # so that all processes are at work
        assert running.stdout.readline() == "block\n"
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    workers = [Path("/proc") / child for child in children]
    assert len(workers) >= 2
    running.kill()
    running.wait()
    until = time.monotonic() + 15
    while any(worker.exists() for worker in workers) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(worker.exists() for worker in workers)
