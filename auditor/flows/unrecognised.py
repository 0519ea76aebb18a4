"""What is said of a flow log whose format is not recognised: how it begins, and the way out."""

from __future__ import annotations

import csv
import re
from ipaddress import ip_address

from auditor.errors import Position, SourceError
from auditor.flows.generic_names import check_names
from auditor.sources.yaml_scalars import shown

_ZIP_MARK = b"PK\x03\x04"
_ZEEK_MARK = b"#separator"
_LONGEST_HEADER = 10_000
_NAME = re.compile(r'"?[A-Za-z_][\w .:/-]*"?')
_FEWEST_COLUMNS = 3  # prose has a comma now and then
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs"}


def refusal(file: str, first: bytes, known: str) -> SourceError:
    """Return the error for text that is none of the known formats.

    Parameters
    ----------
    file : str
        As messages name it.
    first : bytes
        Its first line that is not blank, without blanks around it; a long one may be cut off.
    known : str
        The known formats, as words of a sentence.
    """
    place = Position(file)
    if first.startswith(_ZIP_MARK):
        return SourceError("format not recognised: the file is a zip archive; unpack it first", place)
    if first.startswith(_ZEEK_MARK):
        return SourceError("format not recognised: Zeek logs are not read", place)
    line = first[:_LONGEST_HEADER].decode("utf-8", "replace")
    begins = f"format not recognised: the first line is `{shown(line)}`"
    if _is_header(line, ","):
        refused = _columns_refused(file, line)
        if refused is not None:
            return refused
    for separator, word in _OTHER_SEPARATORS.items():
        if _is_header(line, separator):
            return SourceError(f"{begins}, expected commas between columns, found {word}", place)
    tokens = first.split()
    if sum(_is_address(token) for token in tokens[:100]) > 1:
        return SourceError(
            f"{begins}, which looks like VPC text without a header, {len(tokens)} fields: name them with --vpc-format",
            place,
        )
    return SourceError(
        f"{begins}; known are {known}; name it with --format, and the fields of VPC text without a header with "
        "--vpc-format",
        place,
    )


def _is_header(line: str, separator: str) -> bool:
    names = [name.strip() for name in line.split(separator)]
    return len(names) >= _FEWEST_COLUMNS and all(_NAME.fullmatch(name) for name in names)


def _columns_refused(file: str, line: str) -> SourceError | None:
    """Return what the decoder of CSV says of the columns, None if it would read them."""
    try:
        check_names(file, [name.strip() for name in next(csv.reader([line]))])
    except SourceError as error:
        return error
    return None


def _is_address(token: bytes) -> bool:
    try:
        ip_address(token.decode("ascii"))
    except ValueError:
        return False
    return True
