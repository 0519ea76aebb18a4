"""What is said when the packages that draw are missing."""

from __future__ import annotations

import re

import pytest

from auditor.errors import ConfigError
from auditor.page import extra


def test_require__is_silent_if_everything_is_there():
    """Nothing is imported for it."""
    assert extra.require() is None


def test_require__says_how_to_install_what_is_missing(monkeypatch):
    """The first package that is missing, and the command."""
    monkeypatch.setattr(extra, "PACKAGES", ("jinja2", "absent_package"))
    message = (
        "expected the packages that draw pages, found no `absent_package`; "
        "`pip install 'flow-log-auditor[report]'` installs them"
    )
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        extra.require()
