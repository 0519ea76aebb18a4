"""TableSet: the layouts that kernels read, and beside them the names that reports attach to their numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from auditor.ir.ask import connection
from auditor.ir.explain import explain
from auditor.tables.provenance import Provenance

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from auditor.ir.explain import Explanation
    from auditor.ir.model import Inventory, PolicySet, Switches
    from kernels.layout import Tables


class SlotNames(NamedTuple):
    """Who holds an address, by slot (S of them: one a pod, node or service address, one an interval of the rest).

    Attributes
    ----------
    kind : ndarray of uint8, shape (S,)
        ``codes.KIND_*``.
    namespace, name, workload : ndarray of int32, shape (S,)
        Places in ``TableSet.texts``; -1 is null.
    ingress_subject, egress_subject : ndarray of int32, shape (S,)
        Subject class of the holder for each direction: places in ``TableSet.isolating``.
    """

    kind: NDArray[np.uint8]
    namespace: NDArray[np.int32]
    name: NDArray[np.int32]
    workload: NDArray[np.int32]
    ingress_subject: NDArray[np.int32]
    egress_subject: NDArray[np.int32]


@dataclass(frozen=True, slots=True, weakref_slot=True)
class TableSet:
    """Everything one audit looks up.

    Attributes
    ----------
    layout : Tables
        Flat arrays for the kernels.
    slots : SlotNames
        Names by address slot.
    texts : pyarrow.StringArray
        Distinct namespace, object and workload names.
    rule_names : pyarrow.StringArray, length R
        ``kind/namespace/name:direction[index]`` by ``rule_id``.
    isolating : tuple of pyarrow.StringArray
        Ingress then egress: by subject class, the policies that isolate its pods for that direction, and those of
        kinds that are not judged and leave them unknown (``kind/namespace/name``, comma-separated), null without any.
    inventory, policies, switches
        What the tables were built from.
    fingerprint : str
        Hash of policies, inventory, switches and layout version: 64 hexadecimal digits.
    provenance : Provenance
        The files behind them, and what was said of these.
    """

    layout: Tables
    slots: SlotNames
    texts: pa.StringArray
    rule_names: pa.StringArray
    isolating: tuple[pa.StringArray, pa.StringArray]
    inventory: Inventory
    policies: PolicySet
    switches: Switches
    fingerprint: str
    provenance: Provenance = field(default_factory=Provenance)

    def explain(self, source: str, destination: str, port: int, protocol: str = "TCP") -> Explanation:
        """Explain the verdict on one connection.

        Parameters
        ----------
        source, destination : str
            Addresses, or pods as ``namespace/name``.
        port : int
            Destination port; 0 for protocols without ports.
        protocol : str
            ``TCP``, ``UDP``, ``SCTP``, ``ICMP``, ``ICMPv6`` or an IANA number.

        Returns
        -------
        Explanation
            Verdict, both sides, deciding rules or near misses.

        Raises
        ------
        ConfigError
            If an end or a protocol has no meaning.
        """
        asked = connection(self.inventory, source, destination, port, protocol)
        return explain(self.inventory, self.policies, asked, self.switches)
