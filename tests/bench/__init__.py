"""Benchmarks: figures to reason with, never assertions. Each is a ratio to something run beside it."""
