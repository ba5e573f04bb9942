"""A writer that is killed in the middle of its work, or whose disk fails: run by test_crash and test_disk as a process
of its own.

It stores, updates, removes, groups and replaces until it dies, and tells on stdout, before and after each write, what
the index would hold then: `intent` and `done`, each with a digest. A write that the disk does not take has `failed`:
then comes what the index still holds.
"""

import hashlib
import os
import signal
import sys
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from clusterer.article import Article, content_hash
from clusterer.errors import IndexDirectoryError
from clusterer.index import IndexDirectory, ModelIdentity
from clusterer.settings import Settings
from clusterer.story import Story, StoryArticle

DIMENSION = 8
WATCHED = {"open", "os.rename", "os.remove"}


def digest(articles: Iterable[Article], vectors: Iterable[np.ndarray], stories: Iterable[tuple[str, list[str]]]) -> str:
    """What an index holds, in short."""
    ordered = sorted(articles, key=lambda article: (content_hash(article), article.id))
    content = repr(([(a.id, content_hash(a)) for a in ordered], sorted(stories))).encode()
    return hashlib.sha256(content + b"".join(array.tobytes() for array in vectors)).hexdigest()


def vectors_of(articles: Iterable[Article], model: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors, decided by the texts and the number of the model, in the order of an index."""
    rows = []
    for article in sorted(articles, key=lambda article: (content_hash(article), article.id)):
        seed = int(content_hash(article)[:8], 16) + model
        vectors = np.random.default_rng(seed).standard_normal((2, DIMENSION))
        rows.append(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    array = np.array(rows, np.float32).reshape(-1, 2, DIMENSION)
    return np.ascontiguousarray(array[:, 0]), np.ascontiguousarray(array[:, 1])


class Writer:
    """Holds in memory what the index should hold, and writes."""

    def __init__(self, index: IndexDirectory) -> None:
        self.index = index
        self.articles: dict[str, Article] = {}
        self.stories: dict[str, list[str]] = {}
        self.model = 0

    def tell(self, word: str) -> None:
        stories = [(id_, sorted(members)) for id_, members in self.stories.items()]
        articles = self.articles.values()
        sys.stdout.write(f"{word} {digest(articles, vectors_of(articles, self.model), stories)}\n")
        sys.stdout.flush()

    def run(self, turns: int) -> None:
        for turn in range(turns):
            before = dict(self.articles), dict(self.stories), self.model
            try:
                (self.store, self.store, self.group, self.remove, self.replace_vectors)[turn % 5](turn)
                self.tell("done")
            except IndexDirectoryError:
                self.articles, self.stories, self.model = before
                self.tell("failed")

    def store(self, turn: int) -> None:
        changed = [Article(f"a{turn}-{part}", f"Report {turn}, part {part}") for part in range(6)]
        changed += [replace(a, headline=f"{a.headline}, again") for a in list(self.articles.values())[:4]]
        changed.sort(key=lambda article: (content_hash(article), article.id))
        self.articles.update({article.id: article for article in changed})
        self.tell("intent")
        self.index.store(changed, *vectors_of(changed, self.model))

    def group(self, turn: int) -> None:
        ids = sorted(self.articles)
        self.stories = {f"s{turn}-{start}": ids[start : start + 3] for start in range(0, len(ids), 3)}
        self.tell("intent")
        self.index.replace_stories(
            [
                Story(id_, "Story", {}, (), None, None, {}, tuple(self.member(member) for member in members))
                for id_, members in self.stories.items()
            ]
        )

    def member(self, id_: str) -> StoryArticle:
        return StoryArticle(self.articles[id_], id_, 1.0)

    def remove(self, _: int) -> None:
        gone = sorted(self.articles)[:2]
        for id_ in gone:
            del self.articles[id_]
        kept = {story: [id_ for id_ in members if id_ not in gone] for story, members in self.stories.items()}
        self.stories = {story: members for story, members in kept.items() if members}
        self.tell("intent")
        self.index.remove(gone)

    def replace_vectors(self, turn: int) -> None:
        self.model = turn
        identity = ModelIdentity(f"model {turn}", f"{turn:064x}", DIMENSION)
        self.tell("intent")
        self.index.replace_vectors(identity, *vectors_of(self.articles.values(), turn))


def die_at(count: int) -> None:
    """Arrange to be killed at the given number of file operations from now."""
    seen = 0

    def watch(event: str, _: object) -> None:
        nonlocal seen
        if event in WATCHED:
            seen += 1
            if seen == count:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


if __name__ == "__main__":
    with IndexDirectory.create(sys.argv[1], ModelIdentity("model 0", "0" * 64, DIMENSION), Settings()) as opened:
        writer = Writer(opened)
        writer.tell("done")
        if int(sys.argv[2]):
            die_at(int(sys.argv[2]))
        writer.run(int(sys.argv[3]))
