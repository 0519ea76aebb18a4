"""A realistic cluster with policies and flow logs, gaps planted in known places; nothing is audited here."""
