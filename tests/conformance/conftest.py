"""The proof of faithfulness runs where the vendors' SDKs are: `make conformance`.

Everywhere else its tests are not even collected. Under `make conformance` a missing SDK, a skipped
test, or a wire of which not one frame was validated is a failure.
"""

import importlib.util
import os

import pytest

from tests.conformance.strict import TALLY

SDKS = ("cartesia", "deepgram", "groq", "openai")
WIRES = ("deepgram v1", "deepgram v2", "groq", "openai", "cartesia")
REQUIRED = os.environ.get("CONFORMANCE") == "required"
MISSING = [sdk for sdk in SDKS if importlib.util.find_spec(sdk) is None]

collect_ignore_glob = ["test_*.py"] if MISSING else []


def pytest_configure(config):
    # Deepgram's SDK still uses what websockets calls legacy, and pydantic's old spellings.
    for what in ("websockets", "The `(dict|json)` method", "remove loop argument"):
        config.addinivalue_line("filterwarnings", f"ignore:.*{what}:DeprecationWarning")
    if REQUIRED and MISSING:
        raise pytest.UsageError(f"not installed: {', '.join(MISSING)}")


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch):
    """Keep the machine's own keys, proxies and hosts out of what is proven."""
    for name in os.environ:
        if name.endswith(("_API_KEY", "_BASE_URL")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if REQUIRED and report.skipped:
        report.outcome, report.longrepr = "failed", "skipped, though everything has to run here"
    return report


def pytest_sessionfinish(session):
    whole = REQUIRED and session.config.args == ["tests/conformance"]
    session.config.stash[_UNPROVEN] = (
        _unproven() if whole and not session.config.option.keyword else []
    )
    if session.config.stash[_UNPROVEN]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if not TALLY:
        return
    terminalreporter.section("frames validated against the vendors' SDKs")
    for (wire, sender), count in sorted(TALLY.items()):
        terminalreporter.line(f"{wire:12} {sender:10} {count:6}")
    for wire, sender in config.stash.get(_UNPROVEN, []):
        terminalreporter.line(f"{wire:12} {sender:10}   NOT ONE", red=True)


_UNPROVEN = pytest.StashKey[list[tuple[str, str]]]()


def _unproven():
    wanted = [(wire, sender) for wire in WIRES for sender in ("our client", "SDK", "simulator")]
    return [pair for pair in wanted if not TALLY[pair]]
