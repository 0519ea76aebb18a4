"""Which names, label keys and label values the API server takes.

Rules of k8s.io/apimachinery ``pkg/util/validation/validation.go``. Each function returns what was expected,
to be put into a message, or None where the text is right.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_LABEL = 63
_LONGEST_SUBDOMAIN = 253
_LONGEST_PORT_NAME = 15


def object_name_fault(text: str) -> str | None:
    """Judge ``metadata.name``: a DNS subdomain (RFC 1123)."""
    if len(text) <= _LONGEST_SUBDOMAIN and _SUBDOMAIN.fullmatch(text):
        return None
    return f"a name of lower-case letters, digits, `-` and `.`, up to `{_LONGEST_SUBDOMAIN}` characters"


def namespace_fault(text: str) -> str | None:
    """Judge ``metadata.namespace``: a DNS label (RFC 1123)."""
    if len(text) <= _LONGEST_LABEL and _LABEL.fullmatch(text):
        return None
    return f"a namespace of lower-case letters, digits and `-`, up to `{_LONGEST_LABEL}` characters"


@lru_cache(maxsize=4096)
def label_key_fault(text: str) -> str | None:
    """Judge the key of a label or annotation: a qualified name, or one after a DNS subdomain and a slash."""
    prefix, slash, name = text.rpartition("/")
    prefix_fits = not slash or (len(prefix) <= _LONGEST_SUBDOMAIN and _SUBDOMAIN.fullmatch(prefix))
    if prefix_fits and len(name) <= _LONGEST_LABEL and _QUALIFIED.fullmatch(name):
        return None
    return f"a key like `app` or `example.com/app`, up to `{_LONGEST_LABEL}` characters after the prefix"


@lru_cache(maxsize=4096)
def label_value_fault(text: str) -> str | None:
    """Judge the value of a label; it may be empty."""
    if not text or (len(text) <= _LONGEST_LABEL and _QUALIFIED.fullmatch(text)):
        return None
    return (
        f"a label value of letters, digits, `-`, `_` and `.`, a letter or digit at both ends, "
        f"up to `{_LONGEST_LABEL}` characters"
    )


def port_name_fault(text: str) -> str | None:
    """Judge the name of a container port (RFC 6335 service name)."""
    if len(text) <= _LONGEST_PORT_NAME and _PORT_NAME.fullmatch(text):
        return None
    letters = "lower-case letters (at least one), digits and single `-`"
    return f"a port name of {letters}, up to `{_LONGEST_PORT_NAME}` characters"
