"""`voiceagent doctor`: what is wrong with an installation, and what to do about it."""

PATIENCE_S = 3.6
"""How long one check may take, so that with Python's own start all are done within 5 s."""
