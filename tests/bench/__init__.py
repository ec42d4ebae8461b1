"""Benchmarks: figures to reason with, never assertions; ratios to something run beside them."""
