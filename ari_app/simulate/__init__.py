"""Simulated callers: who tries a company's settings before, or instead of, a real call."""
