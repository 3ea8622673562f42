"""The media side of the voice agent: one call end to end, from AudioSocket frame to spoken reply.

Reads in this order: `protocol` (the wire), `server` (who may come in), `playout` and `pacer` (what
leaves, and when), `vad` and `turns` (who is speaking), `conversation` (what is said), `call` (all
of it together), `link` (how the controller reaches this process).
"""
