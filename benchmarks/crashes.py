"""What `kill -9` leaves of an index: `python -m benchmarks.crashes [--kills N] [--as-large]`.

A process adds to an index, removes from it, groups it with another threshold or makes it anew with another model, and
is killed in a phase of that, at a moment chosen by chance. Then the index must open, be sound, answer, and hold what
was there before or what was to be: the latter if that had been acknowledged. Exits 1 where one does not. With
`--as-large` the index is searched as a large one is, and little is added and removed, so that only what it touches is
grouped anew.
"""

from __future__ import annotations

import argparse
import mmap
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import clusterer
from benchmarks.environment import described
from clusterer import touched, updating
from clusterer.article import Article, content_hash
from clusterer.cli.session import limit_threads
from clusterer.encoding.bundled import BundledEncoder
from clusterer.errors import ClustererError
from clusterer.grouping import search_index as faiss_index
from clusterer.index import directory, search_index, session, vectors
from clusterer.news_index import NewsIndex, open_index
from clusterer.reading import read_articles
from clusterer.settings import Settings

SAMPLE = Path(__file__).parents[1] / "data" / "sample-news.jsonl"
PHASES = ("read", "encode", "vectors written", "regroup", "commit", "switch")
COMMIT = PHASES.index("commit")
WAITING, FINISHED = len(PHASES), len(PHASES) + 1
BETWEEN = "between them, or after all"
KILLS = 90
# For each kill that is wanted. A phase may be over before one that is due in it comes.
ATTEMPTS = 10
# Files are removed so fast that hardly a kill would come between two: before each kind of them, so many seconds pass.
PAUSE = 5e-4
# A phase is waited for so long, and may last so long.
PATIENCE = 60.0

Operation = Callable[[NewsIndex], object]
# Each article with its content and its story's members; and the model's fingerprint.
State = tuple[frozenset[tuple[str, str]], frozenset[frozenset[str]], str]


class OtherEncoder(BundledEncoder):
    """The bundled model under another name."""

    @property
    def fingerprint(self) -> str:
        """A fingerprint of its own."""
        return "f" * 64


def operations(articles: Sequence[Article], first: int, *, purge: bool = True) -> dict[str, Operation]:
    """What is done to an index of so many first ones of the articles: to a half much, to nearly all little."""
    added = len(articles) - first
    changed = [replace(article, headline=f"{article.headline}!", published=None) for article in articles[: added // 12]]
    removed = [article.id for article in articles[5 : 5 + added // 3]]
    return {
        "add": lambda index: index.add([*articles[first:], *changed]),
        "remove": lambda index: index.remove(removed, purge=purge),
        "regroup": lambda index: index.add([]),
        "reindex": lambda index: index.reindex(encoder=OtherEncoder()),
    }


# Regrouping reads and encodes nothing; only what writes vectors writes vectors.
PHASES_OF = {
    "add": PHASES,
    "remove": ("vectors written", "regroup", "commit", "switch"),
    "regroup": ("regroup", "commit", "switch"),
    "reindex": ("encode", "vectors written", "regroup", "commit", "switch"),
}
# A large index is searched approximately, and what is added is written beside its search index. What is done to all of
# it, as by a purge, is done as to a small one.
FEWEST_OF_A_LARGE_ONE, ADDED_TO_A_LARGE_ONE, LARGEST_SHARE_BESIDE = 60, 24, 0.5
PHASES_OF_A_LARGE_ONE = {"add": PHASES, "remove": ("regroup", "commit", "switch")}


def state_of(index: NewsIndex) -> State:
    """What an index holds."""
    stories = index.stories(min_size=1, limit=None)
    members = [member.article for story in stories for member in story.articles]
    return (
        frozenset((article.id, content_hash(article)) for article in members),
        frozenset(frozenset(member.article.id for member in story.articles) for story in stories),
        index.info()["model"]["fingerprint"],
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """A kill: in which phase it came in the end, whether the work had been acknowledged, and what was lost, if any."""

    phase: str
    acknowledged: bool
    fault: str = ""


class Marks:
    """Tells, through a byte that two processes share, in which phase one of them is."""

    def __init__(self, byte: mmap.mmap) -> None:
        self._byte = byte

    def at(self, phase: int) -> None:
        """Say that a phase has begun."""
        self._byte[0] = phase

    def mark(self, owner: Any, name: str, phase: int) -> None:
        """Let a function of a module or class say that its phase lasts."""
        inner = getattr(owner, name)

        def marked(*arguments: Any, **named: Any) -> Any:
            before = self._byte[0]
            self._byte[0] = phase
            try:
                return inner(*arguments, **named)
            finally:
                self._byte[0] = WAITING if before == COMMIT else before

        setattr(owner, name, marked)

    def _slow(self, owner: Any, name: str) -> None:
        inner = getattr(owner, name)

        def paused(*arguments: Any) -> None:
            time.sleep(PAUSE)
            inner(*arguments)

        setattr(owner, name, paused)

    def everywhere(self, index: NewsIndex) -> None:
        """Let all phases of what an index does be told."""
        self.mark(updating, "read_records", 0)
        self.mark(updating, "with_languages", 0)
        self.mark(updating, "encode_articles", 1)
        self.mark(clusterer.news_index, "encode_articles", 1)
        self.mark(directory, "write_segment", 2)
        self.mark(vectors, "write_segment", 2)
        self.mark(updating, "find_families", 3)
        self.mark(updating, "make_stories", 3)
        self.mark(updating, "regroup_touched", 3)
        self.mark(directory.IndexDirectory, "replace_stories", 3)
        self.mark(directory.IndexDirectory, "save_search_index", 3)
        self.mark(session.Session, "_remove_unnamed_files", 5)
        for module in (vectors, search_index):
            self._slow(module, "remove_all_but")
        self.mark(session.Session, "overwrite", 5)

        def traced(statement: str) -> None:
            if statement.startswith("COMMIT"):
                self.at(COMMIT)

        index._directory._session.connection.set_trace_callback(traced)


def work(folder: Path, operation: Operation, settings: Settings | None, byte: mmap.mmap, telling: int) -> None:
    """What the process that is to be killed does."""
    with open_index(folder, write=True, settings=settings) as index:
        marks = Marks(byte)
        marks.everywhere(index)
        operation(index)
        os.write(telling, b"!")
        marks.at(FINISHED)
        time.sleep(PATIENCE)


def killed(
    folder: Path, operation: Operation, settings: Settings | None, phase: int, delay: float
) -> tuple[int, bool, float]:
    """Kill the work on an index so many seconds after a phase has begun, or at the end of it. Gives the phase in which
    it died, whether it had acknowledged, and how long it had been in the phase.
    """
    byte = mmap.mmap(-1, 1)
    byte[0] = WAITING
    heard, telling = os.pipe()
    process = os.fork()
    if not process:
        try:
            os.close(heard)
            work(folder, operation, settings, byte, telling)
        finally:
            os._exit(1)
    os.close(telling)
    until = time.monotonic() + PATIENCE
    while byte[0] not in (phase, FINISHED) and time.monotonic() < until:
        pass
    began = time.monotonic()
    while byte[0] == phase and time.monotonic() - began < delay:
        pass
    os.kill(process, signal.SIGKILL)
    lasted, died_in = time.monotonic() - began, byte[0]
    _, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status), "the work ended before it was killed"
    acknowledged = os.read(heard, 1) == b"!"
    os.close(heard)
    return died_in, acknowledged, lasted


def trial(
    base: Path,
    work_folder: Path,
    name: str,
    operation: Operation,
    phase: int,
    delay: float,
    before: State,
    after: State,
) -> tuple[Trial, float]:
    """Kill once, and look at what is left."""
    folder = work_folder / "index"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder)
    settings = Settings(threshold=0.8) if name == "regroup" else None
    died_in, acknowledged, lasted = killed(folder, operation, settings, phase, delay)
    died = PHASES[died_in] if died_in < len(PHASES) else BETWEEN
    return Trial(died, acknowledged, "; ".join(faults(folder, acknowledged, before, after))), lasted


def faults(folder: Path, acknowledged: bool, before: State, after: State) -> list[str]:
    """What is wrong with an index that was left so."""
    try:
        return list(_faults(folder, acknowledged, before, after))
    except ClustererError as error:
        return [str(error)]


def _faults(folder: Path, acknowledged: bool, before: State, after: State) -> Iterator[str]:
    with open_index(folder) as index:  # a reader comes first
        yield from index.check()
    with open_index(folder, write=True) as index:
        yield from index.check()
        state = state_of(index)
        if state != after and (acknowledged or state != before):
            yield "it holds neither what was there nor what was to be"
        encoder = OtherEncoder() if state[2] == "f" * 64 else None
    with open_index(folder, encoder=encoder) as index:
        if not index.similar("Netanyahu meets Trump in Washington"):
            yield "it finds nothing"


def measure(kills: int, *, as_large: bool = False, seed: int = 0) -> dict[str, dict[str, list[Trial]]]:
    """Kills in each phase of each operation that has it, as many in all for each phase."""
    limit_threads(1)
    draw = random.Random(seed)
    articles = list(read_articles([SAMPLE]))
    first, phases_of = len(articles) // 2, PHASES_OF
    if as_large:
        faiss_index.EXACT_UP_TO = FEWEST_OF_A_LARGE_ONE
        touched.LARGEST_SHARE_ADDED = LARGEST_SHARE_BESIDE
        first = len(articles) - ADDED_TO_A_LARGE_ONE
        phases_of = PHASES_OF_A_LARGE_ONE
    found = {phase: {name: list[Trial]() for name in phases_of} for phase in (*PHASES, BETWEEN)}
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary) / "base"
        with open_index(base, create=True) as index:
            index.add(articles[:first])
            before = state_of(index)
        done = operations(articles, first, purge=not as_large)
        for name, phases_here in phases_of.items():
            operation = done[name]
            whole = Path(temporary) / name
            shutil.copytree(base, whole)
            settings = Settings(threshold=0.8) if name == "regroup" else None
            with open_index(whole, write=True, settings=settings) as index:
                operation(index)
                after = state_of(index)
            for phase in phases_here:
                with_it = [other for other, phases in phases_of.items() if phase in phases]
                lasts, wanted = PATIENCE, -(-kills // len(with_it))
                for attempt in range(ATTEMPTS * wanted):
                    # The first one finds out how long the phase lasts.
                    delay = draw.uniform(0, lasts) if attempt else PATIENCE
                    died, lasted = trial(
                        base, Path(temporary), name, operation, PHASES.index(phase), delay, before, after
                    )
                    if died.phase != phase:  # it was over before
                        lasts = lasted
                    found[died.phase][name].append(died)
                    if sum(other.phase == phase for other in found[phase][name]) >= wanted:
                        break
    return found


def main() -> None:
    """Kill, look, and print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crashes", description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=KILLS, help="in each phase")
    parser.add_argument("--as-large", action="store_true", help="an index that is searched as a large one is")
    chosen = parser.parse_args()
    found = measure(chosen.kills, as_large=chosen.as_large)
    lines = [
        described(),
        "",
        "| killed in | kills | of them while it | acknowledged | lost or unsound |",
        "|---|---|---|---|---|",
    ]
    faulty = 0
    for phase, by_name in found.items():
        trials = [trial for some in by_name.values() for trial in some]
        wrong = [trial for trial in trials if trial.fault]
        faulty += len(wrong)
        named = ", ".join(f"{name} {len(some)}" for name, some in by_name.items() if some)
        acknowledged = sum(trial.acknowledged for trial in trials)
        lines.append(f"| {phase} | {len(trials)} | {named} | {acknowledged} | {len(wrong)} |")
        for fault, count in Counter(trial.fault for trial in wrong).items():
            sys.stderr.write(f"{phase}: {count} times: {fault}\n")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.exit(1 if faulty else 0)


if __name__ == "__main__":
    main()
