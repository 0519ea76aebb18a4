"""Changes to a log that a careless writer, a bad disk or an attacker might make.

Byte changes find what a scanner does with broken text; changes of whole fields, keys and lines find where it
understands otherwise than the exact reader what both can read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from auditor.synthetic.vpc_text import V2

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

MAX_BYTES = 16_384
NUMBERS = (
    *(
        b"0",
        b"-0",
        b"1",
        b"-1",
        b"00",
        b"01",
        b"007",
        b"65535",
        b"65536",
        b"4294967295",
        b"4294967296",
        b"8080.0",
    ),
    *(
        b"9223372036854775807",
        b"9223372036854775808",
        b"18446744073709551615",
        b"18446744073709551616",
        b"80.5",
    ),
    *(
        b"1e3",
        b"1E400",
        b"-1e-5",
        b"0.0",
        b"1" * 25,
        b"+1",
        b"0x10",
        b"NaN",
        b"Infinity",
        b"1_000",
        b"\xd9\xa1",
    ),
)
HEADER = " ".join(V2).encode() + b"\n"
TOKENS = {
    "hubble": (
        *(b"{", b"}", b"[", b"]", b":", b",", b'"', b"\\", b"\n", b"\r\n", b"\t", b" ", b"null", b"true", b"false"),
        *(b"{}", b"[]", b'""', b'\\"', b"\\\\", b"\\/", b"\\u0026", b"\\u0000", b"\\ud800", b"\\udc00", b"\\u00e9"),
        *(b"\\x", b"\\u12", b"\x00", b"\x1f", b"\x7f", b"\x80", b"\xc3\xa9", b"\xff", b"\xed\xa0\x80", b"\xf0\x9f"),
        *(b'"flow":', b'"flow":{', b'"flow":null,', b'"IP":', b'"IP":{}', b'"IP":null', b'"l4":{', b'"l4":null'),
        *(b'"TCP":', b'"UDP":{}', b'"SCTP":{}', b'"ICMPv4":{}'),
        *(b'"ICMPv6":{}', b'"VRRP":{}', b'"IGMP":{}', b'"XXX":{}'),
        *(b'"source_port":', b'"destination_port":', b'"source_port":"80",', b'"flags":{"SYN":true},', b'"SYN":true'),
        *(b'"ACK":false', b'"source":"10.0.0.1",', b'"destination":"fd00::1",', b'"source":{"ID":1},', b'"ID":"7"'),
        *(b'"is_reply":false,', b'"is_reply":true,', b'"is_reply":null,', b'"reply":true,', b'"Type":"L7",'),
        *(b'"Type":"SOCK",', b'"Type":2,', b'"l7":{},', b'"l7":null,', b'"verdict":"DROPPED",', b'"verdict":15,'),
        *(b'"verdict":"AUDIT",', b'"verdict":null,'),
        *(b'"verdict":5,', b'"drop_reason":133,', b'"drop_reason_desc":181,'),
        *(b'"drop_reason_desc":"AUTH_REQUIRED",', b'"event_type":{"type":1},', b'"event_type":{"type":"5"},'),
        *(b'"event_type":{"type":129,"sub_type":1},', b'"event_type":null,', b'"traffic_direction":"INGRESS",'),
        *(b'"traffic_direction":2,', b'"aggregate":{"ingress_flow_count":3},', b'"aggregate":{},', b'"time":null,'),
        *(b'"time":"2023-08-21T12:12:13Z",', b'"time":"2023-08-21T12:12:13.5+02:00",', b'"time":5,'),
        *(b'"lost_events":{"num_events_lost":"5"},', b'"node_status":{},', b'"agent_event":{},', b'"debug_event":1,'),
        *(b'"fl\\u006fw":', b'"\\u0049P":', b'"fLow":', b'"flow ":', b'level=info msg="', b'"message":"', b'"log":"'),
        *(b'{"flow":{"IP":{"source":"10.0.0.1","destination":"10.0.0.2"}}}', b"\xef\xbb\xbf", b"[{", b"}]", b"// "),
    ),
    "json": (
        *(b"{", b"}", b"[", b"]", b":", b",", b'"', b"\\", b"\n", b"\r\n", b"\t", b" ", b"null", b"true", b"false"),
        *(b"{}", b"[]", b'""', b'\\"', b"\\u0070", b"\x00", b"\x80", b"\xc3\xa9", b"\xff", b"-", b".", b"e3", b"0"),
        *(b'"src_ip":"10.0.0.1",', b'"dst_ip":"fd00::1",', b'"dst_ip":3232235777,', b'"dst_ip":"",', b'"protocol":7,'),
        *(b'"protocol":17,', b'"protocol":"6",', b'"protocol":256,', b'"protocol":null,', b'"dst_port":"443",'),
        *(b'"dst_port":80,', b'"src_port":null,', b'"src_port":1.0,', b'"observed":"dropped",', b'"observed":"",'),
        *(b'"is_reply":true,', b'"is_reply":"false",', b'"is_reply":2,', b'"tcp_flags":18,', b'"tcp_flags":26,'),
        *(b'"weight":5,', b'"weight":0,', b'"time_start":1700000000.125,', b'"time_end":"2026-01-05T08:00:00Z",'),
        *(b'"time_end":-1,', b'"time_start":9223372036.9,', b'"bytes":999999999999999999,', b'"packets":-1,'),
    ),
    "vpc": (
        *(b" ", b"  ", b"\t", b"\n", b"\r\n", b"\r"),
        *(b"\n\n", b"-", b"#", b"# format: version srcaddr", b"\x00", b"\x0b"),
        *(b"\x0c", b"\x85", b"\xa0", b"\xff", b"\xc3\xa9"),
        *(b"\xef\xbb\xbf", b"2", b"5", b"ACCEPT", b"REJECT", b"accept"),
        *(b"OK", b"NODATA", b"SKIPDATA", b"IPv4", b"IPv6", b"10.0.0.1", b"256.0.0.1", b"1.2.3", b"010.0.0.1", b"::"),
        *(b"::1", b"fd00:10::2", b"::ffff:10.0.0.1"),
        *(b"fe80::1%eth0", b"1:2:3:4:5:6:7:8:9", b"123456789012", b"unknown"),
        HEADER,
        *(b"\nversion srcaddr dstaddr srcport dstport protocol\n", b"pkt-srcaddr", b"pkt_dstaddr", b"tcp-flags"),
        *(b"srcaddr srcaddr", b"egress", b"ingress", b"None", b"null", b"nan", b'"', b"'", b","),
    ),
}  # fmt: skip
"""What is inserted."""

_NUMBER = re.compile(rb"-?[0-9]+")
_PAIR = re.compile(rb'"[A-Za-z_0-9]+":(?:"[^"]*"|[0-9]+|true|false|null|\{[^{}]*\}|\[[^\[\]]*\]),?')
_WORD = re.compile(rb'"[^"\n]*"|[^\s"]+')
_BETWEEN = re.compile(rb"[{}\[\],:\n ]")


def mutated(rng: random.Random, content: bytes, others: Sequence[bytes], target: str) -> bytes:
    """Return ``content`` with one to six changes.

    Parameters
    ----------
    rng : random.Random
        What chooses; the same state gives the same bytes.
    content : bytes
        What is changed.
    others : sequence of bytes
        What pieces may come from.
    target : str
        A key of ``TOKENS``.
    """
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4, 6))):
        content = rng.choice(CHANGES)(rng, content, others, TOKENS[target])
    return content[:MAX_BYTES]


def _place(rng: random.Random, content: bytes) -> int:
    """Return any place, or, as often, one where two things meet."""
    if content and rng.random() < 0.5:
        start = rng.randrange(len(content))
        found = _BETWEEN.search(content, start)
        if found:
            return found.start() + rng.randrange(2)
    return rng.randint(0, len(content))


def _flip(rng: random.Random, content: bytes, *_: object) -> bytes:
    if not content:
        return content
    place = rng.randrange(len(content))
    byte = content[place] ^ 1 << rng.randrange(8) if rng.random() < 0.5 else rng.randrange(256)
    return content[:place] + bytes([byte]) + content[place + 1 :]


def _insert(rng: random.Random, content: bytes, _: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    place = _place(rng, content)
    return content[:place] + rng.choice(tokens) + content[place:]


def _remove(rng: random.Random, content: bytes, *_: object) -> bytes:
    place = _place(rng, content)
    return content[:place] + content[place + rng.choice((1, 1, 2, 5, 20, 200)) :]


def _repeat(rng: random.Random, content: bytes, *_: object) -> bytes:
    place, length = _place(rng, content), rng.choice((1, 2, 5, 20, 200))
    return (
        content[:place]
        + content[place : place + length] * rng.choice((2, 2, 3, 40))
        + content[place + length :]
    )


def _truncate(rng: random.Random, content: bytes, *_: object) -> bytes:
    place = _place(rng, content)
    return content[:place] if rng.random() < 0.7 else content[place:]


def _splice(rng: random.Random, content: bytes, others: Sequence[bytes], _: object) -> bytes:
    other = rng.choice(others)
    return content[: _place(rng, content)] + other[_place(rng, other) :]


def _number(rng: random.Random, content: bytes, *_: object) -> bytes:
    found = _any(rng, _NUMBER, content)
    if found is None:
        return content
    written = rng.choice(NUMBERS)
    if rng.random() < 0.2:
        written = b'"' + written + b'"'
    return content[: found.start()] + written + content[found.end() :]


def _word(rng: random.Random, content: bytes, others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """Put something else in the place of a word or a string: a token, or one of another log."""
    found = _any(rng, _WORD, content)
    if found is None:
        return content
    other = _any(rng, _WORD, rng.choice(others))
    written = rng.choice(tokens) if other is None or rng.random() < 0.5 else other[0]
    return content[: found.start()] + written + content[found.end() :]


def _pair(rng: random.Random, content: bytes, others: Sequence[bytes], _: object) -> bytes:
    """Move, drop or repeat a key with its value, as often within its object as anywhere: keys come twice."""
    found = _any(rng, _PAIR, content if rng.random() < 0.7 else rng.choice(others))
    if found is None:
        return content
    pair = found[0].rstrip(b",")
    if rng.random() < 0.25:
        return content.replace(found[0], b"", 1)
    opened = [place.end() for place in re.finditer(rb"[{,]", content)]
    place = rng.choice(opened) if opened else 0
    return content[:place] + pair + b"," + content[place:]


def _escape(rng: random.Random, content: bytes, *_: object) -> bytes:
    """Write a letter of a string as its number."""
    found = _any(rng, re.compile(rb"[A-Za-z_]"), content)
    if found is None:
        return content
    return content[: found.start()] + b"\\u%04x" % found[0][0] + content[found.end() :]


def _blank(rng: random.Random, content: bytes, *_: object) -> bytes:
    place = _place(rng, content)
    return (
        content[:place]
        + rng.choice((b" ", b"  ", b"\t", b"\r", b" \t ")) * rng.choice((1, 1, 9))
        + content[place:]
    )


def _line(rng: random.Random, content: bytes, others: Sequence[bytes], _: object) -> bytes:
    """Repeat, drop or bring in a line."""
    lines = content.split(b"\n")
    other = rng.choice(rng.choice(others).split(b"\n"))
    place = rng.randrange(len(lines))
    return b"\n".join(
        rng.choice(([*lines[:place], *lines[place + 1 :]], [*lines, lines[place]], [other, *lines]))
    )


def _quote(rng: random.Random, content: bytes, *_: object) -> bytes:
    """Put a line as text into another, as shippers and agents do."""
    lines = content.split(b"\n")
    place = rng.randrange(len(lines))
    text = lines[place].replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    lines[place] = rng.choice((b'{"log":"%b"}', b'{"message":"%b"}', b'level=info msg="%b"', b"[%b]")) % text
    return b"\n".join(lines)


def _any(rng: random.Random, pattern: re.Pattern[bytes], content: bytes) -> re.Match[bytes] | None:
    """Return the first match behind a random place."""
    start = rng.randrange(len(content)) if content else 0
    return pattern.search(content, start) or pattern.search(content)


CHANGES: tuple[Callable[..., bytes], ...] = (
    *(_flip, _insert, _insert, _remove, _repeat, _truncate, _splice, _number, _number, _word, _word),
    *(_pair, _pair, _pair, _escape, _blank, _line, _quote),
)
