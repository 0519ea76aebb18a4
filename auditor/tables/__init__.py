"""Compiled policies and inventory: what kernels read, and the names that reports attach."""
