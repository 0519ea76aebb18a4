"""Meaning to arrays: classes of endpoints, addresses and ports, and the decisions between them."""
