"""Builders that tests share: connections as flow batches, and outcomes in the oracle's words."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from auditor.flows.schema import NOT_SAID, Account, Addresses, Evidence, FlowBatch
from auditor.ir.evaluate import Side
from auditor.ir.model import Address, Connection, Reason
from auditor.strings import Strings
from kernels import codes

if TYPE_CHECKING:
    from collections.abc import Sequence

REASON_OF = {
    codes.OUTCOME_NOT_A_POD: Reason.NOT_A_POD,
    codes.OUTCOME_SAME_POD: Reason.SAME_POD,
    codes.OUTCOME_OWN_NODE: Reason.OWN_NODE,
    codes.OUTCOME_NOT_ISOLATED: Reason.NOT_ISOLATED,
    codes.OUTCOME_NO_RULE_MATCHED: Reason.NO_RULE_MATCHED,
    codes.OUTCOME_UNKNOWN_ADDRESS: Reason.UNKNOWN_ADDRESS,
    codes.OUTCOME_SERVICE_ADDRESS: Reason.SERVICE_ADDRESS,
    codes.OUTCOME_AMBIGUOUS_ADDRESS: Reason.AMBIGUOUS_ADDRESS,
    codes.OUTCOME_UNSUPPORTED_POLICY: Reason.UNSUPPORTED_POLICY,
    codes.OUTCOME_PROTOCOL_NOT_JUDGED: Reason.PROTOCOL_NOT_JUDGED,
}


def address(text: str) -> Address:
    """Return the address that ``text`` names, an IPv4-mapped one as IPv4."""
    parsed = ipaddress.ip_address(text)
    if parsed.version == 6 and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return Address(parsed.version, int(parsed))


def connection(source: str, destination: str, protocol: int, port: int) -> Connection:
    """Return a connection between two addresses in text."""
    return Connection(address(source), address(destination), protocol, port)


def halves(value: Address) -> tuple[int, int]:
    """Return an address as the halves that kernels read."""
    if value.version == 4:
        return 0, 0xFFFF << 32 | value.value
    return value.value >> 64, value.value & (1 << 64) - 1


def as_text(value: Address) -> str:
    """Return an address as text."""
    return str(
        ipaddress.IPv4Address(value.value) if value.version == 4 else ipaddress.IPv6Address(value.value)
    )


def flow_batch(
    connections: Sequence[Connection],
    *,
    src_ports: Sequence[int] | None = None,
    hints: Sequence[int] | None = None,
    observed: Sequence[int] | None = None,
) -> FlowBatch:
    """Return connections as a batch of recorded flows, with one dictionary of addresses."""
    n = len(connections)
    distinct = sorted({end for each in connections for end in each[:2]})
    place = {end: number for number, end in enumerate(distinct)}
    pairs = [halves(end) for end in distinct]
    known = Addresses(
        np.array([high for high, _ in pairs], dtype=np.uint64),
        np.array([low for _, low in pairs], dtype=np.uint64),
        Strings.of(pa.array([as_text(end) for end in distinct], type=pa.string())),
    )
    return FlowBatch(
        file="memory",
        account=Account(n_rows=n),
        rows=np.arange(1, n + 1, dtype=np.int64),
        src_codes=np.array([place[each.source] for each in connections], dtype=np.int32),
        dst_codes=np.array([place[each.destination] for each in connections], dtype=np.int32),
        sources=known,
        destinations=known,
        protocol=np.array([each.protocol for each in connections], dtype=np.uint8),
        src_port=np.array(src_ports if src_ports is not None else [0] * n, dtype=np.uint16),
        dst_port=np.array([each.port for each in connections], dtype=np.uint16),
        opener_hint=np.array(hints if hints is not None else [0] * n, dtype=np.uint8),
        observed=np.array(
            observed if observed is not None else [codes.OBSERVED_FORWARDED] * n, dtype=np.uint8
        ),
        weight=None,
        evidence=lambda flows: Evidence(*[np.full(len(flows), NOT_SAID)] * 4),
    )


def side_of(outcome: int) -> Side:
    """Return an outcome as the oracle would say it."""
    if outcome >= codes.OUTCOME_ALLOWED_BY_RULE:
        return Side(Reason.ALLOWED_BY_RULE, outcome - codes.OUTCOME_ALLOWED_BY_RULE)
    return Side(REASON_OF[outcome])
