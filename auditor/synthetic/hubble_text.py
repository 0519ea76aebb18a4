"""The parts of a Hubble line that differ from line to line, as JSON bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.synthetic.columns import address_texts
from auditor.synthetic.hubble_ends import end_json
from auditor.synthetic.hubble_forms import WRITERS
from auditor.synthetic.hubble_sorts import SORTS
from auditor.synthetic.underlay import ICMP, ICMPV6, underlay_pool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.synthetic.flows import Flows, Pool

FLAGS = {
    2: ("SYN",),
    18: ("SYN", "ACK"),
    3: ("FIN", "SYN"),
    19: ("FIN", "SYN", "ACK"),
    0: ("ACK",),
    1: ("PSH", "ACK"),
}
NAMES = {6: b"TCP", 17: b"UDP", 132: b"SCTP"}
PATHS = ("/api/v1/orders/%d", "/search?q=a%d\\u0026page=2", "/healthz?n=%d", "/static/app-%d.js")
QUESTIONS = ("orders.ns-%04d.svc.cluster.local.", "db-%d.prod.internal.example.", "api%d.example.com.")


class Texts:
    """Writes the parts of lines about the flows of one pool.

    Parameters
    ----------
    pool : Pool
        Its addresses come first, those of the underlay after them, as in ``mixed_flows``.
    """

    def __init__(self, pool: Pool) -> None:
        below = underlay_pool()
        high, low = np.concatenate([pool.high, below.high]), np.concatenate([pool.low, below.low])
        self._texts = address_texts(high, low)
        self._bytes = [text.encode() for text in self._texts]
        self._versions = [b"IPv6" if b":" in text else b"IPv4" for text in self._bytes]
        self._macs = [
            f"0a:{place >> 8 & 255:02x}:5c:71:e5:{place & 255:02x}".encode() for place in range(len(low))
        ]
        self._ends: dict[tuple[int, bool, int], bytes] = {}
        self._flags = [_flags_json(FLAGS[flags]) if flags in FLAGS else b"" for flags in range(20)]

    def values(
        self, flows: Flows, sorts: np.ndarray, writers: list[int], rng: np.random.Generator, non_ascii: float
    ) -> Iterator[dict[bytes, bytes]]:
        """Yield the parts of each line by the name of their field, all but the time."""
        count = len(flows.src)
        noise = rng.integers(1 << 31, size=count)
        foreign = (rng.random(count) < non_ascii).tolist()
        identifiers = rng.bytes(16 * count).hex()
        columns = (
            flows.src,
            flows.dst,
            flows.src_port,
            flows.dst_port,
            flows.protocol,
            flows.tcp_flags,
            noise,
        )
        rows = zip(*(column.tolist() for column in columns), foreign, sorts.tolist(), writers, strict=True)
        for line, (
            src,
            dst,
            src_port,
            dst_port,
            protocol,
            flags,
            number,
            is_foreign,
            place,
            writer,
        ) in enumerate(rows):
            sort = SORTS[place]
            is_sorted = WRITERS[writer].is_sorted
            values = {
                b"source": self._end(src, writer, is_local=sort.local == "source"),
                b"destination": self._end(dst, writer, is_local=sort.local == "destination"),
                b"IP": self._network(src, dst, is_sorted=is_sorted),
                b"l4": self._transport(protocol, src_port, dst_port, flags, sort.type, is_sorted=is_sorted),
                b"ethernet": b'{"destination":"%b","source":"%b"}' % (self._macs[dst], self._macs[src])
                if is_sorted
                else b'{"source":"%b","destination":"%b"}' % (self._macs[src], self._macs[dst]),
                b"node_name": b'"default/node-%05d"' % ((src if sort.local == "source" else dst) % 333),
                b"uuid": _uuid(identifiers[32 * line : 32 * line + 32]),
                b"socket_cookie": b'"%d"' % (number << 16),
                b"Summary": b'""',
            }
            if sort.type == "L7":
                layer, summary = _layer_7(
                    self._bytes[dst], dst_port, number, is_reply=bool(sort.is_reply), is_foreign=is_foreign
                )
                values[b"l7"], values[b"Summary"] = layer, summary
            elif protocol in NAMES:
                values[b"Summary"] = (
                    b'"%b Flags: %d"' % (NAMES[protocol], flags) if protocol == 6 else b'"UDP"'
                )
            else:
                values[b"Summary"] = b'"ICMP EchoRequest"'
            yield values

    def _end(self, place: int, writer: int, *, is_local: bool) -> bytes:
        by = WRITERS[writer]
        is_masked = by.name == "field mask"
        key = (place, is_local, by.is_sorted + 2 * is_masked)
        found = self._ends.get(key)
        if found is None:
            found = end_json(
                place,
                self._texts[place],
                is_local=is_local,
                is_sorted=by.is_sorted,
                is_masked=is_masked,
            )
            self._ends[key] = found
        return found

    def _network(self, src: int, dst: int, *, is_sorted: bool) -> bytes:
        ends = (self._bytes[dst], self._versions[src], self._bytes[src])
        if is_sorted:
            return b'{"destination":"%b","ipVersion":"%b","source":"%b"}' % ends
        return b'{"source":"%b","destination":"%b","ipVersion":"%b"}' % (ends[2], ends[0], ends[1])

    def _transport(
        self, protocol: int, src_port: int, dst_port: int, flags: int, kind: str, *, is_sorted: bool
    ) -> bytes:
        name = NAMES.get(protocol)
        if name is None:
            version, request = (b"v4", 8) if protocol == ICMP else (b"v6", 128)
            # The type of an echo reply is zero, and so left out.
            return b'{"ICMP%b":%b}' % (
                version,
                b'{"type":%d}' % request if flags % 2 or protocol == ICMPV6 else b"{}",
            )
        written = self._flags[flags] if protocol == 6 and kind == "L3_L4" else b""
        if is_sorted:
            return b'{"%b":{"destination_port":%d%b,"source_port":%d}}' % (name, dst_port, written, src_port)
        return b'{"%b":{"source_port":%d,"destination_port":%d%b}}' % (name, src_port, dst_port, written)

    def agent_line(self, time: bytes, number: int) -> bytes:
        """Return a line that is no flow: lost events, or the status of a node."""
        node = b'"node_name":"default/node-%05d","time":%b' % (number % 333, time)
        if number % 2:
            lost = b'{"lost_events":{"source":"PERF_EVENT_RING_BUFFER","num_events_lost":"%d"},%b}'
            return lost % (1 + number % 900, node)
        return b'{"node_status":{"state_change":"NODE_CONNECTED","node_names":["default/node-1"]},%b}' % node


def _flags_json(names: tuple[str, ...]) -> bytes:
    return b',"flags":{%b}' % ",".join(f'"{name}":true' for name in names).encode()


def _uuid(digits: str) -> bytes:
    return f'"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"'.encode()


def _layer_7(
    server: bytes, port: int, number: int, *, is_reply: bool, is_foreign: bool
) -> tuple[bytes, bytes]:
    """Return ``l7`` and the summary of a record: HTTP, or DNS in two of five."""
    kind = b"RESPONSE" if is_reply else b"REQUEST"
    latency = b'"latency_ns":"%d",' % (number % 90_000_000) if is_reply else b""
    if number % 5 < 2:
        question = (QUESTIONS[number % 3] % (number % 1_000)).encode()
        answer = b'"ips":["10.128.0.7"],"ttl":30,' if is_reply else b""
        layer = b'{"type":"%b",%b"dns":{"query":"%b",%b"observation_source":"proxy","qtypes":["A","AAAA"]}}'
        return layer % (kind, latency, question, answer), b'"DNS Query %b A,AAAA"' % question
    agent = "Läufer/2.3 ✓" if is_foreign else "Prometheus/2.51.2"
    url = b"http://%b:%d%b" % (server, port, (PATHS[number % 4] % (number % 10_000)).encode())
    status = b'"code":%d,' % (200 if number % 17 else 503) if is_reply else b""
    headers = (
        b'[{"key":"Accept","value":"text/plain;version=0.0.4;q=0.5,*/*;q=0.1"},{"key":"User-Agent","value":"%b"},'
        b'{"key":"X-Request-Id","value":"49116c2c-3017-4237-97e7-%012x"},{"key":"Referer","value":"\\"none\\""}]'
    ) % (agent.encode(), number)
    layer = b'{"type":"%b",%b"http":{%b"method":"GET","url":"%b","protocol":"HTTP/1.1","headers":%b}}'
    return layer % (kind, latency, status, url, headers), b'"HTTP/1.1 GET %b"' % url
