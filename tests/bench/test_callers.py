"""A planned caller on the telephone, against a peer that sends back what it hears."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from bench.callers import Callers, Held, Sounds
from bench.corpus import Utterance
from bench.plans import Item, Mode, Plan
from bench.voices import VOICES
from tests.phone import Phone, heard
from tests.phone.sandbox import Endpoints
from tests.phone_tests.peer import peer

pytestmark = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")

_SPOKEN = Utterance("my postcode is |400| T R one", "postcode", "area")
_PLAN = Plan(3, VOICES[0], "clean", (Item(_SPOKEN, Mode.BARGE), Item("cough", Mode.ALARM, 1.0)))


def _hold(plan: Plan, script: Path) -> tuple[Held, heard.Sound]:
    """Hold the plan; again where the telephone itself was late, which says nothing of the times."""
    for _ in range(8):
        script.unlink(missing_ok=True)
        held, sound = _hold_once(plan, script)
        assert held.call is not None
        if held.call.media.lateness.worst_s < 0.04:
            break
    return held, sound


def _hold_once(plan: Plan, script: Path) -> tuple[Held, heard.Sound]:
    async def main() -> tuple[Held, heard.Sound]:
        async with peer() as answering, Phone("127.0.0.1", answering.port) as phone:
            at = Endpoints("127.0.0.1", answering.port, "100", script, script.parent)
            sounds = Sounds()
            sounds.prepare([plan])
            held = await Callers(at, phone, script, sounds).hold(plan)
            assert held.call is not None
            return held, held.call.sound()

    return asyncio.run(main())


def test_what_is_said_is_timed_by_its_voice_and_told_to_the_ear(tmp_path: Path) -> None:
    held, sound = _hold(_PLAN, tmp_path / "script.jsonl")
    assert held.error == "" and not held.ended_early
    spoken, cough = held.said
    assert (spoken.text, spoken.mode, cough.kind, cough.text) == (
        _SPOKEN.text, Mode.BARGE, "cough", "",
    )  # fmt: skip
    # The peer sends each frame back at once: what comes back first and last was sent just before.
    back = heard.segments(sound, join_s=0.6)
    assert len(back) == 2
    for said, segment in zip(held.said, back, strict=True):
        assert 0 <= segment.start - said.start < 0.05
        assert -0.001 <= segment.end - heard.FRAME_S - said.end < 0.07  # a soft tail is no voice
    segments = json.loads((tmp_path / "script.jsonl").read_text())["segments"]
    assert [text for text, _ in segments] == ["my postcode is", "T R one", ""]
    voice_ms = sum(ms for _, ms in segments[:2]) + 400
    assert (spoken.end - spoken.start) * 1000 == pytest.approx(voice_ms, abs=41)


def test_a_refused_call_is_an_error_of_its_own(tmp_path: Path) -> None:
    async def main() -> Held:
        async with peer(plan=(503,)) as answering, Phone("127.0.0.1", answering.port) as phone:
            at = Endpoints("127.0.0.1", answering.port, "100", tmp_path, tmp_path)
            return await Callers(at, phone, tmp_path / "script.jsonl", Sounds()).hold(_PLAN)

    held = asyncio.run(main())
    assert held.call is None and "503" in held.error and held.said == []
