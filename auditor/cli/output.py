"""How results are printed for programs."""

from __future__ import annotations

import json
from typing import Any

import click

from auditor.cli.flags import flag

output = flag(
    "--output",
    "-o",
    type=click.Choice(("table", "json", "yaml")),
    default="table",
    show_default=True,
    help="How the result is printed.",
)
"""The flag, for results without a wide form."""


def dump(document: dict[str, Any], form: str) -> str:
    """Return plain values as ``json`` or ``yaml``, harmless to a terminal."""
    if form == "json":
        return json.dumps(document, indent=2) + "\n"
    import yaml

    text: str = yaml.safe_dump(document, sort_keys=False, width=10_000)
    return text
