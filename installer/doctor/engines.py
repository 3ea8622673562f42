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
from audiosocket_agent.errors import NotConfigured, ProviderError
from audiosocket_agent.vendors import Kind
from installer.doctor.findings import Finding, Verdict

CHECK_DEADLINE_S = 15.0
_WORDS = {Kind.STT: "speech to text", Kind.LLM: "language model", Kind.TTS: "text to speech"}


async def check_engines(
    settings: Settings, environ: Mapping[str, str] = os.environ
) -> list[Finding]:
    """Ask every engine the settings name, all at once."""
    wanted = [(kind, name) for kind in Kind for name in settings.chain(kind, environ)]
    seen = await asyncio.gather(*(_ask(kind, name, environ) for kind, name in wanted))
    return [
        finding
        for kind in Kind
        for finding in _judge([f for (k, _), f in zip(wanted, seen, strict=True) if k is kind])
    ]


async def _ask(kind: Kind, name: str, environ: Mapping[str, str]) -> Finding:
    check = f"{_WORDS[kind]}: {name}"
    if name == RULES:
        return Finding(check, Verdict.GREEN, "the built-in dialogue, needs no model")
    began = time.monotonic()
    try:
        async with asyncio.timeout(CHECK_DEADLINE_S):
            engine = await open_engine(kind, name, environ)
            try:
                await engine.check()
            finally:
                await engine.close()
    except TimeoutError:
        what = f"{name}: no answer within {CHECK_DEADLINE_S:g} s"
        return Finding(check, Verdict.RED, what, f"see VOICEAGENT_{name.upper()}_URL")
    except ProviderError as error:
        return Finding(check, Verdict.RED, error.what, _advice(kind, error))
    took_ms = (time.monotonic() - began) * 1000
    return Finding(check, Verdict.GREEN, f"answers, {took_ms:.0f} ms in all")


def _advice(kind: Kind, error: ProviderError) -> str:
    if isinstance(error, NotConfigured):
        return f"set it, or take {error.provider} out of VOICEAGENT_{kind.value.upper()}"
    if error.retryable:
        return "try again later; until then the next engine of the chain is used"
    return f"correct the setting, or take {error.provider} out of VOICEAGENT_{kind.value.upper()}"


def _judge(chain: Sequence[Finding]) -> list[Finding]:
    """Turn red into yellow where another engine of the same chain works: callers are served."""
    works = any(finding.verdict is Verdict.GREEN for finding in chain)
    return [
        Finding(f.check, Verdict.YELLOW, f.what, f.what_to_do)
        if works and f.verdict is Verdict.RED
        else f
        for f in chain
    ]
