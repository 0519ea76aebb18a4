"""Flow rows: what a report says of one flow, without Python per row.

Numbers come from the batches, names from the tables; nothing is judged here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from auditor.ir.model import PORT_PROTOCOLS, Direction
from auditor.report import schema
from auditor.report.safe import utf8
from auditor.sinks.columns import nullable, text_column
from kernels import codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.flows.schema import Addresses, FlowBatch
    from auditor.tables.tableset import TableSet
    from auditor.verdicts.schema import VerdictBatch

_HAS_PORTS = np.isin(np.arange(256), PORT_PROTOCOLS)
_SIDE_VERDICTS = np.array(schema.SIDE_VERDICT_OF_REASON, dtype=np.int32)
_OBSERVED = pa.array(schema.OBSERVED_NAMES)
_VERDICTS = pa.array(schema.VERDICT_NAMES)
_FINDINGS = pa.array(schema.FINDING_NAMES)
_SIDES = pa.array(schema.SIDE_VERDICT_NAMES)
_REASONS = pa.array(schema.REASON_NAMES)
_KINDS = pa.array(schema.KIND_NAMES)
_OPENERS = pa.array(schema.OPENER_NAMES)
_BASES = pa.array(schema.BASIS_NAMES)
_PROTOCOLS = pa.array(schema.PROTOCOL_NAMES)


def flow_rows(
    tables: TableSet, flows: FlowBatch, verdicts: VerdictBatch, chosen: NDArray[np.int64]
) -> pa.RecordBatch:
    """Return the rows of the chosen flows.

    Parameters
    ----------
    tables : TableSet
        Names; the ones the verdicts were computed with.
    flows : FlowBatch
        What was recorded.
    verdicts : VerdictBatch
        Of ``flows``.
    chosen : ndarray of int64
        Places in the batch, ascending.

    Returns
    -------
    pyarrow.RecordBatch
        Of ``schema.FLOWS``, in the order of ``chosen``.
    """
    src = verdicts.src_slots[flows.src_codes[chosen]]
    dst = verdicts.dst_slots[flows.dst_codes[chosen]]
    opener = verdicts.opener[chosen]
    is_reply = opener == codes.OPENER_DESTINATION
    protocol = flows.protocol[chosen]
    evidence = flows.evidence(chosen)
    weight = np.ones(len(chosen), dtype=np.int64) if flows.weight is None else flows.weight[chosen]
    columns: dict[str, pa.Array] = {
        "time_start": evidence.time_start,
        "time_end": evidence.time_end,
        "src_ip": _address(flows.src_codes[chosen], flows.sources),
        "dst_ip": _address(flows.dst_codes[chosen], flows.destinations),
        "src_port": _port(flows.src_port[chosen], _HAS_PORTS[protocol] & is_reply),
        "dst_port": _port(flows.dst_port[chosen], _HAS_PORTS[protocol] & ~is_reply),
        "protocol": text_column(protocol, _PROTOCOLS),
        **_holder("src", tables, src),
        **_holder("dst", tables, dst),
        "observed": text_column(flows.observed[chosen], _OBSERVED),
        "verdict": text_column(verdicts.verdict[chosen], _VERDICTS),
        "finding": text_column(verdicts.finding[chosen], _FINDINGS),
        **_side(tables, Direction.EGRESS, verdicts.egress[chosen], np.where(is_reply, dst, src)),
        **_side(tables, Direction.INGRESS, verdicts.ingress[chosen], np.where(is_reply, src, dst)),
        "opener": text_column(opener, _OPENERS),
        "opener_basis": text_column(verdicts.opener_basis[chosen], _BASES),
        "bytes": evidence.bytes,
        "packets": evidence.packets,
        "weight": pa.array(weight),
        "source_file": text_column(np.zeros(len(chosen), dtype=np.int32), pa.array([utf8(flows.file)])),
        "source_row": pa.array(flows.rows[chosen]),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.FLOWS.names], schema=schema.FLOWS)


def _address(places: NDArray[np.int32], addresses: Addresses) -> pa.DictionaryArray:
    return text_column(places, addresses.texts)


def _port(port: NDArray[np.uint16], is_judged: NDArray[np.bool_]) -> pa.Array:
    """Return ports, null where 0 says that nobody knows: the port that was judged is always known."""
    return nullable(port, (port != 0) | is_judged, pa.uint16())


def _holder(end: str, tables: TableSet, slots: NDArray[np.int32]) -> dict[str, pa.Array]:
    """Return who holds the address of one end, by slot."""
    names = tables.slots
    return {
        f"{end}_kind": text_column(names.kind[slots], _KINDS),
        f"{end}_namespace": text_column(names.namespace[slots], tables.texts),
        f"{end}_name": text_column(names.name[slots], tables.texts),
        f"{end}_workload": text_column(names.workload[slots], tables.texts),
    }


def _side(
    tables: TableSet, direction: Direction, outcomes: NDArray[np.int32], subjects: NDArray[np.int32]
) -> dict[str, pa.Array]:
    """Return what one side says: ``outcomes`` decoded, and the policies that isolate the subject's slot."""
    slots = tables.slots
    classes = slots.egress_subject if direction is Direction.EGRESS else slots.ingress_subject
    reasons = np.minimum(outcomes, codes.OUTCOME_ALLOWED_BY_RULE)
    rules: NDArray[Any] = np.maximum(outcomes - codes.OUTCOME_ALLOWED_BY_RULE, -1)
    side = schema.DIRECTION_NAMES[direction]
    return {
        f"{side}_verdict": text_column(_SIDE_VERDICTS[reasons], _SIDES),
        f"{side}_reason": text_column(reasons, _REASONS),
        f"{side}_rule": text_column(rules, tables.rule_names),
        f"{side}_policies": text_column(classes[subjects], tables.isolating[direction]),
    }
