"""JSON lines as they come."""

import io
import os
import threading
import time

import pytest

from clusterer.reading import feed
from clusterer.reading import options as limits
from clusterer.reading.feed import LineFeed


@pytest.fixture
def pipe():
    """Both ends of a pipe, as binary files."""
    reading, writing = os.pipe()
    with open(reading, "rb") as source, open(writing, "wb", buffering=0) as sink:  # noqa: PTH123 - they have no path
        yield source, sink


def test_what_comes_together_is_one_batch_and_what_comes_later_the_next(pipe):
    source, sink = pipe
    sink.write(b'{"n": 1}\n\n{"n": 2}\n')
    batches = LineFeed(source, "stdin").batches(0.1)
    assert [(record.location, record.record) for record in next(batches)] == [
        ("stdin:1", {"n": 1}),
        ("stdin:3", {"n": 2}),
    ]
    sink.write(b'{"n": 3}\nbroken\n{"n"')
    third, fourth = next(batches)
    assert third.record == {"n": 3}
    assert (fourth.location, fourth.record) == ("stdin:5", None)
    assert "broken JSON" in fourth.fault
    sink.write(b": 4}")
    sink.close()
    assert [record.record for record in next(batches)] == [{"n": 4}]
    assert list(batches) == []


def test_a_batch_is_no_larger_than_it_may_be(pipe, monkeypatch):
    monkeypatch.setattr(feed, "LINES_OF_A_BATCH", 3)
    source, sink = pipe
    sink.write(b"{}\n" * 7)
    sink.close()
    assert [len(batch) for batch in LineFeed(source, "stdin").batches(10)] == [3, 3, 1]


def test_a_line_that_is_too_long_costs_itself_alone(pipe, monkeypatch):
    monkeypatch.setattr(limits, "MAX_RECORD_BYTES", 100)
    source, sink = pipe
    threading.Thread(target=lambda: (sink.write(b'{"a": "' + b"x" * 10**6 + b'"}\n{"n": 2}\n'), sink.close())).start()
    (batch,) = LineFeed(source, "stdin").batches(1)
    assert [record.location for record in batch] == ["stdin:1", "stdin:2"]
    assert "larger than 100 bytes" in batch[0].fault
    assert batch[1].record == {"n": 2}


def test_a_stop_ends_it_with_what_has_come(pipe):
    source, sink = pipe
    sink.write(b"{}\n{}\n")
    lines = LineFeed(source, "stdin")
    time.sleep(0.3)
    lines.stop()
    started = time.monotonic()
    assert [len(batch) for batch in lines.batches(60)] == [2]
    assert time.monotonic() - started < 5


def test_a_stop_ends_it_though_more_and_more_comes():
    class Endless(io.RawIOBase):
        def readline(self, _=-1):
            return b"{}\n"

    lines = LineFeed(Endless(), "stdin")
    batches = lines.batches(0.1)
    assert next(batches)
    lines.stop()
    assert len(list(batches)) <= 1


def test_a_stream_that_fails_is_told():
    class Failing(io.RawIOBase):
        def __init__(self):
            self.lines = [b'{"n": 1}\n']

        def readline(self, _=-1):
            if self.lines:
                return self.lines.pop()
            raise OSError("the other end is gone")

    (batch,) = LineFeed(Failing(), "stdin").batches(1)
    assert batch[0].record == {"n": 1}
    assert batch[1] == ("stdin", None, "cannot be read any further (the other end is gone)")


def test_who_writes_more_than_is_read_has_to_wait(pipe):
    source, sink = pipe
    LineFeed(source, "stdin")
    written = threading.Event()
    line = b'"' + b"x" * 10_000 + b'"\n'
    threading.Thread(target=lambda: (sink.write(line * 1000), written.set()), daemon=True).start()
    assert not written.wait(0.5)
    source.close()
