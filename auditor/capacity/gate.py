"""Rows compared with the oracle before a speed is printed: an answer that is wrong has no speed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from auditor.ir.evaluate import evaluate
from auditor.ir.model import Address, Connection
from auditor.report.schema import REASON_NAMES
from kernels import codes

if TYPE_CHECKING:
    from auditor.flows.schema import Addresses, FlowBatch
    from auditor.tables.tableset import TableSet
    from auditor.verdicts.schema import VerdictBatch

SAMPLE, LEAST = 200, 20
"""Rows that are compared, and how many at least, however long the oracle takes."""


@dataclass(slots=True)
class Gate:
    """Compares a sample of rows with ``ir.evaluate``.

    Parameters
    ----------
    tables : TableSet
        What the verdicts were computed with.
    seed : int
        Chooses the rows.
    most_s : float
        Seconds after which no more rows are asked for.

    Attributes
    ----------
    n_compared : int
        Rows asked so far.
    differences : list of str
        A sentence for each row that differs.
    """

    tables: TableSet
    seed: int
    most_s: float = 8.0
    n_compared: int = 0
    differences: list[str] = field(default_factory=list)
    _spent_s: float = 0.0

    def see(self, flows: FlowBatch, verdicts: VerdictBatch) -> None:
        """Compare rows of a batch: half of them of any finding, the rest of each finding in turn."""
        if not flows.n_flows or self.n_compared >= SAMPLE:
            return
        rng = np.random.default_rng((self.seed, self.n_compared))
        findings = [np.flatnonzero(verdicts.finding == code) for code in range(codes.N_FINDINGS)]
        n_each = SAMPLE // (2 * codes.N_FINDINGS)
        drawn = [
            rng.integers(0, flows.n_flows, SAMPLE // 2),
            *(rng.permutation(rows)[:n_each] for rows in findings),
        ]
        for place in rng.permutation(np.unique(np.concatenate(drawn)))[: SAMPLE - self.n_compared].tolist():
            if self._spent_s > self.most_s and self.n_compared >= LEAST:
                return
            begun = time.perf_counter()
            self._compare(flows, verdicts, place)
            self._spent_s += time.perf_counter() - begun

    def _compare(self, flows: FlowBatch, verdicts: VerdictBatch, place: int) -> None:
        self.n_compared += 1
        asked = connection_of(flows, verdicts, place)
        tables = self.tables
        expected = evaluate(tables.inventory, tables.policies, asked, tables.switches)
        for name, outcome, side in (
            ("egress", int(verdicts.egress[place]), expected.egress),
            ("ingress", int(verdicts.ingress[place]), expected.ingress),
        ):
            rule = outcome - codes.OUTCOME_ALLOWED_BY_RULE
            reason = REASON_NAMES[min(outcome, codes.OUTCOME_ALLOWED_BY_RULE)]
            found = (reason, rule if rule >= 0 else None)
            if found != (side.reason.value, side.rule_id):
                self.differences.append(
                    f"row {int(flows.rows[place])} of {flows.file}, {name}: found `{found[0]}` by rule {found[1]}, the "
                    f"oracle says `{side.reason.value}` by rule {side.rule_id}"
                )


def connection_of(flows: FlowBatch, verdicts: VerdictBatch, place: int) -> Connection:
    """Return the connection that a flow belongs to, in opening direction as it was judged."""
    source = _address(flows.sources, int(flows.src_codes[place]))
    destination = _address(flows.destinations, int(flows.dst_codes[place]))
    protocol = int(flows.protocol[place])
    if verdicts.opener[place] == codes.OPENER_DESTINATION:
        return Connection(destination, source, protocol, int(flows.src_port[place]))
    return Connection(source, destination, protocol, int(flows.dst_port[place]))


def _address(addresses: Addresses, place: int) -> Address:
    value = int(addresses.high[place]) << 64 | int(addresses.low[place])
    return Address(4, value & 0xFFFFFFFF) if value >> 32 == 0xFFFF else Address(6, value)  # noqa: PLR2004  ::ffff:0:0/96
