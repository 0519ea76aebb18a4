"""VPC logs drawn by Hypothesis, usual and odd: columns in any order, values and blanks of any kind."""

from __future__ import annotations

from hypothesis import strategies as st

ADDRESSES = ("10.0.0.1", "10.0.0.2", "fd00::1", "::ffff:10.0.0.3", "255.255.255.255")
NUMBERS = ("0", "1", "443", "0000000000000007", "1616729292")
USUAL = {
    "protocol": ("6", "6", "17", "1", "0", "255", "006"),
    "srcaddr": ADDRESSES,
    "dstaddr": ADDRESSES,
    "dstport": ("0", "80", "65535", "00443"),
    "srcport": ("0", "40000", "65535"),
    "pkt-srcaddr": (*ADDRESSES, "-"),
    "pkt-dstaddr": (*ADDRESSES, "-"),
    "tcp-flags": ("0", "2", "3", "18", "19", "255"),
    "action": ("ACCEPT", "REJECT"),
    "log-status": ("OK",),
    "start": ("0", "1616729292", "9223372036", "-"),
    "end": ("1616729349", "-"),
    "bytes": (*NUMBERS, "-", "9" * 16),
    "packets": (*NUMBERS, "-"),
    "version": ("2", "5", "x"),
    "interface-id": ("eni-1", "-"),
    "flow-direction": ("egress", "-"),
}
"""What stands in usual records, by column; the first ones must be there."""

ODD = (
    *(
        "-",
        "--",
        "None",
        "null",
        "nan",
        "NaN",
        "0",
        "-1",
        "+1",
        "1.0",
        "1e3",
        "0x10",
        "2_0",
        "\u0663",
        "256",
        "65536",
    ),
    *(
        "9" * 15,
        "9" * 16,
        "1" * 17,
        "9" * 18,
        "1" * 19,
        "0" * 16,
        "0" * 17 + "6",
        "0" * 18 + "6",
        "0" * 8,
        "x" * 8,
    ),
    *(
        "9223372036",
        "9223372037",
        "99999999",
        "100000000",
        "1234567/",
        "1234567:",
        "12345678/",
        "/2345678",
        "\u00fc",
    ),
    *(
        "OK",
        "NODATA",
        "SKIPDATA",
        "ok",
        "OKAY",
        "SKIPDATE",
        "NODATE",
        "ACCEPT",
        "REJECT",
        "ACCEPTS",
        "accept",
    ),
    *(
        "10.0.0.256",
        "1.2.3",
        "::1%eth0",
        ":::",
        "#",
        "#x",
        "x#",
        "\0",
        "a\0b",
        "\x7f",
        "\x01",
        "srcaddr",
        "version",
    ),
    *("a,b", '"', "x" * 390, "x" * 500),
)
BLANKS = (" ", " ", " ", " ", " ", " ", "  ", "\t", " \t ", "\r", "\v", "\x1f", "\u00a0", " " * 70)
LINES = (
    "",
    " ",
    "\t \r",
    "#",
    "# a comment",
    " #",
    "x",
    "-",
    "version srcaddr",
    "- " * 20,
    "\u00fc",
    "\0",
    " " * 500,
)
ENDS = st.sampled_from(("\n", "\n", "\r\n", " \n", "\n\n"))


@st.composite
def columns(draw):
    """Draw the columns of a log: those that are needed, any others, in any order."""
    names = list(USUAL)
    kept = draw(st.lists(st.sampled_from(names[4:]), unique=True))
    return draw(st.permutations([*names[:4], *kept]))


def record(draw, names):
    """Draw a record of usual form."""
    return [draw(st.sampled_from(USUAL[name])) for name in names]


@st.composite
def usual_logs(draw):
    """Draw a log of usual records with its header."""
    names = draw(columns())
    records = [record(draw, names) for _ in range(draw(st.integers(1, 5)))]
    if "tcp-flags" in names and "srcport" not in names:
        # An answer is judged by the port it comes from, and odd without one.
        for fields in records:
            fields[names.index("tcp-flags")] = draw(st.sampled_from(("0", "2", "3")))
    end = draw(st.sampled_from(("\n", "\r\n")))
    return end.join(" ".join(line) for line in [names, *records]) + end * draw(st.booleans())


def odd_record(draw, names):
    """Draw a record with odd values, without a flow, or with a field too many or too few."""
    fields = record(draw, names)
    for _ in range(draw(st.integers(0, 3))):
        fields[draw(st.integers(0, len(fields) - 1))] = draw(st.sampled_from(ODD))
    if draw(st.integers(0, 5)) == 0:
        for name in ("protocol", "action"):
            if name in names:
                fields[names.index(name)] = "-"
        if "log-status" in names:
            fields[names.index("log-status")] = draw(st.sampled_from(("NODATA", "SKIPDATA")))
    if draw(st.integers(0, 9)) == 0:
        fields.insert(draw(st.integers(0, len(fields))), draw(st.sampled_from(ODD)))
    if draw(st.integers(0, 9)) == 0:
        del fields[draw(st.integers(0, len(fields) - 1))]
    return fields


@st.composite
def odd_logs(draw):
    """Draw a log with odd values, blanks and lines among the records."""
    names = draw(columns())
    content = " ".join(names) + draw(ENDS)
    for _ in range(draw(st.integers(1, 5))):
        if draw(st.integers(0, 4)) == 0:
            content += draw(st.sampled_from((*LINES, " ".join(names)))) + draw(ENDS)
            continue
        fields = odd_record(draw, names)
        blanks = draw(st.lists(st.sampled_from(BLANKS), min_size=1, max_size=3))
        content += "".join(field + blanks[place % len(blanks)] for place, field in enumerate(fields))
        if draw(st.booleans()):
            content = content.rstrip(" \t\r\v\xa0\x1f")
        content += draw(ENDS)
    return content[: len(content) - draw(st.integers(0, 12))]
