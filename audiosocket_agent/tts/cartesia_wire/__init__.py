"""Cartesia's WebSocket: what is sent, what comes back, and what becomes of a reply."""
