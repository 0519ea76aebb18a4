"""Bytes in memory as the streams and blocks that readers take."""

from __future__ import annotations

from auditor.flows.blocks import line_blocks
from auditor.flows.options import FlowOptions
from auditor.sources.files import InputFile
from auditor.sources.late import LateDigest


class Stream:
    """A stream over bytes that may fail at their end, and go on behind the damage."""

    name = "flows"

    def __init__(self, content, failure=None, behind=b"", *, has_pieces=False, codec=None):
        self.codec = codec
        self.asked = []
        self.given = bytearray()
        self.content = content
        self.behind = behind
        self.failure = failure
        self.has_pieces = has_pieces

    def piece(self, size):
        """Return the next bytes as if they were decompressed, if that is asked for."""
        if not self.has_pieces:
            return None
        self.given[:] = b"?" * len(self.given)  # what was given before is gone
        self.given = bytearray(size)
        return memoryview(self.given)[: self.readinto(memoryview(self.given))]

    def readinto(self, buffer):
        """Fill the buffer with the next bytes, and note for how many there is room."""
        self.asked.append(len(buffer))
        piece, self.content = self.content[: len(buffer)], self.content[len(buffer) :]
        if not piece and self.failure:
            raise self.failure
        buffer[: len(piece)] = piece
        return len(piece)

    def hash_late(self):
        """Return what nothing is hashed with."""
        return LateDigest()

    def resume(self):
        """Go on with what lies behind the damage, if anything does."""
        self.content, self.failure, self.behind = self.behind, None, b""
        return bool(self.content)


class MemoryFile(InputFile):
    """A file whose bytes lie in memory."""

    def __init__(self, content):
        super().__init__("flows", None, len(content))
        object.__setattr__(self, "content", content)

    def open(self):
        """Return the bytes as a stream."""
        return MemoryStream(self.content)


class MemoryStream(Stream):
    """A stream over bytes, as files are opened."""

    share = 0.5

    def __enter__(self):
        """Return the stream."""
        return self

    def __exit__(self, *_):
        """Do nothing."""


def cut(content, block_bytes=1 << 20, limit=1_000):
    """Return the blocks of a text."""
    return list(
        line_blocks(
            Stream(content), FlowOptions(block_bytes=block_bytes, max_line_bytes=limit), notes_digits=True
        )
    )
