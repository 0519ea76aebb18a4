"""Where a consumer goes on when a partition is given to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from auditor.errors import Position, StateError

if TYPE_CHECKING:
    from auditor.service.chain import Chain

OnMismatch = Literal["fail", "chain", "committed"]


class StartAt(NamedTuple):
    """Where to go on.

    Attributes
    ----------
    offset : int
        What the next segment starts at.
    read_from : int
        Where to read. Behind ``offset`` if segments that were written are lost: what lies between becomes a gap.
    """

    offset: int
    read_from: int


def start_at(
    chain: Chain,
    committed: int | None,
    configured: int,
    writer: str,
    created_ms: int,
    on_mismatch: OnMismatch,
) -> StartAt:
    """Return where to go on: at the end of the chain, else where the group was, else where it is told to begin.

    Offsets are committed after a segment is in the chain, so the chain never ends before what was committed. If it
    does, its newest files were removed, or it is in another folder.

    Parameters
    ----------
    chain : Chain
        Of the partition; begun here if nobody has.
    committed : int or None
        What the group committed.
    configured : int
        Where to begin if there is neither.
    writer : str
        Who begins the chain.
    created_ms : int
        When.
    on_mismatch : {'fail', 'chain', 'committed'}
        What to do if the chain ends before what was committed: refuse; judge again from the end of the chain; or go
        on from what was committed, and leave a gap.

    Raises
    ------
    StateError
        If the chain ends before what was committed, under ``fail``.
    """
    if chain.first() is None:
        # Segments without a beginning: someone removed it.
        oldest = chain.oldest()
        configured = oldest if oldest is not None else committed if committed is not None else configured
    first = chain.begin(configured, writer, created_ms)
    end = chain.end()
    position = first if end is None else end
    if committed is None or committed <= position or on_mismatch == "chain":
        return StartAt(position, position)
    if on_mismatch == "committed":
        return StartAt(position, committed)
    raise StateError(
        f"expected a chain that ends at `{committed}` or later, as the group committed, found one that ends at "
        f"`{position}`: files were removed, or this is another folder; `--on-state-mismatch chain` judges again from "
        "there, `committed` leaves a gap",
        Position(chain.name.folder),
    )
