"""Fixtures every test may use."""

from importlib.util import find_spec

from tests.pbx import _shared_sandbox, able_machine, make_sandbox, sandbox

__all__ = ["_shared_sandbox", "able_machine", "make_sandbox", "sandbox"]

if find_spec("hypothesis"):  # the environment of the vendors' SDKs does without
    from hypothesis import settings

    # The same examples in every run, so that a run's failures are its change's. To look for new
    # ones: pytest --hypothesis-profile=explore
    settings.register_profile("suite", derandomize=True)
    settings.register_profile("explore", derandomize=False)
    settings.load_profile("suite")
