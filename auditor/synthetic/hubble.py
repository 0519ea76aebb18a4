"""Flows as a Cilium Hubble export, JSON Lines of about 1.5 kB: what each node saw of the connections of a pool.

A line mixes what real logs mix: several writers with their key orders, traces and policy verdicts and drops, L7
records, fields that are missing because they are zero or masked, 64-bit numbers as strings, and now and then a line
that is no flow. Denied connections are forwarded in ``violations`` of the flows, and otherwise only refused or audited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.synthetic.columns import FIRST_START_S
from auditor.synthetic.compressed import opened
from auditor.synthetic.flows import Flows, draw_flows
from auditor.synthetic.hubble_forms import WRITER_SHARES, WRITERS, form
from auditor.synthetic.hubble_sorts import AUDITED, GROUPS, REFUSALS, SORTS, draw_sorts, needs_request
from auditor.synthetic.hubble_text import Texts
from auditor.synthetic.underlay import mixed_flows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from auditor.synthetic.flows import Pool

BLOCK = 1 << 16
MEAN_GAP_NS = 180_000
DIGIT_ENDS = np.array([29, 26, 23, 19])
"""Where a time ends that has 9, 6, 3 or no digits after the second."""
DIGIT_SHARES = (0.91, 0.07, 0.015, 0.005)
DIGIT_UNITS = np.array([1, 1_000, 1_000_000, 1_000_000_000])


@dataclass(frozen=True, slots=True)
class HubbleShares:
    """How often each thing stands in a log; what is left over are traces.

    Attributes
    ----------
    verdicts, refusals, audited, drops, layer_7, sockets : float
        Of all lines: policy verdicts that forward, packets that policies refused, audited ones, drops for other
        reasons, L7 records, socket records.
    agent : float
        ``node_status`` and ``lost_events`` lines.
    underlay : float
        Traffic between nodes among all flows: ICMP, SCTP, IPv6.
    violations : float
        Denied connections among the forwarded flows.
    non_ascii : float
        L7 records with text outside ASCII.
    """

    verdicts: float = 0.14
    refusals: float = 0.02
    audited: float = 0.001
    drops: float = 0.006
    layer_7: float = 0.2
    sockets: float = 0.005
    agent: float = 0.0005
    underlay: float = 0.05
    violations: float = 0.01
    non_ascii: float = 0.0


SHARES = HubbleShares()


class Events(NamedTuple):
    """A block of lines, N of them, as text and as the truth behind it.

    Attributes
    ----------
    text : bytes
        The lines.
    flows : Flows
        N flows; ``is_reply`` and the ends as the line shows them.
    sorts : ndarray of int16, shape (N,)
        Places in ``SORTS``; -1 is a line that is no flow.
    """

    text: bytes
    flows: Flows
    sorts: NDArray[np.int16]


def hubble_lines(pool: Pool, n_lines: int, seed: int = 1, shares: HubbleShares = SHARES) -> Iterator[bytes]:
    """Yield a Hubble log in blocks of whole lines; see ``hubble_events``."""
    for events in hubble_events(pool, n_lines, seed, shares):
        yield events.text


def hubble_events(pool: Pool, n_lines: int, seed: int = 1, shares: HubbleShares = SHARES) -> Iterator[Events]:
    """Yield a Hubble log with what is behind each line.

    Parameters
    ----------
    pool : Pool
        Connections; if none is denied, no line is refused or audited.
    n_lines : int
        How many.
    seed : int
        The same seed gives the same bytes.
    shares : HubbleShares
        How often what is there.
    """
    texts = Texts(pool)
    for place, first in enumerate(range(0, n_lines, BLOCK)):
        count = min(BLOCK, n_lines - first)
        start_ns = FIRST_START_S * 10**9 + first * MEAN_GAP_NS
        yield _block(pool, texts, count, (seed, place), start_ns, shares)


def write_hubble(
    path: Path,
    pool: Pool,
    n_lines: int,
    seed: int = 1,
    shares: HubbleShares = SHARES,
    compression: str = "none",
) -> None:
    """Write ``hubble_lines`` to a file."""
    with opened(path, compression) as file:
        for block in hubble_lines(pool, n_lines, seed, shares):
            file.write(block)


def _block(
    pool: Pool, texts: Texts, count: int, seed: tuple[int, int], start_ns: int, shares: HubbleShares
) -> Events:
    rng = np.random.default_rng(seed)
    flows, sorts = _drawn(pool, count, rng, shares)
    writers = rng.choice(len(WRITERS), count, p=WRITER_SHARES).tolist()
    times = _times(start_ns, count, rng)
    lines = texts.values(flows, sorts, writers, rng, shares.non_ascii)
    made = [
        form(SORTS[sort], WRITERS[writer]) % {**values, b"time": time}
        for sort, writer, time, values in zip(sorts.tolist(), writers, times, lines, strict=True)
    ]
    for place in np.flatnonzero(rng.random(count) < shares.agent).tolist():
        made[place] = texts.agent_line(times[place], int(rng.integers(1 << 20)))
        sorts[place] = -1
    made.append(b"")
    return Events(b"\n".join(made), flows, sorts)


def _drawn(
    pool: Pool, count: int, rng: np.random.Generator, shares: HubbleShares
) -> tuple[Flows, NDArray[np.int16]]:
    """Draw flows and what the log says of each: refused and audited ones are denied connections."""
    groups = _groups(count, rng, shares, is_denying=bool(pool.is_denied.any()))
    seeds = rng.integers(1 << 31, size=2).tolist()
    flows = mixed_flows(pool, count, seeds[0], shares.underlay, shares.violations)
    refused = np.isin(groups, (GROUPS.index(REFUSALS), GROUPS.index(AUDITED)))
    if refused.any():
        denied = draw_flows(pool, count, seeds[1], denied=1.0)
        columns = {
            name: np.where(refused, getattr(denied, name), getattr(flows, name)) for name in Flows._fields[2:]
        }
        flows = flows._replace(**columns)
    swapped = flows.is_reply & needs_request(groups)
    ends = (("src", "dst"), ("dst", "src"), ("src_port", "dst_port"), ("dst_port", "src_port"))
    turned = {name: np.where(swapped, getattr(flows, other), getattr(flows, name)) for name, other in ends}
    # The opening packet of a connection carries SYN alone.
    flags = np.where(swapped & (flows.tcp_flags > 0), 2, flows.tcp_flags).astype(np.uint8)
    flows = flows._replace(**turned, tcp_flags=flags, is_reply=flows.is_reply & ~swapped)
    return flows, draw_sorts(groups, flows.is_reply, rng)


def _groups(
    count: int, rng: np.random.Generator, shares: HubbleShares, *, is_denying: bool
) -> NDArray[np.int64]:
    """Return a place in ``GROUPS`` for each line."""
    wanted = [
        shares.verdicts,
        shares.refusals * is_denying,
        shares.audited * is_denying,
        shares.drops,
        shares.layer_7,
        shares.sockets,
    ]
    return rng.choice(len(GROUPS), count, p=[1 - sum(wanted), *wanted])


def _times(start_ns: int, count: int, rng: np.random.Generator) -> list[bytes]:
    """Return ascending times as Go writes them: no digits that are not needed, in groups of three."""
    moments = start_ns + np.sort(rng.integers(0, count * MEAN_GAP_NS, count))
    digits = rng.choice(len(DIGIT_UNITS), count, p=DIGIT_SHARES)
    moments -= moments % DIGIT_UNITS[digits]
    written = np.datetime_as_string(moments.astype("datetime64[ns]"), unit="ns").astype("S29").tolist()
    return [b'"%bZ"' % text[:end] for text, end in zip(written, DIGIT_ENDS[digits].tolist(), strict=True)]
