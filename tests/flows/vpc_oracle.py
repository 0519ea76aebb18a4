"""VPC text read line by line in plain Python: what the scanner must agree with."""

from __future__ import annotations

import ipaddress

from auditor.flows.schema import Account
from auditor.flows.vpc_columns import DEFAULT_COLUMNS, read_header

MISSING = (None, "-")
LAST_SECOND = 9_223_372_036


class RejectedError(Exception):
    """Why a line is no flow."""


class SkippedError(Exception):
    """Why a line is no flow, and none was expected."""


def read_lines(content, limit=1 << 20):
    """Return flows, as ``reading.flows_of`` does, and the account of a whole log."""
    columns, account, flows = DEFAULT_COLUMNS, Account(), []
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        is_long = len(line) > limit
        if not line.strip() and not is_long:
            continue
        account.n_rows += 1
        header = None if is_long else read_header(line)
        if header is not None:
            columns = header
            account.skip("header")
            continue
        try:
            flows.append((number, *_flow(line, columns, account, is_long=is_long)))
        except RejectedError as error:
            account.reject(str(error), [number])
        except SkippedError as error:
            account.skip(str(error))
    return flows, account


def _flow(line, columns, account, *, is_long):
    if is_long:
        raise RejectedError("line is too long")
    tokens = line.split()
    if tokens[0].startswith(b"#"):
        raise SkippedError("comment")
    if b"\0" in line:
        raise RejectedError("line holds a NUL byte")
    try:
        line.decode()
    except UnicodeDecodeError:
        raise RejectedError("line is no UTF-8") from None
    n = len(columns.names)
    if len(tokens) > n and tokens[n].startswith(b"#"):
        tokens = tokens[:n]
    if len(tokens) != n:
        raise RejectedError(
            "number of fields is not 14 as in the default format; name them with --vpc-format"
            if columns.is_assumed
            else "number of fields is not that of the header or --vpc-format"
        )
    fields = dict(zip(columns.names, (token.decode() for token in tokens), strict=True))
    if columns.is_assumed and _number(fields["version"]) != 2:
        raise RejectedError("version is not 2 as in the default format; name the fields with --vpc-format")
    _status(fields, account)
    return _verdict_columns(fields)


def _status(fields, account):
    if "log-status" not in fields and "protocol" in fields and _is_empty(fields):
        raise SkippedError("NODATA or SKIPDATA")
    status = fields.get("log-status")
    if status not in (None, "-", "None", "null", "nan", "NaN", "OK", "NODATA", "SKIPDATA"):
        raise RejectedError("log-status is not OK, NODATA or SKIPDATA")
    if status in ("NODATA", "SKIPDATA"):
        if status == "SKIPDATA":
            account.lose("SKIPDATA")
        if fields.get("protocol") not in MISSING or _action(fields) != "unseen":
            raise RejectedError(f"log-status is {status}, yet the record has a protocol or an action")
        raise SkippedError(status)


def _is_empty(fields):
    addresses = ("pkt-srcaddr", "srcaddr", "pkt-dstaddr", "dstaddr")
    if any(fields.get(name) not in (None, "-", "None", "null") for name in addresses):
        return False
    numbers = ("protocol", "srcport", "dstport", "tcp-flags")
    return all(fields.get(name) in MISSING for name in numbers) and _action(fields) == "unseen"


def _action(fields):
    words = {"ACCEPT": "forwarded", "REJECT": "refused"} | dict.fromkeys(
        [None, "-", "None", "null", "nan", "NaN"], "unseen"
    )
    return words.get(fields.get("action"), "broken")


def _verdict_columns(fields):
    protocol = _limited(fields, "protocol", "protocol", 255)
    if protocol is None:
        raise RejectedError("protocol is missing")
    source, destination = _address(fields, "srcaddr", "source"), _address(fields, "dstaddr", "destination")
    src_port = _limited(fields, "srcport", "source port", 65535)
    dst_port = _limited(fields, "dstport", "destination port", 65535)
    if dst_port is None and protocol in (6, 17, 33, 132, 136):
        raise RejectedError("destination port is missing")
    action = _action(fields)
    if action == "broken":
        raise RejectedError("action is neither ACCEPT nor REJECT")
    flags = _limited(fields, "tcp-flags", "tcp-flags", 255) or 0
    hint = None
    if protocol == 6 and flags & 2:
        hint = "destination" if flags & 16 else "source"
    if hint == "destination" and src_port is None:
        raise RejectedError("source port of a reply is missing")
    evidence = []
    for name in ("start", "end"):
        time = _number(fields.get(name))
        if time == "broken" or (time or 0) > LAST_SECOND:
            raise RejectedError(f"{name} is no time in seconds since 1970")
        evidence.append(time)
    for name in ("bytes", "packets"):
        count = _number(fields.get(name))
        if count == "broken":
            raise RejectedError(f"{name} is no number")
        evidence.append(count)
    return source, destination, protocol, src_port or 0, dst_port or 0, hint, action, *evidence


def _number(text):
    if text in MISSING:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else "broken"


def _limited(fields, name, words, last):
    number = _number(fields.get(name))
    if number == "broken" or (number or 0) > last:
        raise RejectedError(f"{words} is no number from 0 to {last}")
    return number


def _address(fields, name, side):
    text = fields.get(f"pkt-{name}")
    if text in MISSING:
        text = fields.get(name)
    if text in (None, "-", "None", "null"):
        raise RejectedError(f"{side} address is missing")
    try:
        ipaddress.ip_address(text.replace("%", " "))
    except ValueError:
        raise RejectedError(f"{side} address is no IP address") from None
    return text
