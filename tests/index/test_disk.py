"""A disk that fails or loses power loses nothing that was said to be stored, and leaves a sound index."""

import contextlib
import os
import select
import shutil
import subprocess
from pathlib import Path

import pytest

from clusterer.errors import ClustererError, IndexDirectoryError, IndexMissingError
from clusterer.index import IndexDirectory
from clusterer.news_index import open_index
from clusterer.reading import read_articles
from tests.index.test_crash import allowed_states, assert_nothing_lost, held, start
from tests.word_encoder import WordEncoder

SHIM = Path(__file__).with_name("disk_shim.c")
TURNS = 15
# There are some seventy syncs and four hundred writes.
SYNCS = range(3, 70, 4)
WRITES = range(5, 400, 17)
# With so much room what is stored can be encoded and grouped anew.
ROOM_TO_REINDEX = 200_000


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    """The compiled shim."""
    if shutil.which("cc") is None or not Path("/proc/self/fd").exists():
        pytest.skip("there is no C compiler, or no Linux, to stand between a process and its disk")
    library = tmp_path_factory.mktemp("shim") / "disk_shim.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, SHIM, "-ldl"], check=True)
    return library


def through(shim, folder, **variables):
    """The environment of a process that reaches the folder through the shim alone."""
    return {"LD_PRELOAD": str(shim), "SHIM_FOLDER": str(folder), **variables}


class Disk:
    """What a power cut would leave of a folder: of each file what was synced last, under the names that were synced."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.contents: dict[int, bytes] = {}
        self.names: dict[Path, dict[str, int]] = {}

    def sync(self, path: Path) -> None:
        if path.is_dir():
            self.names[path] = {name.name: name.stat().st_ino for name in path.iterdir() if name.is_file()}
        elif path.exists():
            self.contents[path.stat().st_ino] = path.read_bytes()

    def restore(self, target: Path) -> None:
        for folder, names in self.names.items():
            own = target / folder.relative_to(self.folder)
            own.mkdir(parents=True, exist_ok=True)
            for name, inode in names.items():
                (own / name).write_bytes(self.contents.get(inode, b""))


def looked_at(folder):
    """What an index holds that is sound, or None where there is none yet."""
    try:
        with IndexDirectory.open(folder, write=True) as index:
            assert index.check() == []
            return held(index)
    except IndexMissingError:
        return None


def test_a_power_cut_at_any_sync_loses_nothing_that_was_said(shim, tmp_path):
    folder = tmp_path / "index"
    (heard, telling), (listening, answering) = os.pipe(), os.pipe()
    variables = through(shim, folder, SHIM_TELLING=str(telling), SHIM_LISTENING=str(listening))
    process = start(folder, 0, turns=TURNS, files=(telling, listening), **variables)
    os.close(telling)
    os.set_blocking(process.stdout.fileno(), False)
    disk, said, cuts = Disk(folder), "", 0
    with os.fdopen(heard) as syncs:
        for line in syncs:
            while select.select([process.stdout], [], [], 0)[0] and (more := process.stdout.read()):
                said += more
            disk.sync(Path(line[:-1]))
            for restore in (disk.restore, lambda target: shutil.copytree(folder, target)):
                target = tmp_path / "cut"
                restore(target)
                state = looked_at(target) if target.exists() else None
                # Before the first word was said there need not be anything.
                assert state in (allowed_states(said) if said else {None, state}), f"cut at sync {cuts} of {line}"
                shutil.rmtree(target, ignore_errors=True)
            cuts += 1
            os.write(answering, b".")
    assert process.wait() == 0
    assert cuts > 4 * TURNS
    assert said.count("done") == TURNS + 1


@pytest.mark.parametrize(("kind", "numbers"), [("SHIM_FAILING_SYNC", SYNCS), ("SHIM_FAILING_WRITE", WRITES)])
def test_what_the_disk_does_not_take_costs_what_was_being_written_alone(shim, tmp_path, kind, numbers):
    """One sync fails, or the disk is full from a write on."""
    told = []
    for number in numbers:
        folder = tmp_path / f"index{number}"
        process = start(folder, 0, turns=TURNS, **through(shim, folder, **{kind: str(number)}))
        said = process.communicate(timeout=60)[0]
        if process.returncode:  # it failed as the index was made
            assert said == ""
            continue
        told.append(said.count("failed"))
        assert said.count("failed") + said.count("done") == TURNS + 1
        assert_nothing_lost(folder, said)
    # SQLite can do without some syncs, as of a folder, or comes back to them.
    assert sum(count > 0 for count in told) > len(numbers) / 2
    assert len(told) > len(numbers) / 2


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 6 MB in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.name == "nt" or os.geteuid() or shutil.which("mount") is None:
        pytest.skip("a small file system can be mounted by root alone")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    # Files that are mapped still are let go later.
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def sample():
    """The articles of the sample."""
    return tuple(read_articles([Path(__file__).parents[2] / "data" / "sample-news.jsonl"]))


def test_a_full_file_system_keeps_what_was_stored_and_takes_more_once_there_is_room(small_disk, sample):
    ballast = small_disk / "ballast"
    with open_index(small_disk / "news", encoder=WordEncoder(), create=True) as index:
        index.add(sample[:40])
        stored = index.stories(min_size=1, limit=None)
        for room in (0, 20_000, 100_000, 300_000):
            ballast.write_bytes(b"")
            with contextlib.suppress(OSError):
                ballast.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - room))
            with pytest.raises(ClustererError, match=r"space|disk"):
                index.add(sample[40:240])
            if room < ROOM_TO_REINDEX:
                with pytest.raises(ClustererError, match=r"space|disk"):
                    index.reindex(encoder=WordEncoder("other", 1))
            ballast.unlink()
            assert index.check() == []
            assert index.stories(min_size=1, limit=None) == stored
            assert index.similar(sample[0].headline)
        assert index.add(sample[40:240]).added == 200
        assert index.check() == []


def test_a_read_only_file_system_is_told_and_can_be_read(small_disk, sample):
    with open_index(small_disk / "news", encoder=WordEncoder(), create=True) as index:
        index.add(sample[:40])
        stored = index.stories(min_size=1, limit=None)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(IndexDirectoryError, match="cannot be written"):
        open_index(small_disk / "news", encoder=WordEncoder(), write=True)
    with open_index(small_disk / "news", encoder=WordEncoder()) as index:
        assert index.stories(min_size=1, limit=None) == stored
        assert index.similar(sample[0].headline)
        assert index.check() == []
