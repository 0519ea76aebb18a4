"""``auditor explain``: one connection, its verdict, and why."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.flags import cluster, common, flag
from auditor.cli.show import harmless, printing, warn
from auditor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.ir.explain import Explanation, SideExplanation

MAX_MISSES = 5
"""Rules that did not match shown a side, nearest first; ``-o json`` shows all."""

_NUMBER = re.compile("[0-9]{1,9}")

REASONS = {
    "not-a-pod": "this end is no pod: policies do not bind it",
    "same-pod": "a pod cannot be kept from itself",
    "own-node": "traffic from the pod's own node is always let in (--own-node judge judges it)",
    "not-isolated": "no policy isolates this pod for this direction",
    "no-rule-matched": "isolated, and no rule of the isolating policies matches",
    "unknown-address": "an address inside the pod networks that no pod of the inventory holds",
    "service-address": "a service address or node port: the log does not say which pod answered",
    "ambiguous-address": "two endpoints of the inventory hold this address",
    "unsupported-policy": "a policy of a kind that is not judged could decide here",
    "protocol-not-judged": "the API leaves this protocol undefined (--other-protocols ignore)",
    "allowed-by-rule": "allowed by a rule",
}


@click.command(short_help="one connection: its verdict, and why")
@click.argument("source")
@click.argument("destination")
@click.argument("port", metavar="PORT/PROTO")
@cluster
@flag(
    "--output",
    "-o",
    type=click.Choice(("table", "wide", "json", "yaml")),
    default="table",
    show_default=True,
    help="How the answer is printed; wide shows every rule that did not match.",
)
@common
def explain(source: str, destination: str, port: str, **given: Any) -> None:  # noqa: ANN401  the flags above
    """Say what the policies make of one connection.

    SOURCE and DESTINATION are addresses, or pods as namespace/name. The verdict is that of a new connection, opened by
    SOURCE, to the destination's own port. Labels are those of the inventory's snapshot.

    \b
    Examples:
      auditor explain -p policies/ -i cluster.json shop/web-7d4b9c-x2k4f 10.1.2.3 5432/TCP
      auditor explain -p policies/ -i cluster.json 10.0.0.4 10.0.0.7 ICMP
    """
    from auditor.ir.ask import connection
    from auditor.ir.explain import explain as explain_connection
    from auditor.ir.model import Inventory, Switches
    from auditor.loading import load

    number, protocol = split_port(port)
    loaded = load(
        given["policies"],
        given["inventory"],
        allow_unsupported=given["allow_unsupported"],
        pod_networks=given["pod_cidr"],
    )
    warn(loaded.warnings, "`auditor lint` lists them all")
    inventory = loaded.inventory or Inventory()
    asked = connection(inventory, source, destination, number, protocol)
    switches = Switches(given["own_node"], given["other_protocols"])
    found = explain_connection(inventory, loaded.policies, asked, switches)
    with printing():
        if given["output"] in ("json", "yaml"):
            click.echo(_dump(as_document(found, inventory.as_of), given["output"]), nl=False)
            return
        for line in lines(found, every=given["output"] == "wide"):
            click.echo(harmless(line))
        if inventory.as_of is not None:
            click.echo(harmless(f"addresses and labels as of {inventory.as_of} or later"))


def split_port(text: str) -> tuple[int, str]:
    """Return port and protocol of ``5432/TCP``, ``5432`` (TCP) or ``ICMP`` (port 0)."""
    number, _, protocol = text.partition("/")
    if _NUMBER.fullmatch(number):
        return int(number), protocol or "TCP"
    if protocol or number.isdigit():
        raise ConfigError(f"expected a port and protocol such as `5432/TCP`, came `{text}`")
    return 0, number


def lines(found: Explanation, *, every: bool) -> Iterator[str]:
    """Yield the answer as lines."""
    from auditor.ir.explain import PROTOCOL_NAMES

    protocol = PROTOCOL_NAMES.get(found.connection.protocol, str(found.connection.protocol))
    port = f"port {found.connection.port}/{protocol}" if found.connection.port else protocol
    yield f"{found.judgement.verdict.value.upper()}  {found.source} -> {found.destination} {port}"
    for side in (found.egress, found.ingress):
        yield ""
        yield from _side_lines(side, every=every)


def _side_lines(side: SideExplanation, *, every: bool) -> Iterator[str]:
    name = side.direction.name.lower()
    yield f"{name:<8} {side.side.verdict.value}: {REASONS[side.side.reason.value]}"
    if side.rule is not None:
        yield f"         rule      {side.rule}"
        yield f"         written   {side.origin}"
    if side.isolating:
        yield f"         policies  {', '.join(side.isolating)}"
    shown = side.near_misses if every else side.near_misses[:MAX_MISSES]
    for miss in shown:
        yield f"         missed    {miss.rule} - at {miss.origin}"
        for lack in miss.lacks:
            yield f"                   {lack}"
    if len(shown) < len(side.near_misses):
        yield f"         and {len(side.near_misses) - len(shown)} more rules; -o wide shows them"


def as_document(found: Explanation, as_of: str | None) -> dict[str, Any]:
    """Return the answer as plain values."""
    return {
        "verdict": found.judgement.verdict.value,
        "source": found.source,
        "destination": found.destination,
        "port": found.connection.port,
        "protocol": found.connection.protocol,
        "as_of": as_of,
        "sides": [
            {
                "direction": side.direction.name.lower(),
                "verdict": side.side.verdict.value,
                "reason": side.side.reason.value,
                "rule": side.rule,
                "origin": None if side.origin is None else dataclasses.asdict(side.origin),
                "policies": list(side.isolating),
                "missed": [
                    {
                        "rule": miss.rule,
                        "origin": dataclasses.asdict(miss.origin),
                        "peer_matches": miss.peer_matches,
                        "port_matches": miss.port_matches,
                        "lacks": list(miss.lacks),
                    }
                    for miss in side.near_misses
                ],
            }
            for side in (found.egress, found.ingress)
        ],
    }


def _dump(document: dict[str, Any], output: str) -> str:
    if output == "json":
        return json.dumps(document, indent=2) + "\n"
    import yaml

    text: str = yaml.safe_dump(document, sort_keys=False, width=10_000)
    return text
