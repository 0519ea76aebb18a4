"""The hash of a log that is read by several threads is that of its file, whatever its lines are."""

from __future__ import annotations

import random
import tempfile
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
from auditor.sources.files import find_files


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
