"""Fixtures every test may use."""

from tests.pbx import _shared_sandbox, able_machine, make_sandbox, sandbox

__all__ = ["_shared_sandbox", "able_machine", "make_sandbox", "sandbox"]
