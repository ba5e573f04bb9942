"""A writer killed at any moment loses nothing that it said was stored, and leaves a sound index."""

import os
import random
import runpy
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clusterer.index import IndexDirectory

SCRIPT = Path(__file__).with_name("dying_writer.py")
digest = runpy.run_path(str(SCRIPT))["digest"]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")


def start(folder, operations, *, turns=10_000, files=(), **variables):
    """The dying writer, to die at a number of file operations (0: when it is killed, or after its turns)."""
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), str(operations), str(turns)],
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=files,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1", **variables},
    )


def allowed_states(said):
    """What the index may hold: what was last said to be there, and what was being written then or since failed, whose
    log may be whole though the system could not say so.
    """
    words = [line.split() for line in said.splitlines(keepends=True) if line.endswith("\n")]
    last = max(number for number, (word, _) in enumerate(words) if word == "done")
    return {value for _, value in words[last:]}


def assert_nothing_lost(folder, said):
    """That the index holds what was last said to be done, or what was about to be, and is sound."""
    allowed = allowed_states(said)
    with IndexDirectory.open(folder) as read:
        assert read.check() == []
        assert held(read) in allowed
    with IndexDirectory.open(folder, write=True) as again:
        before = held(again)
        assert before in allowed
        named = {path.name for path in (folder / "vectors").iterdir()}
        assert not any(name.endswith(".part") for name in named)
        articles = again.articles()[:1]
        again.store(articles, *again.vectors([article.id for article in articles]))
        assert held(again) == before
        assert again.check() == []


def held(index):
    stories = [(story.id, sorted(member.article.id for member in story.articles)) for story in index.stories()]
    return digest(index.articles(), index.vectors(), stories)


@pytest.mark.parametrize("seed", range(6))
def test_killed_at_a_random_moment(tmp_path, seed):
    process = start(tmp_path / "index", 0)
    said = process.stdout.readline()
    time.sleep(random.Random(seed).uniform(0, 0.3))
    process.kill()
    said += process.communicate()[0]
    assert process.returncode == -9
    assert_nothing_lost(tmp_path / "index", said)


# A store opens, renames or removes a dozen files, so that these fall into each part of the cycle of writes.
@pytest.mark.parametrize("operations", [1, 4, 6, 9, 23, 40, 57, 74, 101, 128])
def test_killed_between_two_file_operations(tmp_path, operations):
    process = start(tmp_path / "index", operations)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == -9
    assert_nothing_lost(tmp_path / "index", said)
