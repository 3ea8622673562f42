"""Fixtures every test may use."""

from hypothesis import settings

from tests.pbx import _shared_sandbox, able_machine, make_sandbox, sandbox

__all__ = ["_shared_sandbox", "able_machine", "make_sandbox", "sandbox"]

# The same examples in every run, so that a run's failures are its change's. To look for new ones:
# pytest --hypothesis-profile=explore
settings.register_profile("suite", derandomize=True)
settings.register_profile("explore", derandomize=False)
settings.load_profile("suite")
