"""Synthetic clusters of any size and shape, and logs of their traffic: the input of benchmarks and property tests."""
