"""What is said of logs that are none of the known formats."""

from __future__ import annotations

import pytest

from auditor.flows.unrecognised import refusal

NOT = "format not recognised: "


@pytest.mark.parametrize(
    ("first", "message"),
    [
        (b"PK\x03\x04rest", f"{NOT}the file is a zip archive; unpack it first"),
        (b"#separator \\x09", f"{NOT}Zeek logs are not read"),
        (
            b"src,dst,proto,dport",
            (
                "expected columns `src_ip` (is it `src`?), `dst_ip` (is it `dst`?), `protocol` (is it `proto`?), "
                "`dst_port` (is it `dport`?); found `src, dst, proto, dport`"
            ),
        ),
        (
            b'"src","when it was",x',
            "expected columns `src_ip` (is it `src`?), `dst_ip`, `protocol`, `dst_port`; found `src, when it was, x`",
        ),
        (
            b"src_ip;dst_ip;protocol",
            f"{NOT}the first line is `src_ip;dst_ip;protocol`, expected commas between columns, found semicolons",
        ),
        (
            b"src_ip\tdst_ip\tprotocol",
            f"{NOT}the first line is `src_ip\\u0009dst_ip\\u0009protocol`, expected commas between columns, found tabs",
        ),
        (
            b"3 eni-1 10.0.0.1 ::1 443 6",
            (
                f"{NOT}the first line is `3 eni-1 10.0.0.1 ::1 443 6`, which looks like VPC text without a header, "
                "6 fields: name them with --vpc-format"
            ),
        ),
        (
            b"hello, world \xff\x1b 10.0.0.1",
            (
                f"{NOT}the first line is `hello, world \ufffd\\u001b 10.0.0.1`; known are `a`, `b`; name it with "
                "--format, and the fields of VPC text without a header with --vpc-format"
            ),
        ),
        (
            b"x" * 100_000,
            (
                f"{NOT}the first line is `{'x' * 60}...`; known are `a`, `b`; name it with "
                "--format, and the fields of VPC text without a header with --vpc-format"
            ),
        ),
    ],
)
def test_refusal__says_how_the_file_begins_and_what_helps(first, message):
    """What it may be meant to be leads to the way out."""
    assert str(refusal("log", first, "`a`, `b`")) == f"{message} - at log"
