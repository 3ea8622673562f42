"""Are the vendors there, do they take our keys, do they have the models the settings name?

Each engine is asked with a real request, the smallest its vendor has.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence

from ari_app.engines import open_engine
from ari_app.settings import RULES, Settings
from audiosocket_agent.errors import (
    DeadlineMissed,
    NotConfigured,
    PaymentRequired,
    ProviderError,
    RateLimited,
    StreamBroken,
    Unreachable,
)
from audiosocket_agent.options import variable_of
from audiosocket_agent.vendors import Kind, find
from installer.doctor.findings import Finding, Verdict

CHECK_DEADLINE_S = 15.0
_WORDS = {Kind.STT: "speech to text", Kind.LLM: "language model", Kind.TTS: "text to speech"}


async def check_engines(
    settings: Settings,
    environ: Mapping[str, str] = os.environ,
    deadline_s: float = CHECK_DEADLINE_S,
    *,
    hurried: bool = False,
) -> list[Finding]:
    """Ask every engine the settings name, all at once.

    Args:
        settings: Which engines.
        environ: Where their options are.
        deadline_s: How long one may take.
        hurried: Whether the deadline is so short that it may be this machine that is busy; then
            an engine that misses it is yellow, not red.
    """
    wanted = [(kind, name) for kind in Kind for name in settings.chain(kind, environ)]
    seen = await asyncio.gather(
        *(_ask(kind, name, environ, deadline_s, hurried) for kind, name in wanted)
    )
    findings = []
    for kind in Kind:
        chain = [(n, f) for (k, n), f in zip(wanted, seen, strict=True) if k is kind]
        findings += _judge(chain)
    return findings


async def _ask(
    kind: Kind, name: str, environ: Mapping[str, str], deadline_s: float, hurried: bool
) -> Finding:
    check = f"{_WORDS[kind]}: {name}"
    if name == RULES:
        return Finding(check, Verdict.GREEN, "the built-in dialogue, needs no model")
    began = time.monotonic()
    try:
        async with asyncio.timeout(deadline_s):
            engine = await open_engine(kind, name, environ)
            try:
                await engine.check()
            finally:
                await engine.close()
    except TimeoutError:
        what = f"no answer within {deadline_s:.2g} s; check {_address(kind, name)}"
        advice = _advice(kind, DeadlineMissed(name, what))
        if hurried:
            return Finding(check, Verdict.YELLOW, what, f"{advice}, or try with --patience 20")
        return Finding(check, Verdict.RED, what, advice)
    except ProviderError as error:
        return Finding(check, Verdict.RED, error.what, _advice(kind, error))
    except Exception as error:  # a fault in one engine's file must not hide the other findings
        # Without the text: a foreign exception's may hold anything, keys included.
        what = f"the engine itself fails ({type(error).__name__})"
        return Finding(check, Verdict.RED, what, f"take {name} out of {_setting(kind)}")
    took_ms = (time.monotonic() - began) * 1000
    return Finding(check, Verdict.GREEN, f"answers, {took_ms:.0f} ms in all")


def _advice(kind: Kind, error: ProviderError) -> str:
    if isinstance(error, Unreachable | DeadlineMissed | StreamBroken):
        return "check the address, the network and the firewall"
    if isinstance(error, PaymentRequired):
        return "top up the account at the vendor"
    if isinstance(error, RateLimited):
        return "raise the limits of the account at the vendor, or try again later"
    if error.retryable:
        return "try again later: the fault is the vendor's"
    mend = "set it" if isinstance(error, NotConfigured) else "correct the setting"
    return f"{mend}, or take {error.provider} out of {_setting(kind)}"


def _setting(kind: Kind) -> str:
    return f"VOICEAGENT_{kind.value.upper()}"


def _address(kind: Kind, name: str) -> str:
    """Return the setting that says where an engine's vendor is; engines may share one."""
    url = find(kind, name).options.model_fields.get("url")
    return _setting(kind) if url is None else variable_of("url", url, name)


def _judge(chain: Sequence[tuple[str, Finding]]) -> list[Finding]:
    """Say who serves callers meanwhile; where an engine of the chain does, red is yellow."""
    works = next((name for name, f in chain if f.verdict is Verdict.GREEN), "")
    verdict = Verdict.YELLOW if works else Verdict.RED
    meanwhile = f"until then calls use {works}" if works else "until then callers go to people"
    return [
        Finding(f.check, verdict, f.what, f"{f.what_to_do}; {meanwhile}")
        if f.verdict is Verdict.RED
        else f
        for _, f in chain
    ]
