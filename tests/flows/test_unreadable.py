"""A part that cannot be read says so when it is its turn."""

from __future__ import annotations

import pytest

from auditor.errors import Position, SourceError
from auditor.flows.unreadable import UnreadablePart


def test_unreadable_part__raises_its_error_each_time_it_is_called():
    """Not before: the parts in front of it are still read."""
    error = SourceError("expected rows, got none", Position("flows.log", 7))
    part = UnreadablePart(error)
    for _ in range(2):
        with pytest.raises(SourceError) as raised:
            part()
        assert raised.value is error
