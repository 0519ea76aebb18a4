"""Blocks of text for scanners, made in memory, and both ways of reading them."""

from __future__ import annotations

from auditor.flows.blocks import line_blocks
from auditor.flows.hubble_exact import decode_records
from auditor.flows.hubble_scan import scan_block
from auditor.flows.merge import merge
from auditor.flows.options import FlowOptions

LIMIT = 2_000


class Memory:
    """A stream over bytes."""

    name = "log"

    def __init__(self, content):
        self.content = content

    def readinto(self, buffer):
        """Fill the buffer with the next bytes."""
        piece, self.content = self.content[: len(buffer)], self.content[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def resume(self):
        """Say that nothing is behind."""
        return False


def blocks_of(content, block_bytes=1 << 20, limit=LIMIT):
    """Return the blocks of a text."""
    return list(line_blocks(Memory(content), FlowOptions(block_bytes=block_bytes, max_line_bytes=limit)))


def scanned(content, block_bytes=1 << 20):
    """Return batches of Hubble lines: the scanner's, with what it left to the exact parser."""
    batches = []
    for block in blocks_of(content, block_bytes):
        batch, odd = scan_block("log", block, LIMIT)
        batches.append(merge(batch, decode_records("log", odd, LIMIT)))
    return batches


def exact(content):
    """Return the batch of the exact parser alone."""
    return [decode_records("log", list(enumerate(content.split(b"\n"), 1)), LIMIT)]


def odd_lines(content):
    """Return what the scanner leaves to the exact parser."""
    return [text for block in blocks_of(content) for _, text in scan_block("log", block, LIMIT).odd]
