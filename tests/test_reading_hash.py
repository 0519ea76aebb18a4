"""The hash of a log that is read by several threads is that of its file, whatever its lines are."""

from __future__ import annotations

import random
import tempfile
import threading
import time
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditor.errors import SourceError
from auditor.flows import blocks
from auditor.flows.blocks import line_blocks
from auditor.flows.options import FlowOptions
from auditor.reading import Reading
from auditor.sources import input_file
from auditor.sources.aside import AsideDigest
from auditor.sources.files import find_files
from tests.test_reading import Log, reading, results


class Lines:
    """A log of blocks of lines; some blocks are passed over before they are parts, as those without a record are."""

    format = "vpc-text"
    warnings = ()
    share_read = 0.0

    def __init__(self, file, options, passed_over):
        self.file = file.name
        self._file = file
        self._options = options
        self._passed_over = passed_over

    def parts(self):
        """Yield blocks."""
        with self._file.open() as stream:
            for place, block in enumerate(line_blocks(stream, self._options)):
                if isinstance(block, SourceError):
                    raise block
                if place not in self._passed_over:
                    yield block


NUMBERS = [b"%d" % place for place in range(10, 40)]
LONG = [bytes(range(40, 140)), b"next", bytes(range(60, 140))] * 3

lines = st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=30)


@settings(max_examples=max(1, settings.default.max_examples), deadline=None)
@given(
    lines=lines,
    n_feeds=st.integers(0, 1),
    block_bytes=st.integers(1, 60),
    read_bytes=st.integers(1, 30),
    max_line_bytes=st.sampled_from([5, 12, 100]),
    n_threads=st.integers(1, 3),
    passed_over=st.sets(st.integers(0, 20)),
    seed=st.integers(0, 9),
)
@example(NUMBERS, 0, 9, 9, 100, 1, set(range(0, 20, 2)), 0)
@example(NUMBERS, 0, 9, 9, 100, 2, set(range(20)), 0)
@example(LONG, 0, 20, 20, 5, 1, set(), 0)
@example(LONG, 1, 16, 7, 5, 2, set(), 0)
def test_end__returns_the_hash_of_the_file(
    lines, n_feeds, block_bytes, read_bytes, max_line_bytes, n_threads, passed_over, seed
):
    """Lines may be empty, too long, or the last without its end; buffers are used again at once."""
    content = b"\n".join(lines) + n_feeds * b"\n"
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(blocks, "READ_BYTES", read_bytes)
        path = Path(folder) / "flows"
        path.write_bytes(b"x" + content)
        (file,) = find_files([str(path)])
        options = FlowOptions(block_bytes=block_bytes, max_line_bytes=max_line_bytes)

        def judge(block):
            time.sleep(rng.choice([0, 0, 0.0005]))
            return block.content()

        log = Lines(file, options, passed_over)
        with Reading([(file, log)], judge, len, n_threads, "blake3", lambda: None) as begun:
            found = [future.result() for future, _ in begun.parts(0)]
            assert begun.end(0) == (blake3(b"x" + content).hexdigest(), [])
        assert file.late is None
        with file.open() as stream:
            alone = list(line_blocks(stream, options))
        assert found == [block.content() for place, block in enumerate(alone) if place not in passed_over]


def test_parts__of_a_table_are_hashed_on_the_way_but_for_the_last(tmp_path, monkeypatch):
    """What is left to hash at the end is no more than a few parts."""
    (tmp_path / "table").write_bytes(bytes(100_000))
    (file,) = find_files([str(tmp_path)])
    asked = []

    class Noted(AsideDigest):
        def advance(self, n_bytes):
            asked.append(n_bytes)
            super().advance(n_bytes)

    monkeypatch.setattr(input_file, "AsideDigest", Noted)
    log = Log("table", 50, [])
    log.format = "vpc-parquet"
    with reading([file], [log], 1) as begun:
        assert len(results(begun, 1)) == 50
        assert begun.end(0) == (blake3(bytes(100_000)).hexdigest(), [])
    assert asked == pytest.approx([2_000.0 * (n - 8) for n in range(9, 51)])


def test_end__shows_progress_while_a_log_is_hashed(tmp_path, monkeypatch):
    """Whoever waits for the hash of a large file can end it."""
    (tmp_path / "table").write_bytes(b"x")
    (file,) = find_files([str(tmp_path)])
    is_asked = threading.Event()

    class Slow(AsideDigest):
        def finish(self):
            assert is_asked.wait(30)
            return super().finish()

    monkeypatch.setattr(input_file, "AsideDigest", Slow)
    log = Log("table", 1, [])
    log.format = "vpc-parquet"
    with reading([file], [log], 1, look=is_asked.set) as begun:
        assert len(results(begun, 1)) == 1
        assert begun.end(0) == (blake3(b"x").hexdigest(), [])


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_parts__of_tables_that_shrank_come_to_their_end(tmp_path, n_threads):
    """However much of a file was there when it was found: none waits for ever, and nothing is kept of what is over."""
    for name in "abcdefgh":
        (tmp_path / name).write_bytes(bytes(100_000))
    files = find_files([str(tmp_path)])
    for name in "abcdefgh":
        (tmp_path / name).write_bytes(bytes(300))
    logs = [Log(name, 30, []) for name in "abcdefgh"]
    for log in logs:
        log.format = "vpc-parquet"
    with reading(files, logs, n_threads) as begun:
        for place in range(8):
            assert len(list(begun.parts(place))) == 30
            digest, problems = begun.end(place)
            assert digest == blake3(bytes(300)).hexdigest()
            assert not problems
