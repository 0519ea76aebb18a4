"""Compiled loops over flat arrays: numpy and numba only, arrays in, arrays out, codes instead of errors."""
