"""The same work on many texts, a block at a time, in as many processes as there are processor threads to use."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Protocol, TypeVar

from clusterer.progress import Progress, silent

# Of fewer texts the work is done before other processes have started.
FEWEST_FOR_PROCESSES = 10_000
THREADS_VARIABLE = "OMP_NUM_THREADS"
# How many blocks lie ready for each process: with one alone it would wait for the next.
BLOCKS_AHEAD = 2
FEWEST_BLOCKS_FOR_THREADS = 4
SECONDS_BETWEEN_LOOKS = 1.0

Item = TypeVar("Item")
Given = TypeVar("Given")
Result = TypeVar("Result")


class Kept(Protocol[Result]):
    """Results of blocks, by the numbers of the blocks; None where there is none, or it is damaged."""

    def has(self, number: int) -> bool: ...

    def load(self, number: int) -> Result | None: ...

    def save(self, number: int, result: Result) -> None: ...


def usable_threads() -> int:
    """How many processor threads the work may use: as many as was said, or else as this process is allowed."""
    said = os.environ.get(THREADS_VARIABLE, "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def sent_form(text: str) -> bytes:
    """The form in which a text that stays goes to another process: a `str` that is pickled keeps its UTF-8 form beside
    its own for as long as it lives, and a million bodies would take a gigabyte more.
    """
    return text.encode("utf-8", "surrogatepass")


def received_text(sent: bytes) -> str:
    """What `sent_form` was given."""
    return sent.decode("utf-8", "surrogatepass")


def in_blocks(
    work: Callable[[Sequence[Given]], Result],
    items: Sequence[Item],
    block: int,
    *,
    given: Callable[[Item], Given],
    stage: str = "",
    progress: Progress | None = None,
    kept: Kept[Result] | None = None,
) -> Iterator[Result]:
    """What `work`, a function of a module, makes of what it is `given` of each `block` of the items, in order.

    What it makes of a block must depend on nothing else, so that it is the same in one process and in many. `progress`
    is told how many items of the `stage` are done. Blocks that are `kept` are not done again, and others are.
    """
    told = progress or silent
    numbers = range(-(-len(items) // block))

    def given_block(number: int) -> list[Given]:
        return [given(item) for item in items[number * block : (number + 1) * block]]

    done = {number for number in numbers if kept is not None and kept.has(number)}
    blocks = (given_block(number) for number in numbers if number not in done)
    threads = usable_threads()
    several = threads > 1 and len(items) >= FEWEST_FOR_PROCESSES
    results = iter(_in_processes(work, blocks, threads) if several else map(work, blocks))
    for number in numbers:
        result = kept.load(number) if kept is not None and number in done else None
        if result is None:
            # A block that looked whole and is damaged is not among the results.
            result = work(given_block(number)) if number in done else next(results)
            if kept is not None:
                kept.save(number, result)
        told(stage, min((number + 1) * block, len(items)), len(items))
        yield result


def in_threads(work: Callable[[slice], None], items: int, block: int) -> None:
    """Do `work` on each block of so many items, in as many threads as may be used.

    For numpy and scipy, which let go of the interpreter. Small blocks are the faster ones: what they need for a moment
    stays in the processor's cache, and is not asked of the system anew.
    """
    blocks = [slice(start, min(start + block, items)) for start in range(0, items, block)]
    if len(blocks) < FEWEST_BLOCKS_FOR_THREADS:
        for one in blocks:
            work(one)
        return
    with ThreadPoolExecutor(max_workers=usable_threads()) as pool:
        for done in [pool.submit(work, one) for one in blocks]:
            done.result()


def _in_processes(
    work: Callable[[Sequence[Given]], Result], blocks: Iterator[Sequence[Given]], processes: int
) -> Iterator[Result]:
    """joblib's processes import nothing of the caller's main module, and stay for the next stage."""
    from joblib import Parallel, delayed

    # One that has grown by 300 MB, as by the words that it remembers, ends and another takes its place: all is as it
    # should be, and whoever clusters news need not read of it.
    warnings.filterwarnings("ignore", "A worker stopped while some jobs were given", UserWarning)
    pool = Parallel(n_jobs=processes, return_as="generator", batch_size=1, pre_dispatch=BLOCKS_AHEAD * processes)
    results: Iterator[Result] = pool(delayed(_alone)(work, block, os.getpid()) for block in blocks)
    yield from results


def _alone(work: Callable[[Sequence[Given]], Result], block: Sequence[Given], parent: int) -> Result:
    """The work in a process that is one of many: its libraries have one thread each."""
    _end_with(parent)
    os.environ["RAYON_NUM_THREADS"] = "1"  # the others' variables are joblib's care
    return work(block)


@cache
def _end_with(parent: int) -> None:
    """See to it that this process ends when its parent does, even if that is killed, and was before this began."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def end_processes(items: int) -> None:
    """Let go the processes that `in_blocks` has started for so many items, and the memory that they hold."""
    if items >= FEWEST_FOR_PROCESSES:
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor().shutdown(wait=True)
