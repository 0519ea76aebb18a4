"""Whether what draws pages is installed: it is an extra, for few runs draw one and it is large."""

from __future__ import annotations

from importlib.util import find_spec

from auditor.errors import ConfigError

PACKAGES = ("jinja2", "markupsafe", "vl_convert")


def require() -> None:
    """Return if pages can be drawn.

    Raises
    ------
    ConfigError
        If a package of the extra ``report`` is missing; says how to install it.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"expected the packages that draw pages, found no `{missing[0]}`; "
            "`pip install 'flow-log-auditor[report]'` installs them"
        )
