"""What work takes is told before it begins, and what cannot fit is refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from clusterer.cli import preflight
from clusterer.cli.preflight import BASE_BYTES, Estimate, check, estimate, memory_size
from clusterer.errors import UsageError


def dump(path: Path, records: int) -> Path:
    text = "\n".join(json.dumps({"title": f"Ferry {number} sails", "body": "x" * 500}) for number in range(records))
    path.write_bytes(gzip.compress(text.encode(), 1) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "size"), [("4GB", 4e9), ("4 gb", 4e9), ("512MB", 512e6), ("1.5GiB", 1.5e9), ("800m", 8e8), ("1000", 1000)]
)
def test_sizes_are_read(text: str, size: float) -> None:
    assert memory_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "GB", "0GB", "-1GB", "4 XB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        memory_size(text)
    assert caught.value.where == "--memory"


def test_records_are_counted_by_the_beginning_of_a_file(tmp_path: Path) -> None:
    found = estimate([dump(tmp_path / "a.jsonl", 2000)])
    assert found is not None
    assert abs(found.records - 2000) < 20


def test_two_files_take_more_than_one_and_an_index_more_disk(tmp_path: Path) -> None:
    one, two = dump(tmp_path / "a.jsonl", 500), dump(tmp_path / "b.jsonl.gz", 500)
    small, large, indexed = estimate([one]), estimate([one, two]), estimate([one], indexed=True)
    assert small and large and indexed
    assert small.records < large.records
    assert small.memory < large.memory
    assert small.disk < indexed.disk


def test_of_a_pipe_nothing_is_known() -> None:
    assert estimate([]) is None
    assert estimate([Path("/dev/null")]) is None


NEEDED = Estimate(records=1_000_000, seconds=600, memory=5e9, memory_of_a_process=3e8, disk=1e6)


def test_processes_are_given_up_for_memory(tmp_path: Path) -> None:
    assert check(NEEDED, threads=2, memory=6e9, target=tmp_path) == 2
    assert check(NEEDED, threads=8, memory=6e9, target=tmp_path) == 5
    assert check(NEEDED, threads=4, memory=5.1e9, target=tmp_path) == 2


def test_one_process_that_works_on_texts_itself_remembers_what_others_would(tmp_path: Path) -> None:
    assert check(NEEDED, threads=1, memory=5.4e9, target=tmp_path) == 1
    with pytest.raises(UsageError, match=r"5\.3 GB"):
        check(NEEDED, threads=1, memory=5.2e9, target=tmp_path)


def test_what_does_not_fit_is_refused_with_what_would(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        check(NEEDED, threads=2, memory=2e9, target=tmp_path)
    assert "5.0 GB" in caught.value.what
    assert caught.value.where == "--memory 2GB"
    fitting = int((2e9 - BASE_BYTES - 3e8) / (5e9 - BASE_BYTES) * 1000)
    assert f"at most {fitting},000 records" in caught.value.remedy


def test_a_full_disk_is_told_before_the_work(tmp_path: Path) -> None:
    huge = Estimate(records=1, seconds=1, memory=1, memory_of_a_process=0, disk=1e18)
    with pytest.raises(UsageError, match="disk"):
        check(huge, threads=1, memory=6e9, target=tmp_path / "not" / "there.jsonl")


def test_long_work_is_announced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(NEEDED, threads=2, memory=6e9, target=tmp_path)
    assert "About 1,000,000 records: some 10 minutes" in capsys.readouterr().err


def test_the_command_refuses_and_writes_nothing(run, tmp_path: Path) -> None:
    output = tmp_path / "stories.jsonl"
    done = run("cluster", dump(tmp_path / "a.jsonl", 300), "-o", output, "--memory", "10MB")
    assert done.code == 2
    assert "--memory 0.01GB" in done.err
    assert not output.exists()


def test_little_that_is_added_to_a_large_index_takes_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "BYTES_OF_A_LARGE_INDEX", 100_000)
    database = tmp_path / "clusterer.sqlite"
    database.write_bytes(b"x" * 1_000_000)
    (tmp_path / "little.jsonl").write_text('{"title": "Ferry leaves"}\n')
    (tmp_path / "some.jsonl").write_text('{"title": "Ferry leaves"}\n' * 1_000)
    (tmp_path / "much.jsonl").write_text('{"title": "Ferry leaves"}\n' * 4_000)
    little, some, much = (
        estimate([tmp_path / f"{name}.jsonl"], indexed=True, held=database) for name in ("little", "some", "much")
    )
    assert little is not None and some is not None and much is not None
    assert little.records < 5
    assert 1_250 < some.records < 1_350
    assert 4_900 < much.records < 5_100
    assert little.seconds < some.seconds < much.seconds
