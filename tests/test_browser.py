"""The browser of the tests: what is said where there is none."""

from __future__ import annotations

import re

import pytest

from tests import browser


def test_browser__says_what_is_missing(monkeypatch, tmp_path):
    """Without a browser, or without what drives it."""
    message = "`chromium` and `chromedriver` are not on PATH; `make browser` installs them"
    for name in ("BINARIES", "DRIVER"):
        with monkeypatch.context() as patched:
            patched.setattr(
                browser, name, ("chromium-absent",) if name == "BINARIES" else "chromedriver-absent"
            )
            with pytest.raises(browser.MissingError, match=f"^{re.escape(message)}$"):
                browser.Browser(tmp_path)
