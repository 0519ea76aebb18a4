"""Peers: what others would use for the same input, each at its best settings, measured beside this program.

A peer is measured only after what it read equals what this program read: rows, flows, sums of columns, verdicts. What
it needs and is not installed is said in its place. ``bench/`` measures the same peers.
"""
