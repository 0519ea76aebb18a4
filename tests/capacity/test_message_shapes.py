"""Logs that messages cannot be measured by are refused with words."""

from __future__ import annotations

import pytest

from auditor.capacity.message_shapes import refuse_rejected
from auditor.errors import SourceError


def test_refuse_rejected__says_how_many():
    """A user's log may have broken lines."""
    refuse_rejected(0, "`x`")
    with pytest.raises(SourceError) as caught:
        refuse_rejected(3, "`VPC record a message`")
    assert str(caught.value) == (
        "expected logs without rejected rows to measure messages by, 3 in `VPC record a message`"
    )
