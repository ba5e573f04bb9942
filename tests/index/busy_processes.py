"""A writer and readers of one index, each a process of its own: run by test_processes."""

import sys
import time
from pathlib import Path

from clusterer.errors import IndexLockedError
from clusterer.news_index import open_index
from clusterer.reading import read_articles
from tests.word_encoder import WordEncoder

ARTICLES = tuple(read_articles([Path(__file__).parents[2] / "data" / "sample-news.jsonl"]))[:90]
STEP = 15


def write(folder: str, rounds: int) -> None:
    """Add and remove, each in steps, and purge now and then; tell how many writes there were."""
    writes = 0
    with open_index(folder, encoder=WordEncoder(), write=True) as index:
        for number in range(rounds):
            for start in range(STEP, len(ARTICLES), STEP):
                index.add(ARTICLES[start : start + STEP])
                writes += 1
            index.remove([article.id for article in ARTICLES[STEP:]], purge=number % 2 == 1)
            writes += 1
    sys.stdout.write(f"{writes}\n")


def read(folder: str, stop: str) -> None:
    """Look at state after state, until a file says to stop; tell how many different ones were seen."""
    seen = set()
    while not Path(stop).exists():
        with open_index(folder, encoder=WordEncoder()) as index:
            for _ in range(3):
                with index._directory.snapshot():
                    info = index.info()
                    stories = index.stories(min_size=1, limit=None)
                    placed = [member.article.id for story in stories for member in story.articles]
                    assert sorted(placed) == sorted(set(placed))
                    assert len(placed) == info["articles"] == len(index.assignments())
                    assert info["articles"] % STEP == 0
                    assert info["stories_current"]
                    held = {story.id: {member.article.id for member in story.articles} for story in stories}
                    told: dict[str, set[str]] = {}
                    for change in index.changes():
                        members = told.setdefault(change.story, set())
                        told[change.story] = (
                            members | set(change.members) if change.came else members - set(change.members)
                        )
                    assert {story: members for story, members in told.items() if members} == held
                    seen.add(info["generation"])
                # A search reads files that a writer may remove meanwhile: then it is of the state after.
                found = index.similar(ARTICLES[0].headline)
                assert found
                assert found[0].article.id == ARTICLES[0].id
                assert index.explain(ARTICLES[0].id, ARTICLES[1].id)
    sys.stdout.write(f"{len(seen)}\n")


def contend(folder: str, seconds: str) -> None:
    """Try to write, and hold what is won for a moment; tell how often it was won and how often another had it."""
    won = refused = 0
    until = time.monotonic() + float(seconds)
    while time.monotonic() < until:
        try:
            with open_index(folder, encoder=WordEncoder(), write=True) as index:
                generation = index.info()["generation"]
                time.sleep(0.01)
                index._directory.save_array(f"turn {won}", index.encoder.encode(["x"]))
                assert index.info()["generation"] == generation + 1
                won += 1
        except IndexLockedError as error:
            refused += 1
            assert "is writing to the index" in str(error)
        time.sleep(0.002)
    sys.stdout.write(f"{won} {refused}\n")


if __name__ == "__main__":
    {
        "write": lambda: write(sys.argv[2], int(sys.argv[3])),
        "read": lambda: read(*sys.argv[2:]),
        "contend": lambda: contend(*sys.argv[2:]),
    }[sys.argv[1]]()
