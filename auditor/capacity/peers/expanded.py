"""The ingress rules of a cluster expanded to tables for peers that judge by queries."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from auditor.ir.evaluate import contains
from auditor.ir.model import LAST_PORT, Address, BlockPeer, Direction, EndpointPeer, NamedPort
from auditor.ir.selectors import matches
from auditor.synthetic.court import Court

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from auditor.ir.model import Endpoint, Inventory, PolicySet, Rule
    from auditor.synthetic.flows import Pool


def expand(folder: Path, inventory: Inventory, policies: PolicySet, pool: Pool) -> None:
    """Write the tables that a query joins: what selectors choose and blocks hold is worked out beforehand.

    ``isolated`` (address, subject), ``rules`` (subject, peer_set, port_set), ``peers`` (peer_set, address), ``ports``
    (port_set, protocol, first, last). Blocks are expanded to the addresses that occur in the log, which spares the
    query a range join.
    """
    court = Court(inventory, policies)
    seen = [_address(int(high) << 64 | int(low)) for high, low in zip(pool.high, pool.low, strict=True)]
    subjects: dict[tuple[tuple[int, int], ...], int] = {}
    peer_sets: dict[object, int] = {}
    port_sets: dict[tuple[tuple[int, int, int], ...], int] = {}
    peers: list[tuple[int, str]] = []
    isolated: list[tuple[str, int]] = []

    def peer_set(rule: Rule) -> int:
        if rule.peers not in peer_sets:
            peer_sets[rule.peers] = len(peer_sets)
            peers.extend((peer_sets[rule.peers], text) for text in sorted(_expanded(court, rule, seen)))
        return peer_sets[rule.peers]

    for pod in court.pods:
        selecting = [
            policy
            for policy in court.policies_of.get(pod.namespace or "", ())
            if Direction.INGRESS in policy.directions and matches(policy.subject, pod.labels)
        ]
        if not selecting:
            continue
        rules = tuple(
            (peer_set(rule), port_sets.setdefault(_ports(rule, pod), len(port_sets)))
            for policy in selecting
            for rule in policy.rules
            if rule.direction is Direction.INGRESS
        )
        subject = subjects.setdefault(rules, len(subjects))
        isolated.extend((_text(address), subject) for address in pod.addresses)
    _write(folder / "isolated.parquet", ("address", "subject"), isolated)
    _write(
        folder / "rules.parquet",
        ("subject", "peer_set", "port_set"),
        [(number, *rule) for rules, number in subjects.items() for rule in rules],
    )
    _write(folder / "peers.parquet", ("peer_set", "address"), peers)
    _write(
        folder / "ports.parquet",
        ("port_set", "protocol", "first", "last"),
        [(number, *entry) for ports, number in port_sets.items() for entry in ports],
    )


def _expanded(court: Court, rule: Rule, seen: list[Address]) -> set[str]:
    if rule.peers is None:
        return {_text(address) for address in seen}
    found: set[str] = set()
    for peer in rule.peers:
        if isinstance(peer, EndpointPeer):
            found.update(_text(a) for pods in court.chosen(peer) for pod in pods for a in pod.addresses)
        elif isinstance(peer, BlockPeer):
            found.update(
                _text(address)
                for address in seen
                if contains(peer.network, address)
                and not any(contains(hole, address) for hole in peer.excepts)
            )
    return found


def _ports(rule: Rule, pod: Endpoint) -> tuple[tuple[int, int, int], ...]:
    if rule.ports is None:
        return tuple((protocol, 0, LAST_PORT) for protocol in (1, 6, 17, 58, 132))
    found: list[tuple[int, int, int]] = []
    for port in rule.ports:
        if isinstance(port, NamedPort):
            found.extend(
                (each.protocol, each.number, each.number)
                for each in pod.ports
                if (each.name, each.protocol) == (port.name, port.protocol)
            )
        else:
            found.append((port.protocol, port.first, port.last))
    return tuple(found)


def _address(value: int) -> Address:
    return Address(4, value & 0xFFFFFFFF) if value >> 32 == 0xFFFF else Address(6, value)


def _text(address: Address) -> str:
    if address.version == 4:
        return str(ipaddress.IPv4Address(address.value))
    return str(ipaddress.IPv6Address(address.value))


def _write(path: Path, names: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    columns: list[Sequence[object]] = list(zip(*rows, strict=True)) if rows else [() for _ in names]
    pq.write_table(pa.table(dict(zip(names, map(list, columns), strict=True))), path)
