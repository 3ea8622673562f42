"""Benchmarks: what the agent costs and how quick it is, measured where it matters to a caller."""
