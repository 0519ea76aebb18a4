"""VPC flow logs as text: the traps of real logs."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from auditor.errors import ConfigError
from auditor.flows.vpc_columns import DEFAULT_FIELDS, NO_PACKET_ADDRESSES
from tests.flows.reading import opened, read, rejects, written

CORPORA = Path(__file__).parents[2].parent / "shared" / "corpora"
V2 = b"2 123456789010 eni-1 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK\n"
FLOW = (1, "172.31.16.139", "172.31.16.21", 6, 20641, 22, None, "forwarded", 1418530010, 1418530070, 4249, 20)
TGW = (
    b"version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id "
    b"tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id tgw-dst-az-id srcaddr dstaddr srcport dstport protocol "
    b"packets bytes start end log-status\n"
    b"6 TransitGateway 123456789012 tgw-1 tgw-attach-1 vpc-1 vpc-2 subnet-1 subnet-2 eni-1 eni-2 use1-az1 use1-az2 "
    b"10.40.1.175 10.40.2.236 39812 80 6 10 1000 1566848875 1566848933 OK\n"
)
WRONG_COUNT = "number of fields is not 14 as in the default format; name them with --vpc-format"


def test_vpc_text__reads_default_records(tmp_path):
    """Without a header a record has the fourteen fields of version 2, and the user learns what that cannot show."""
    log = written(tmp_path, V2)
    assert (log.format, log.file) == ("vpc-text", str(tmp_path / "flows"))
    flows, account, failures = read(log)
    assert (flows, account.n_rows, failures) == ([FLOW], 1, [])
    assert log.warnings == (NO_PACKET_ADDRESSES,)
    assert NO_PACKET_ADDRESSES == (
        "the log has no `pkt-srcaddr` and `pkt-dstaddr`, so pod-level claims are not possible on EKS, because "
        "`srcaddr` and `dstaddr` hold the primary address of a network interface and pods have secondary ones"
    )


def test_vpc_text__prefers_packet_addresses(tmp_path):
    """The packet's addresses are those of pods; where there are none the interface's count, and nothing is warned."""
    content = (
        b"# kept for the auditors\n"
        b"srcaddr dstaddr pkt-srcaddr pkt-dstaddr dstport protocol\n"
        b"10.0.0.1 10.0.0.2 10.1.0.1 10.1.0.2 80 6\n10.0.0.1 10.0.0.2 - 10.1.0.2 80 6\n"
    )
    log = written(tmp_path, content)
    flows, _, _ = read(log)
    assert [flow[:3] for flow in flows] == [(3, "10.1.0.1", "10.1.0.2"), (4, "10.0.0.1", "10.1.0.2")]
    assert flows[0][8:] == (None, None, None, None)
    assert log.warnings == ()


def test_vpc_text__suggests_the_format(tmp_path):
    """A record that does not fit the default format is rejected alone, with the way out."""
    shorter = b"3 eni-1 10.0.0.1 10.0.0.2 443 6\n"
    other = V2.replace(b"2 ", b"5 ", 1)
    flows, account, _ = read(written(tmp_path, V2 + shorter + other + V2))
    assert [flow[0] for flow in flows] == [1, 4]
    version = "version is not 2 as in the default format; name the fields with --vpc-format"
    assert rejects(account) == {WRONG_COUNT: [2], version: [3]}


def test_vpc_text__follows_the_format_of_the_user(tmp_path):
    """``--vpc-format`` names the fields until a header does."""
    content = (
        b"443 6 10.0.0.2 10.0.0.1 x\nversion srcaddr dstaddr dstport protocol\n5 ::1 ::2 53 17\n443 6 ::1\n"
    )
    log = written(tmp_path, content, vpc_format="${dstport} ${protocol} ${pkt-dstaddr} ${pkt-srcaddr} ${new}")
    flows, account, _ = read(log)
    assert [flow[:6] for flow in flows] == [
        (1, "10.0.0.1", "10.0.0.2", 6, 0, 443),
        (3, "::1", "::2", 17, 0, 53),
    ]
    assert rejects(account) == {"number of fields is not that of the header or --vpc-format": [4]}
    assert log.warnings == ("--vpc-format names fields that are not known: `new`", NO_PACKET_ADDRESSES)
    with pytest.raises(
        ConfigError, match=r"^--vpc-format lacks `srcaddr`, `dstaddr`, `dstport` and `protocol`"
    ):
        written(tmp_path, V2, vpc_format="action")


def test_vpc_text__counts_the_fields_of_the_first_record(tmp_path):
    """Rows as wide as a first record that ``--vpc-format`` does not fit say both numbers, wherever the file is cut."""
    content = b"\n# a\n6 ::1 ::2 53 x y\n6 ::1 ::2 53\n6 ::1\n6 ::1 ::2 53 x y\n"
    for block_bytes in (1, 7, 1 << 20):
        log = written(
            tmp_path, content, vpc_format="protocol srcaddr dstaddr dstport", block_bytes=block_bytes
        )
        flows, account, _ = read(log)
        assert [flow[0] for flow in flows] == [4]
        assert rejects(account) == {
            "row has 6 fields, --vpc-format names 4": [3, 6],
            "number of fields is not that of the header or --vpc-format": [5],
        }


def test_vpc_text__reads_transit_gateway_records(tmp_path):
    """With their header they are flows, of which the log does not say what happened; without it they are rejected."""
    log = written(tmp_path, TGW)
    flows, account, _ = read(log)
    assert [flow[1:8] for flow in flows] == [("10.40.1.175", "10.40.2.236", 6, 39812, 80, None, "unseen")]
    assert (account.skipped, log.warnings) == ({"header": 1}, ())
    flows, account, _ = read(written(tmp_path, V2 + TGW.split(b"\n")[1]))
    assert rejects(account) == {WRONG_COUNT: [2]}


def test_vpc_text__accounts_for_windows_without_flows(tmp_path):
    """NODATA and SKIPDATA are no flows; SKIPDATA is a loss; one that has a flow's fields contradicts itself."""
    nodata = b"2 unknown eni-1 - - - - - - - 1431280876 1431280934 - NODATA\n"
    content = (
        nodata
        + nodata.replace(b"NO", b"SKIP")
        + V2.replace(b"OK", b"NODATA")
        + V2.replace(b"OK", b"SKIPDATA")
    )
    flows, account, _ = read(
        written(tmp_path, content + V2.replace(b"OK", b"LOST") + nodata.replace(b"NODATA", b"OK"))
    )
    assert (flows, account.n_rows) == ([], 6)
    assert account.skipped == {"NODATA": 1, "SKIPDATA": 1}
    assert account.losses == {"SKIPDATA": 2}
    assert rejects(account) == {
        "log-status is NODATA, yet the record has a protocol or an action": [3],
        "log-status is SKIPDATA, yet the record has a protocol or an action": [4],
        "log-status is not OK, NODATA or SKIPDATA": [5],
        "protocol is missing": [6],
    }


def test_vpc_text__knows_windows_without_flows_by_their_emptiness(tmp_path):
    """Without log-status a record without a flow is one of the two; half a flow, or a log without protocols, is not."""
    header = b"srcaddr dstaddr srcport dstport protocol action start\n"
    _, account, _ = read(written(tmp_path, header + b"- - - - - - 9\n- - - 443 - - 9\n- - - - - REJECT 9\n"))
    assert account.skipped == {"header": 1, "NODATA or SKIPDATA": 1}
    assert rejects(account) == {"protocol is missing": [3, 4]}
    _, account, _ = read(written(tmp_path, b"srcaddr dstaddr dstport\n- - -\n"))
    assert (account.skipped, rejects(account)) == ({"header": 1}, {"protocol is missing": [2]})


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b" 6 20", b" 256 20", "protocol is no number from 0 to 255"),
        (b" 6 20", b" TCP 20", "protocol is no number from 0 to 255"),
        (b"172.31.16.139", b"172.31.16.256", "source address is no IP address"),
        (b"172.31.16.139", b"-", "source address is missing"),
        (b"172.31.16.21", b"fe80::1%eth0", "destination address is no IP address"),
        (b"172.31.16.21", b"None", "destination address is missing"),
        (b"20641", b"65536", "source port is no number from 0 to 65535"),
        (b" 22 ", b" ssh ", "destination port is no number from 0 to 65535"),
        (b" 22 ", b" - ", "destination port is missing"),
        (b"ACCEPT", b"accept", "action is neither ACCEPT nor REJECT"),
        (b"1418530010", b"2014-12-14T04:06:50Z", "start is no time in seconds since 1970"),
        (b"1418530070", b"1418530070000", "end is no time in seconds since 1970"),
        (b"4249", b"4.2k", "bytes is no number"),
        (b" 20 ", b" -5 ", "packets is no number"),
        (b"eni-1", b"eni\x001", "line holds a NUL byte"),
        (b"eni-1", b"eni-\xff", "line is no UTF-8"),
        (b"eni-1", b"eni 1", WRONG_COUNT),
        (b"eni-1", b"eni" * 100, "line is too long"),
    ],
)
def test_vpc_text__rejects_a_row_alone(tmp_path, old, new, reason):
    """A row that is broken in one place is counted with its reason and line; its neighbours are read."""
    assert V2.count(old) == 1
    flows, account, _ = read(written(tmp_path, V2 + V2.replace(old, new) + V2, max_line_bytes=200))
    assert [flow[0] for flow in flows] == [1, 3]
    assert rejects(account) == {reason: [2]}


@pytest.mark.parametrize(
    ("flags", "protocol", "hint"),
    [
        *((b"2", b"6", "source"), (b"3", b"6", "source"), (b"6", b"6", "source"), (b"7", b"6", "source")),
        *((b"18", b"6", "destination"), (b"19", b"6", "destination"), (b"22", b"6", "destination")),
        *(
            (b"0", b"6", None),
            (b"1", b"6", None),
            (b"4", b"6", None),
            (b"16", b"6", None),
            (b"-", b"6", None),
        ),
        (b"2", b"17", None),
    ],
)
def test_vpc_text__knows_the_opener_from_tcp_flags(tmp_path, flags, protocol, hint):
    """SYN comes from the opener, SYN-ACK from the other end; the rest tells nothing."""
    content = b"srcaddr dstaddr srcport dstport protocol tcp-flags\n::1 ::2 7 80 %b %b\n" % (protocol, flags)
    ((*_, found, _, _, _, _, _),) = read(written(tmp_path, content))[0]
    assert found == hint


@pytest.mark.parametrize(("name", "port"), [(b"srcport", b"-"), (b"account-id", b"1")])
def test_vpc_text__rejects_replies_without_the_port_they_are_judged_by(tmp_path, name, port):
    """A SYN-ACK is judged by its source port; other records do without."""
    records = (b"::1 ::2 %b 80 %b\n" % (port, rest) for rest in (b"6 18", b"6 2", b"6 -", b"17 18", b"6 19"))
    content = b"srcaddr dstaddr %b dstport protocol tcp-flags\n%b" % (name, b"".join(records))
    flows, account, _ = read(written(tmp_path, content))
    assert [flow[0] for flow in flows] == [3, 4, 5]
    assert rejects(account) == {"source port of a reply is missing": [2, 6]}


def test_vpc_text__rejects_flags_that_are_none(tmp_path):
    """Flags that no packet can have show that the fields are not what they seem."""
    content = b"srcaddr dstaddr dstport protocol tcp-flags\n::1 ::2 80 6 256\n::1 ::2 80 6 SYN\n"
    assert rejects(read(written(tmp_path, content))[1]) == {"tcp-flags is no number from 0 to 255": [2, 3]}


def test_vpc_text__takes_icmp_without_ports(tmp_path):
    """Protocols without ports log 0 or nothing."""
    content = b"srcaddr dstaddr srcport dstport protocol action\n::1 ::2 0 0 58 REJECT\n::1 ::2 - - 1 -\n"
    flows, _, _ = read(written(tmp_path, content))
    assert [flow[3:8] for flow in flows] == [(58, 0, 0, None, "refused"), (1, 0, 0, None, "unseen")]


def test_vpc_text__reads_concatenated_gzip_objects(tmp_path):
    """Objects with their headers can be appended to each other."""
    header = " ".join(DEFAULT_FIELDS).encode() + b"\n"
    one = gzip.compress(header + V2)
    flows, account, failures = read(written(tmp_path, one + one))
    assert ([flow[0] for flow in flows], account.skipped, failures) == ([2, 4], {"header": 2}, [])


def test_vpc_text__uses_what_comes_before_damage(tmp_path):
    """Of a truncated object the whole lines are read; the line that is cut off is named, never judged."""
    content = gzip.compress(V2 * 3)
    flows, account, failures = read(written(tmp_path, content[:-12]))
    assert account.n_rows == len(flows) < 4
    (failure,) = failures
    assert failure.startswith("file cannot be read further than ")
    assert failure.endswith(f"the gzip stream is cut off - at {tmp_path / 'flows'}:{len(flows) + 1}")


def test_vpc_text__stops_at_a_header_with_a_name_twice(tmp_path):
    """Nobody knows what the rows below it mean; those above are read."""
    flows, account, failures = read(written(tmp_path, V2 + b"srcaddr dstaddr srcaddr\n" + V2))
    assert (len(flows), account.n_rows) == (1, 1)
    assert failures == [f"header names the field `srcaddr` twice - at {tmp_path / 'flows'}:2"]


@pytest.mark.skipif(not CORPORA.exists(), reason="the corpora folder is absent")
@pytest.mark.parametrize(
    ("name", "lines", "skipped", "rejected"),
    [
        (
            "awsdocs-examples-v2-v5.txt",
            [1, 3, 9, 11, 13, 17, 18, 19, 20, 22, 23, 25, 26, 42, 44, 46, 48, 52, 53],
            {"NODATA": 1, "SKIPDATA": 1, "header": 4},
            # Six records of a format without protocol, and an ellipsis of the document.
            {"protocol is missing": 6, "number of fields is not that of the header or --vpc-format": 1},
        ),
        (
            "vrl-test-lines-v2-v11.txt",
            [1, 2, 5, 6, 7, *range(9, 17), 25, 26, 27, 28, 30, 31, 33, 35, 36],
            {"NODATA": 1, "SKIPDATA": 1, "header": 6},
            {"protocol is missing": 6},
        ),
    ],
)
def test_vpc_text__reads_documented_records(name, lines, skipped, rejected):
    """Every documented record is a flow, or is counted with the reason why it cannot be judged."""
    flows, account, failures = read(opened(CORPORA / "flows" / "aws-vpc" / name))
    assert [flow[0] for flow in flows] == lines
    assert (account.skipped, account.losses, failures) == (skipped, {"SKIPDATA": 1}, [])
    assert {reason: entry.count for reason, entry in account.rejected.items()} == rejected
