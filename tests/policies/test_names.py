"""Names, label keys and label values."""

from __future__ import annotations

import pytest

from auditor.policies.names import (
    label_key_fault,
    label_value_fault,
    namespace_fault,
    object_name_fault,
    port_name_fault,
)


@pytest.mark.parametrize(
    ("judge", "right", "wrong"),
    [
        (
            object_name_fault,
            ["a", "0", "a.b-c.d", "a" * 253],
            ["", "A", "-a", "a-", "a..b", ".a", "a_b", "a" * 254, "a\n"],
        ),
        (namespace_fault, ["a", "a-b", "0", "a" * 63], ["", "a.b", "A", "-a", "a" * 64]),
        (
            label_key_fault,
            ["a", "A_b.c-D", "example.com/a", "a" * 63, "a.b/" + "c" * 63],
            ["", "/a", "a/", "a/b/c", "A.com/a", "a b", "-a", "a.", "a" * 64, "a" * 254 + "/b"],
        ),
        (label_value_fault, ["", "a", "A_b.c-D", "1", "a" * 63], ["-a", "a.", "a b", "a/b", "a" * 64, "ü"]),
        (
            port_name_fault,
            ["http", "a", "1a", "a-1", "a" * 15],
            ["", "80", "HTTP", "-a", "a-", "a--b", "a_b", "a" * 16],
        ),
    ],
)
def test_faults__follow_the_rules(judge, right, wrong):
    """Each judge takes what the API server takes, at the edges of its rule."""
    assert [text for text in right if judge(text) is not None] == []
    assert [text for text in wrong if judge(text) is None] == []
