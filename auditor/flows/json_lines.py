"""Logs of JSON: blocks of lines read by a scanner and, what it leaves, by an exact parser; files of whole documents."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.errors import SourceError
from auditor.flows.blocks import line_blocks
from auditor.flows.hubble_documents import document_blocks, is_documents
from auditor.flows.known_addresses import addresses_at
from auditor.flows.merge import merge
from auditor.flows.unreadable import UnreadablePart
from kernels.known import NO_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from auditor.flows.blocks import LineBlock
    from auditor.flows.hubble_exact import Records
    from auditor.flows.json_pieces import ValueBlock
    from auditor.flows.options import FlowOptions
    from auditor.flows.schema import Addresses, FlowBatch, FlowPart
    from auditor.sources.files import InputFile

    Exact = Callable[[Records], FlowBatch]
    Scan = Callable[[LineBlock | ValueBlock], "Scanned"]

_HEAD_BYTES = 1 << 16


class Scanned(NamedTuple):
    """What a scanner made of a block.

    Attributes
    ----------
    batch : FlowBatch
        Flows it read; the account has the lines it counted, and not those that are odd.
    odd : list of (int, bytes)
        Number in the file and text of each line for the exact parser.
    """

    batch: FlowBatch
    odd: list[tuple[int, bytes]]


class Ends(NamedTuple):
    """The addresses of the flows that a scanner read.

    Attributes
    ----------
    codes : ndarray of int32, shape (2, F)
        Places of sources and destinations among the addresses.
    addresses : Addresses
        The distinct ones.
    kept : slice or ndarray of int64
        The flows whose addresses are both sound: what is no address is for the exact parser to count.
    odd : ndarray of int64
        Lines for the exact parser, ascending, from 0.
    """

    codes: NDArray[np.int32]
    addresses: Addresses
    kept: slice | NDArray[np.int64]
    odd: NDArray[np.int64]


def ends_of(
    text: NDArray[np.uint8], spans: NDArray[np.int32], lines: NDArray[np.int32], odd: NDArray[np.int64]
) -> Ends:
    """Read the addresses of flows.

    Parameters
    ----------
    text : ndarray of uint8, shape (N,)
        Holds them, see ``known_addresses.addresses_at``.
    spans : ndarray of int32, shape (F, 2, 2)
        Where the source and the destination of each flow begin and end.
    lines : ndarray of int32, shape (F,)
        The line of each flow, from 0.
    odd : ndarray of int64
        Lines that are the exact parser's already, ascending.
    """
    codes, addresses = addresses_at(text, spans)
    is_sound = (codes != NO_ADDRESS).all(axis=0)
    if is_sound.all():
        return Ends(codes, addresses, slice(0, len(lines)), odd)
    return Ends(codes, addresses, np.flatnonzero(is_sound), np.sort(np.concatenate([odd, lines[~is_sound]])))


def odd_texts(
    block: LineBlock | ValueBlock, odd: NDArray[np.int64], lines: NDArray[np.uint32]
) -> list[tuple[int, bytes]]:
    """Return number and text of some lines of a block, of which ``lines`` says where all of them are."""
    return [
        (block.first_line + line, block.content(start, end))
        for line, (end, _, _, start) in zip(odd.tolist(), lines[odd].tolist(), strict=True)
    ]


def decode_block(block: LineBlock | ValueBlock, scan: Scan | None, decode: Exact) -> FlowBatch:
    """Decode a block of lines.

    Parameters
    ----------
    block : LineBlock or ValueBlock
        The lines; the latter only with a scanner.
    scan : callable or None
        The scanner; None has the exact parser read every line.
    decode : callable
        The exact parser, for records with their line numbers.
    """
    if scan is None:
        return decode(zip(count(block.first_line), block.content().split(b"\n")))
    batch, odd = scan(block)
    return merge(batch, decode(odd)) if odd else batch


def json_parts(
    file: InputFile, options: FlowOptions, scan: Scan | None, decode: Exact
) -> Iterator[tuple[float, FlowPart]]:
    """Yield the parts of a log in file order: blocks of whole lines, or of whole documents.

    Parameters
    ----------
    file : InputFile
        Plain or compressed.
    options : FlowOptions
        ``block_bytes`` and ``max_line_bytes`` count here.
    scan, decode : callable
        See ``decode_block``.

    Yields
    ------
    share : float
        How much of the file was read, 0 to 1.
    part : FlowPart
        What comes next.
    """
    as_documents = is_documents(file.head(_HEAD_BYTES))
    with file.open() as stream:
        if as_documents:
            for documents in document_blocks(stream, options):
                yield stream.share, partial(decode, documents)
            return
        for block in line_blocks(stream, options):
            if isinstance(block, SourceError):
                yield stream.share, UnreadablePart(block)
            else:
                yield stream.share, partial(decode_block, block, scan, decode)
            del block  # its memory is free as soon as nobody has it
