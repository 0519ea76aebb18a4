"""Ports that no rule can tell apart, over (protocol, port)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.compiler import bitsets
from auditor.errors import TableLimitError
from auditor.ir.model import LAST_PORT, PORT_PROTOCOLS, NamedPort
from kernels import codes
from kernels.layout import MAX_PORT_CLASSES, Ports

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from auditor.ir.model import ContainerPort, PortMatch

PortSet = frozenset[tuple[int, int, int]] | None
"""Closed ranges (protocol, first, last); None is every port of every protocol."""

_ROWS = {protocol: row for row, protocol in enumerate(PORT_PROTOCOLS)}
_OTHER_ROW = len(PORT_PROTOCOLS)
_PORTS = LAST_PORT + 1


def _marks() -> NDArray[np.uint8]:
    marks = np.full(_PORTS, codes.MARK_REGISTERED_PORT, dtype=np.uint8)
    marks[0] = codes.MARK_NO_PORT
    marks[1 : LAST_SYSTEM_PORT + 1] = codes.MARK_SYSTEM_PORT
    marks[FIRST_CLIENT_PORT:] = codes.MARK_CLIENT_PORT
    return marks


LAST_SYSTEM_PORT = 1023
"""Ports up to here are never picked for a client (RFC 6335)."""

FIRST_CLIENT_PORT = 32768
"""Linux picks client ports from here up (``net.ipv4.ip_local_port_range``)."""

_MARKS = _marks()


def resolve(ports: tuple[PortMatch, ...] | None, declared: tuple[ContainerPort, ...]) -> PortSet:
    """Return the ports that the entries of a rule match on a destination that declares ``declared``."""
    if ports is None:
        return None
    ranges: set[tuple[int, int, int]] = set()
    for port in ports:
        if isinstance(port, NamedPort):
            ranges.update(
                (port.protocol, found.number, found.number)
                for found in declared
                if found.name == port.name and found.protocol == port.protocol
            )
        else:
            ranges.add((port.protocol, port.first, port.last))
    return frozenset(ranges)


class PortSets:
    """The distinct port sets of all rules, numbered; after ``cut``, each as a set of port classes."""

    def __init__(self) -> None:
        self._numbers: dict[PortSet, int] = {}
        self._masks: list[int] = []
        self.n_classes = 0
        self.everything = 0
        self.other = 0
        self._classes = np.empty(0, dtype=np.uint16)

    def number(self, ports: PortSet) -> int:
        """Return the number of a port set, new or known."""
        return self._numbers.setdefault(ports, len(self._numbers))

    def find(self, ports: PortSet) -> int | None:
        """Return the number of a port set, None if it has none."""
        return self._numbers.get(ports)

    def is_everything(self, number: int) -> bool:
        """Return whether the set of that number is every port of every protocol."""
        return self._numbers.get(None) == number

    def cut(self) -> None:
        """Divide all (protocol, port) pairs into classes; no set may be added afterwards.

        Class 0 is every protocol without ports, so that it can be told apart even if no rule does so.
        """
        starts = {row * _PORTS for row in range(_OTHER_ROW)}
        for ports in self._numbers:
            for protocol, first, last in ports or ():
                start = _ROWS[protocol] * _PORTS
                starts.update((start + first, start + last + 1))
        edges = np.array(sorted(starts - {_OTHER_ROW * _PORTS}), dtype=np.int64)
        n_intervals = len(edges)
        sets = []
        for ports in self._numbers:
            members = bitsets.full(n_intervals) if ports is None else 0
            for protocol, first, last in ports or ():
                start = _ROWS[protocol] * _PORTS
                low, high = np.searchsorted(edges, [start + first, start + last], side="right") - 1
                members |= bitsets.run(int(low), int(high))
            sets.append(members)
        found = bitsets.classes(sets, n_intervals)
        self.n_classes = 1 + found.is_in.shape[1]
        if self.n_classes > MAX_PORT_CLASSES:
            raise TableLimitError(
                f"the policies tell apart `{self.n_classes}` classes of ports, more than `{MAX_PORT_CLASSES}`; "
                "audit with fewer policies at a time"
            )
        self.everything, self.other = bitsets.full(self.n_classes), 1
        self._masks = [
            self.everything if ports is None else _pack(found.is_in[number]) << 1
            for number, ports in enumerate(self._numbers)
        ]
        lengths = np.diff(np.append(edges, _OTHER_ROW * _PORTS))
        self._classes = np.concatenate(
            [np.repeat(found.class_of + 1, lengths), np.zeros(_PORTS, dtype=np.int32)]
        ).astype(np.uint16)

    def mask(self, number: int) -> int:
        """Return the set of port classes of the port set of that number."""
        return self._masks[number]

    def layout(self, listening: Iterable[tuple[int, int]]) -> Ports:
        """Return the kernel's arrays."""
        rows = np.full(256, _OTHER_ROW, dtype=np.uint8)
        for protocol, row in _ROWS.items():
            rows[protocol] = row
        return Ports(rows, self._classes, port_marks(listening))


def port_marks(listening: Iterable[tuple[int, int]]) -> NDArray[np.uint8]:
    """Return what each port says of its end, as ``Ports.marks``, where those are known to be listened on."""
    marks = np.tile(_MARKS, _OTHER_ROW + 1)
    for protocol, port in listening:
        if protocol in _ROWS:
            marks[_ROWS[protocol] * _PORTS + port] |= codes.MARK_LISTENING
    return marks


def _pack(row: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(row, bitorder="little").tobytes(), "little")
