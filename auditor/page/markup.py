"""Markup and how text gets into it: escaped, and with what draws nothing of its own made visible.

Two nets, one behind the other. ``Markup`` is markupsafe's type: a string is escaped unless it is one, and templates
escape by themselves. And a string is made visible first (``auditor.safe``): a name with bidirectional overrides or
control characters would not break out of the page, but would forge what stands beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from auditor.safe import safe_text

__all__ = ["Markup", "asset", "fill", "visible"]

_FOLDER = Path(__file__).parent
_LONGEST = 1000
"""Characters of one text on a page; sentences of a run's record are longer than names."""


def visible(text: str, limit: int = _LONGEST) -> str:
    r"""Return plain text in one line, not escaped for HTML yet.

    Parameters
    ----------
    text : str
        From anywhere; ``\u202e`` and its like become visible escapes.
    limit : int
        Characters to keep; what is longer ends in ``…``.
    """
    return safe_text(str(text), limit)


def fill(template: str, **values: Any) -> Markup:  # noqa: ANN401  whatever the template names
    """Return a template of this package with values in it, escaped unless they are ``Markup``."""
    # The environment escapes: what comes out is markup.
    return Markup(_ENVIRONMENT.get_template(template).render(**values))  # noqa: S704


def asset(name: str) -> str:
    """Return the text of a file of this package."""
    return (_FOLDER / name).read_text(encoding="utf-8")


def _shown(value: Any) -> Any:  # noqa: ANN401  whatever a template prints
    """Return what a template is about to print, made visible if it is plain text."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_shown,
    trim_blocks=True,
    lstrip_blocks=True,
)
