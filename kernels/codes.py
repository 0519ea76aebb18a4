"""Small integers that cross the border between kernels and Python; the order is part of the layout version."""

from __future__ import annotations

# Who opened the connection, as far as the record itself says so (uint8 column `opener_hint` of a batch).
HINT_NONE = 0
HINT_SOURCE_TCP_FLAGS = 1
HINT_DESTINATION_TCP_FLAGS = 2
HINT_SOURCE_REPLY_FLAG = 3
HINT_DESTINATION_REPLY_FLAG = 4
HINT_SOURCE_RECORDED = 5

# Which end was judged as the opener (uint8 column `opener`), and how that is known (uint8 column `opener_basis`).
OPENER_SOURCE = 0
OPENER_DESTINATION = 1
BASIS_RECORDED = 0
BASIS_TCP_FLAGS = 1
BASIS_REPLY_FLAG = 2
BASIS_INFERRED = 3

# What a port says of its end (uint8): a range, and a bit for a port that something listens on.
MARK_NO_PORT = 0
MARK_SYSTEM_PORT = 1
MARK_REGISTERED_PORT = 2
MARK_CLIENT_PORT = 3
MARK_LISTENING = 4
N_MARKS = 8

# What the log says happened (uint8 column `observed`).
OBSERVED_UNSEEN = 0
OBSERVED_FORWARDED = 1
OBSERVED_DROPPED = 2
OBSERVED_REFUSED = 3
OBSERVED_AUDITED = 4
N_OBSERVED = 5

# Verdict of a side or of a connection (uint8).
VERDICT_ALLOWED = 0
VERDICT_DENIED = 1
VERDICT_UNKNOWN = 2
VERDICT_NOT_APPLICABLE = 3
N_VERDICTS = 4

# Verdict against observed (uint8 column `finding`).
FINDING_PERMITTED = 0
FINDING_BLOCKED = 1
FINDING_VIOLATION = 2
FINDING_MISDROPPED = 3
FINDING_UNDECIDED = 4
N_FINDINGS = 5

# Outcome of a side (int32): one of these, or OUTCOME_ALLOWED_BY_RULE + rule_id.
OUTCOME_NOT_A_POD = 0
OUTCOME_SAME_POD = 1
OUTCOME_OWN_NODE = 2
OUTCOME_NOT_ISOLATED = 3
OUTCOME_NO_RULE_MATCHED = 4
OUTCOME_UNKNOWN_ADDRESS = 5
OUTCOME_SERVICE_ADDRESS = 6
OUTCOME_AMBIGUOUS_ADDRESS = 7
OUTCOME_UNSUPPORTED_POLICY = 8
OUTCOME_PROTOCOL_NOT_JUDGED = 9
OUTCOME_ALLOWED_BY_RULE = 10

# What an address belongs to (uint8).
KIND_POD = 0
KIND_NODE = 1
KIND_SERVICE = 2
KIND_EXTERNAL = 3
KIND_UNKNOWN = 4

# How parsing the text of one address went (uint8).
ADDRESS_OK = 0
ADDRESS_MISSING = 1
ADDRESS_BROKEN = 2
