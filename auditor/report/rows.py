"""Flow rows: what a report says of one flow, without Python per row.

Numbers come from the batches, names from the tables; nothing is judged here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from auditor.flows.schema import NOT_SAID
from auditor.ir.model import PORT_PROTOCOLS, Direction
from auditor.report import schema
from auditor.sinks.columns import nullable, text_column
from kernels import codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.report.reported import Reported, Texts
    from auditor.tables.tableset import TableSet

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


def flow_rows(tables: TableSet, flows: Reported) -> pa.RecordBatch:
    """Return the rows of reported flows.

    Parameters
    ----------
    tables : TableSet
        Names; the ones the verdicts were computed with.
    flows : Reported
        What was recorded and judged.

    Returns
    -------
    pyarrow.RecordBatch
        Of ``schema.FLOWS``, in the order of ``flows``; canonical as ``sinks.columns`` says.
    """
    is_reply = flows.opener == codes.OPENER_DESTINATION
    has_ports = _HAS_PORTS[flows.protocol]
    columns: dict[str, pa.Array] = {
        "time_start": _said(flows.time_start, schema.TIME),
        "time_end": _said(flows.time_end, schema.TIME),
        "src_ip": _text(flows.src_ip),
        "dst_ip": _text(flows.dst_ip),
        "src_port": _port(flows.src_port, has_ports & is_reply),
        "dst_port": _port(flows.dst_port, has_ports & ~is_reply),
        "protocol": text_column(flows.protocol, _PROTOCOLS, are_distinct=True),
        **_holder("src", tables, flows.src),
        **_holder("dst", tables, flows.dst),
        "observed": text_column(flows.observed, _OBSERVED, are_distinct=True),
        "verdict": text_column(flows.verdict, _VERDICTS, are_distinct=True),
        "finding": text_column(flows.finding, _FINDINGS, are_distinct=True),
        **_side(tables, Direction.EGRESS, flows.egress, np.where(is_reply, flows.dst, flows.src)),
        **_side(tables, Direction.INGRESS, flows.ingress, np.where(is_reply, flows.src, flows.dst)),
        "opener": text_column(flows.opener, _OPENERS, are_distinct=True),
        "opener_basis": text_column(flows.opener_basis, _BASES, are_distinct=True),
        "bytes": _said(flows.bytes, pa.int64()),
        "packets": _said(flows.packets, pa.int64()),
        "weight": pa.array(flows.weight),
        "source_file": _text(flows.source_file),
        "source_row": pa.array(flows.source_row),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.FLOWS.names], schema=schema.FLOWS)


def _text(texts: Texts) -> pa.DictionaryArray:
    return text_column(texts.codes, texts.distinct.array())


def _said(values: NDArray[np.int64], kind: pa.DataType) -> pa.Array:
    return nullable(values, values != NOT_SAID, kind)


def _port(port: NDArray[np.uint16], is_judged: NDArray[np.bool_]) -> pa.Array:
    """Return ports, null where 0 says that nobody knows: the port that was judged is always known."""
    return nullable(port, (port != 0) | is_judged, pa.uint16())


def _holder(end: str, tables: TableSet, slots: NDArray[np.int32]) -> dict[str, pa.Array]:
    """Return who holds the address of one end, by slot."""
    names = tables.slots
    return {
        f"{end}_kind": text_column(names.kind[slots], _KINDS, are_distinct=True),
        f"{end}_namespace": text_column(names.namespace[slots], tables.texts, are_distinct=True),
        f"{end}_name": text_column(names.name[slots], tables.texts, are_distinct=True),
        f"{end}_workload": text_column(names.workload[slots], tables.texts, are_distinct=True),
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
        f"{side}_verdict": text_column(_SIDE_VERDICTS[reasons], _SIDES, are_distinct=True),
        f"{side}_reason": text_column(reasons, _REASONS, are_distinct=True),
        f"{side}_rule": text_column(rules, tables.rule_names),
        f"{side}_policies": text_column(classes[subjects], tables.isolating[direction]),
    }
