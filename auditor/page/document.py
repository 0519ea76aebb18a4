"""The whole page: one file, with its style sheet and its script in it, that may load nothing.

The policy of the page forbids every request, and names style sheet and script by their hashes: whatever else got into
it would not run. No style attributes and no handlers in attributes, then. The script may not write HTML either
(trusted types).
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from auditor.page.markup import Markup, asset, fill, visible

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page with a heading.

    Attributes
    ----------
    name : str
        For links to it: lower case letters and dashes.
    title : str
        Its heading.
    parts : sequence of Markup
        What stands below, in order.
    lead : str
        A sentence or two on how to read it.
    """

    name: str
    title: str
    parts: Sequence[Markup]
    lead: str = ""


def document(
    title: str, top: Sequence[Markup], sections: Sequence[Section], *, subtitle: str = "", foot: str = ""
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    title : str
        In the window's title and on top.
    top : sequence of Markup
        Before the first section: the verdict, key figures.
    sections : sequence of Section
        In order; a list of them stands below the top.
    subtitle : str
        Beside the title: what it is about, and when.
    foot : str
        At the end: what made the page.
    """
    style, script = asset("page.css"), asset("page.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    # Both are files of this package, and their hashes are of exactly these characters.
    return fill(
        "document.html",
        title=visible(title, 200),
        subtitle=subtitle,
        policy=Markup(policy),
        style=Markup(style),
        script=Markup(script),
        top=top,
        sections=sections,
        foot=foot,
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
