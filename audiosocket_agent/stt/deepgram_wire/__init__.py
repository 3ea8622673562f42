"""Deepgram's wires: what the two ears of that vendor share, and what each makes of its messages."""
