"""The ends of flows in the tables: each distinct address is looked up once, and not again while it is known."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.arrays import frozen
from kernels.addresses import slots_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.flows.schema import Addresses, FlowBatch
    from auditor.tables.tableset import TableSet
    from kernels.layout import Tables

_FIRST_ROOM = 1 << 12


class Lookup(NamedTuple):
    """What the tables say of the addresses of a batch.

    Attributes
    ----------
    src_slots, dst_slots : ndarray of int32, shape (A,)
        Slots of the distinct sources and destinations: one array if both share them.
    openers, others : ndarray of uint64
        Words of the sources, then of the destinations unless they share them (see ``layout.Slots``).
    """

    src_slots: NDArray[np.int32]
    dst_slots: NDArray[np.int32]
    openers: NDArray[np.uint64]
    others: NDArray[np.uint64]


class _Words(NamedTuple):
    """Slot and words of each of some addresses."""

    slots: NDArray[np.int32]
    openers: NDArray[np.uint64]
    others: NDArray[np.uint64]

    @classmethod
    def room(cls, n: int) -> _Words:
        """Return room for n addresses."""
        return cls(np.empty(n, np.int32), np.empty(n, np.uint64), np.empty(n, np.uint64))

    @classmethod
    def found(cls, layout: Tables, high: NDArray[np.uint64], low: NDArray[np.uint64]) -> _Words:
        """Look up addresses."""
        slots = slots_of(layout.addresses, frozen(high), frozen(low))
        places = slots.astype(np.intp)  # what numpy takes others for, it copies first
        return cls(slots, layout.slots.opener_words[places], layout.slots.other_words[places])

    def first(self, n: int) -> _Words:
        """Return those of the first n addresses."""
        return _Words(self.slots[:n], self.openers[:n], self.others[:n])

    def put(self, first: int, more: _Words) -> None:
        """Write others from a place on."""
        behind = first + len(more.slots)
        self.slots[first:behind] = more.slots
        self.openers[first:behind] = more.openers
        self.others[first:behind] = more.others


class _Known(threading.local):
    """What this thread looked up last of addresses that grow from batch to batch.

    The front of arrays that were handed out stays as it is.
    """

    def __init__(self) -> None:
        self.origin: object = None
        self.tables: weakref.ref[TableSet] | None = None  # old ones are to go when newer ones are in force
        self.n = 0
        self.words = _Words.room(0)

    def look_up(self, tables: TableSet, addresses: Addresses) -> Lookup:
        """Look up what is new among addresses that have an origin."""
        n, layout = len(addresses.high), tables.layout
        if self.origin is not addresses.origin or self.tables is None or self.tables() is not tables:
            self.origin, self.tables, self.n = addresses.origin, weakref.ref(tables), 0
            self.words = _Words.room(_FIRST_ROOM)
        if n > len(self.words.slots):
            larger = _Words.room(2 * n)
            larger.put(0, self.words.first(self.n))
            self.words = larger
        if n > self.n:
            self.words.put(self.n, _Words.found(layout, addresses.high[self.n :], addresses.low[self.n :]))
            self.n = n
        slots, openers, others = self.words.first(n)
        return Lookup(slots, slots, frozen(openers), frozen(others))


_KNOWN = _Known()


def look_up(tables: TableSet, flows: FlowBatch) -> Lookup:
    """Return what the tables say of the distinct addresses of a batch."""
    layout, sources, destinations = tables.layout, flows.sources, flows.destinations
    if destinations is sources and sources.origin is not None:
        return _KNOWN.look_up(tables, sources)
    if destinations is sources:
        slots, openers, others = _Words.found(layout, sources.high, sources.low)
        return Lookup(slots, slots, frozen(openers), frozen(others))
    n = len(sources.high)
    both = (np.concatenate([one, other]) for one, other in zip(sources[:2], destinations[:2], strict=True))
    slots, openers, others = _Words.found(layout, *both)
    return Lookup(slots[:n], slots[n:], frozen(openers), frozen(others))
