"""The Python face: compile policies, audit flow logs, take the rows as Arrow or polars or write the report."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from auditor.compiler.build import build
from auditor.config import (
    OTHER_PROTOCOLS,
    OWN_NODE,
    AuditOptions,
    default_threads,
    parse_fail_on,
    parse_reject_limit,
    require,
)
from auditor.flows.options import FlowOptions
from auditor.flows.window import read_window
from auditor.ir.model import Inventory, Switches
from auditor.loading import load
from auditor.run import Run

if TYPE_CHECKING:
    from datetime import date

    from auditor.tables.tableset import TableSet

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
"""One path or several."""


def compile(  # noqa: A001  the verb of the job, always written `auditor.compile`
    policies: Paths,
    inventory: Paths,
    *,
    own_node: str = "allow",
    other_protocols: str = "strict",
    allow_unsupported: bool = False,
    pod_networks: Sequence[str] = (),
) -> TableSet:
    """Compile policies for a cluster.

    Parameters
    ----------
    policies, inventory : path or sequence of paths
        Files, folders or patterns.
    own_node : {'allow', 'judge'}
        Whether traffic from a pod's own node is always let in, as the API says, or judged like any address.
    other_protocols : {'strict', 'ignore'}
        How ICMP and all else without ports is read: ``strict`` lets a rule without ports match it.
    allow_unsupported : bool
        Whether policies of kinds that are not judged make what they could touch UNKNOWN, instead of an error.
    pod_networks : sequence of str
        CIDR blocks the cluster gives to pods, beside those its nodes name.

    Returns
    -------
    TableSet
        For ``audit``, and for ``explain``; ``provenance.warnings`` is what should be known of the files.

    Raises
    ------
    PolicyError, InventoryError
        All problems of all files together.
    SourceError, ConfigError, TableLimitError
        A path cannot be read, a value has no meaning, or there are too many classes.
    """
    require("own_node", own_node, OWN_NODE)
    require("other_protocols", other_protocols, OTHER_PROTOCOLS)
    loaded = load(
        path_texts(policies),
        path_texts(inventory),
        allow_unsupported=allow_unsupported,
        pod_networks=pod_networks,
    )
    tables = build(loaded.policies, loaded.inventory or Inventory(), Switches(own_node, other_protocols))
    return replace(tables, provenance=loaded.provenance)


def audit(
    tables: TableSet,
    flows: Paths,
    *,
    rows: str = "violations",
    replies: str = "infer",
    own_node: str | None = None,
    fail_on: str | Sequence[str] = "violation",
    max_rejected: str | int = "1%",
    on_rejected: str = "quarantine",
    format: str | None = None,  # noqa: A002  the flag's name
    vpc_format: str | None = None,
    json_fields: str | None = None,
    since: str | date | None = None,
    until: str | date | None = None,
    threads: int | None = None,
    hash: str = "blake3",  # noqa: A002  the flag's name
) -> Run:
    """Prepare an audit of flow logs; nothing is read before its rows are asked for.

    Parameters
    ----------
    tables : TableSet
        From ``compile``.
    flows : path or sequence of paths
        Files, folders or patterns; formats are recognised from the bytes.
    rows : {'violations', 'all'}
        Whether findings are rows, or every flow is.
    replies : {'infer', 'as-recorded'}
        Whether the end that opened is found out, or the source of every record is taken for it.
    own_node : {'allow', 'judge'}, optional
        Overrides what the tables were compiled with.
    fail_on, max_rejected, on_rejected
        As the flags of ``auditor audit``.
    format : str, optional
        Log format, where it cannot be recognised.
    vpc_format : str, optional
        Fields of VPC text without a header.
    json_fields : str, optional
        Where the values of a flow stand in generic JSON, such as ``src_ip=source.ip,dst_ip=destination.ip``.
    since, until : str, date or datetime, optional
        Only flows that touch this span are judged, and those of unknown time; UTC where there is no zone.
    threads : int, optional
        How many decode and classify, and how many logs are read at once; the processors of this machine by default.
    hash : {'blake3', 'sha256', 'none'}
        What the logs are hashed with, for ``run.json``.

    Returns
    -------
    Run
        Iterate it, or take its tables.

    Raises
    ------
    ConfigError
        If a value has no meaning.
    """
    options = AuditOptions(
        rows=rows,
        replies=replies,
        own_node=own_node,
        fail_on=parse_fail_on(fail_on),
        max_rejected=parse_reject_limit(str(max_rejected)),
        on_rejected=on_rejected,
        threads=default_threads() if threads is None else threads,
        hash=hash,
        flows=FlowOptions(
            format=format, vpc_format=vpc_format, json_fields=json_fields, window=read_window(since, until)
        ),
        since=None if since is None else str(since),
        until=None if until is None else str(until),
    )
    return Run(tables, path_texts(flows), options)


def path_texts(paths: Paths) -> list[str]:
    """Return one path or several as texts."""
    return (
        [str(paths)]
        if isinstance(paths, str) or not hasattr(paths, "__iter__")
        else [str(path) for path in paths]
    )
