"""One writer at a time, in whichever process, and none barred by a dead one."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

from clusterer.errors import IndexLockedError
from clusterer.index import IndexDirectory
from clusterer.index.lock import LOCK_FILE, WriterLock

HOLD = """
import sys
from pathlib import Path
from clusterer.index.lock import WriterLock
lock = WriterLock.acquire(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def holder(folder):
    """Another process that holds the lock of `folder`."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_another_process_bars_writing_and_not_reading(index, samples, folder):
    samples.store(index, samples.articles(2))
    index.close()
    with holder(folder) as process:
        with pytest.raises(IndexLockedError, match=rf"process {process.pid} on .* \(for \d+ s\)"):
            IndexDirectory.open(folder, write=True)
        with pytest.raises(IndexLockedError):
            IndexDirectory.create(folder, samples.model, samples.settings, replace=True)
        with IndexDirectory.open(folder) as read:
            assert len(read.articles()) == 2
    assert (folder / LOCK_FILE).stat().st_size > 0
    with IndexDirectory.open(folder, write=True) as again:
        assert len(again.articles()) == 2


def test_two_writers_in_one_process_bar_each_other(index, folder):
    with pytest.raises(IndexLockedError):
        IndexDirectory.open(folder, write=True)
    index.close()
    IndexDirectory.open(folder, write=True).close()
    IndexDirectory.open(folder, write=True).close()


def test_an_owner_that_has_not_signed_is_another_process(tmp_path):
    lock = WriterLock.acquire(tmp_path)
    (tmp_path / LOCK_FILE).write_text("")
    with pytest.raises(IndexLockedError, match="another process"):
        WriterLock.acquire(tmp_path)
    lock.release()


def test_the_lock_is_free_when_opening_fails(tmp_path, samples):
    (tmp_path / "clusterer.sqlite").write_bytes(b"not a database" * 100)
    for _ in range(2):
        with pytest.raises(Exception, match="damaged"):
            IndexDirectory.open(tmp_path, write=True)
        with pytest.raises(Exception, match="damaged"):
            IndexDirectory.create(tmp_path, samples.model, samples.settings)
    WriterLock.acquire(tmp_path).release()
