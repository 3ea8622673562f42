"""Asterisk without an agent: what the adapters talk to."""

import pytest


@pytest.fixture
def asterisk(_shared_sandbox):
    """Return the shared sandbox with its Asterisk up; whether the agent runs does not matter."""
    _shared_sandbox.up(with_agent=False)
    return _shared_sandbox
