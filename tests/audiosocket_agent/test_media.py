"""A media process over real sockets: admission, bad input, and every way a call can end."""

import asyncio
import uuid

import pytest
import uvloop

from audiosocket_agent.journal import EndReason, Speaker
from audiosocket_agent.workflow import Outcome
from tests.engines import ScriptedEar, ToneVoice
from tests.fake_asterisk import SILENCE, Notes, pbx


def run(scenario, tmp_path, **parts):
    async def main():
        async with pbx(tmp_path, **parts) as it:
            return await scenario(it)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as in production
        return runner.run(main())


ANSWERS = ["boiler service", "truro", "yes please", "tuesday", "morning", "yes", "yes"]


def test_a_whole_call_books_says_goodbye_and_ends_with_0x00(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        for _ in ANSWERS:
            assert await leg.answer()
        await leg.drain()
        assert leg.hung_up
        assert await it.ended(leg.call_id) == (EndReason.COMPLETED, Outcome.HANGUP)
        assert await it.outcome(leg.call_id) == {"ok": True, "next": "hangup"}
        ((call_id, request),) = it.notes.booked
        assert (call_id, request.service, request.phone) == (
            leg.call_id,
            "boiler_service",
            "01632960123",
        )
        return [it.notes.turns[leg.call_id, i] for i in range(len(it.notes.turns))]

    turns = run(scenario, tmp_path, ear=ScriptedEar(*ANSWERS))
    assert [t.text for t in turns if t.speaker is Speaker.CALLER] == ANSWERS
    assert all(t.done and t.heard == t.text and not t.interrupted for t in turns)
    answer = turns[2].marks_ms
    order = ["speech_end", "finalize", "stt_final", "decision", "draft", "reply_text"]
    order += ["tts_first_byte", "first_frame"]
    assert sorted(answer, key=order.index) == order
    assert [answer[name] for name in order] == sorted(answer.values())


def test_frames_flow_from_the_first_moment_to_the_last(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        before = len(leg.frames)
        await leg.until(voiced=False, frames=50)
        return before

    assert run(scenario, tmp_path) < 10


def test_barge_in_silences_us_and_history_keeps_what_was_heard(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True, frames=15)
        at = len(leg.frames)
        await leg.talk(400)
        await leg.until(voiced=False, frames=3)
        assert SILENCE in leg.frames[at : at + 15]
        greeting = it.notes.turns[leg.call_id, 0]
        leg.close()
        return greeting

    greeting = run(scenario, tmp_path, ear=ScriptedEar("boiler service"))
    assert greeting.interrupted and greeting.text.startswith(greeting.heard)
    assert 7 <= len(greeting.heard.split()) <= 14  # 15 frames and the few until onset; 2 a word


@pytest.mark.parametrize("how", ["close", "reset"])
def test_the_caller_hanging_up_is_end_of_stream_or_reset(tmp_path, how):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True, frames=10)
        getattr(leg, how)()
        return await it.ended(leg.call_id)

    assert run(scenario, tmp_path) == (EndReason.CALLER_HUNG_UP, None)


def test_a_caller_who_is_still_there_after_the_audio_ended_goes_to_people(tmp_path):
    async def scenario(it):
        leg = await it.call()
        leg.close()
        await it.ended(leg.call_id)
        assert await it.outcome(leg.call_id) == {"ok": True, "next": "sorry"}
        return it.notes.ends[leg.call_id]

    assert run(scenario, tmp_path) == (EndReason.CONNECTION_LOST, Outcome.SORRY)


def test_a_call_that_registers_and_never_connects_is_recorded(tmp_path):
    async def scenario(it):
        it.media._registry.admission_s = 0.1
        call_id, _ = await it.register()
        return await it.ended(call_id)

    assert run(scenario, tmp_path) == (EndReason.NEVER_CONNECTED, None)


def test_uuids_unknown_repeated_and_garbage_are_hung_up_on(tmp_path):
    async def scenario(it):
        good = await it.call()
        await good.until(voiced=True)
        for kind, payload in [
            (0x01, uuid.uuid4().bytes),
            (0x01, good.call_id.bytes),
            (0x01, b"garbage"),
            (0x10, SILENCE),
            (0x42, b"?"),
            (0x10, bytes(65535)),
        ]:
            leg = await it.connect()
            leg.send(kind, payload)
            assert await leg.read() is None and leg.hung_up, (kind, payload[:8])
            leg.close()
        return await good.until(voiced=True, frames=5)  # nobody else noticed

    assert run(scenario, tmp_path)


def test_connections_that_say_nothing_or_half_a_header_time_out(tmp_path):
    async def scenario(it):
        legs = [await it.connect(), await it.connect()]
        legs[1].writer.write(b"\x01\x00")
        assert [await leg.read() for leg in legs] == [None, None]
        assert all(leg.hung_up for leg in legs)

    run(scenario, tmp_path)


def test_odd_messages_inside_a_call_do_not_hurt_it(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        leg.send(0x42, b"unknown")
        leg.send(0x10, bytes(65535))
        leg.send(0x12, bytes(640))
        leg.send(0x03, b"X")
        leg.send(0xFF, b"\x01")
        leg.send(0x03, b"0")
        await leg.drain()
        return await it.outcome(leg.call_id)

    assert run(scenario, tmp_path)["next"] == "queue"


def test_a_silent_caller_reaches_a_person(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.drain()
        return await it.ended(leg.call_id)

    hurried = _company(no_input_s=1.0)
    assert run(scenario, tmp_path, companies=hurried) == (EndReason.HANDED_OVER, Outcome.QUEUE)


def test_a_call_that_lasts_too_long_reaches_a_person(tmp_path):
    async def scenario(it):
        it.media._companies = {
            did: c.model_copy(update={"max_call_s": 1}) for did, c in it.media._companies.items()
        }
        leg = await it.call()
        await leg.drain()
        return await it.ended(leg.call_id)

    assert run(scenario, tmp_path) == (EndReason.HANDED_OVER, Outcome.QUEUE)


def test_a_broken_voice_takes_the_caller_to_people_and_spares_others(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        assert not await leg.answer()
        assert leg.hung_up
        assert await it.outcome(leg.call_id) == {"ok": True, "next": "sorry"}
        other = await it.call()
        assert await other.until(voiced=True)
        return it.notes.ends[leg.call_id]

    voice = ToneVoice(fail_on="Which town")
    ear = ScriptedEar("boiler service")
    ended = run(scenario, tmp_path, voice=voice, ear=ear)
    assert ended == (EndReason.ENGINE_FAILED, Outcome.SORRY)


def test_a_closed_diary_takes_the_caller_to_people(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        for _ in ANSWERS:
            await leg.answer()
        await leg.drain()
        return await it.ended(leg.call_id)

    notes = Notes(booking_fails=True)
    ended = run(scenario, tmp_path, ear=ScriptedEar(*ANSWERS), notes=notes)
    assert ended == (EndReason.HANDED_OVER, Outcome.QUEUE)


def test_hanging_up_while_the_booking_is_made_keeps_the_booking(tmp_path):
    class SlowDiary(Notes):
        def __init__(self):
            super().__init__()
            self.asked = asyncio.Event()

        async def book(self, *args):
            self.asked.set()
            await asyncio.sleep(0.3)
            return await super().book(*args)

    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        for _ in ANSWERS:
            await leg.answer()
        await it.notes.asked.wait()
        leg.reset()
        assert await it.ended(leg.call_id) == (EndReason.CALLER_HUNG_UP, None)
        ((call_id, _),) = await it.notes.until(lambda: it.notes.booked)
        return call_id == leg.call_id

    assert run(scenario, tmp_path, ear=ScriptedEar(*ANSWERS), notes=SlowDiary())


def test_a_booking_is_under_way_while_it_is_announced(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        for _ in ANSWERS:
            await leg.answer()
        leg.reset()  # in the first words of "One moment, I'm booking that for you"
        assert await it.ended(leg.call_id) == (EndReason.CALLER_HUNG_UP, None)
        assert await it.notes.until(lambda: it.notes.booked)

    run(scenario, tmp_path, ear=ScriptedEar(*ANSWERS))


def test_a_full_house_and_an_unknown_number_are_refused_at_registration(tmp_path):
    async def scenario(it):
        assert (await it.register(did="440000000000"))[1] == {"ok": False, "error": "unknown_did"}
        assert (await it.register())[1]["ok"]
        assert (await it.register())[1] == {"ok": False, "error": "full"}

    run(scenario, tmp_path, capacity=1)


def test_stopping_the_process_ends_calls_towards_people(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True, frames=3)
        it.stop.set()
        await leg.drain()
        assert leg.hung_up
        return it.notes.ends[leg.call_id]

    assert run(scenario, tmp_path) == (EndReason.AGENT_STOPPED, Outcome.SORRY)


def test_every_call_is_recorded_as_ended_exactly_once(tmp_path):
    async def scenario(it):
        legs = [await it.call() for _ in range(5)]
        await asyncio.gather(*(leg.until(voiced=True, frames=5) for leg in legs))
        for leg in legs:
            leg.close()
        for leg in legs:
            await it.ended(leg.call_id)
        return sorted(kind for kind, _ in it.notes.events)

    kinds = run(scenario, tmp_path)
    assert kinds == ["connected"] * 5 + ["ended"] * 5 + ["registered"] * 5


def test_no_log_line_tells_who_called_or_what_was_said(tmp_path, caplog):
    async def scenario(it):
        leg = await it.call(caller="01632960777")
        await leg.until(voiced=True)
        for answer in ("boiler service", "truro"):
            assert await leg.answer(), answer
        leg.send(0x03, b"1")
        await leg.until(voiced=False, frames=5)
        leg.send(0x42, b"unknown")
        leg.close()
        await it.ended(leg.call_id)

    with caplog.at_level("DEBUG"):
        run(scenario, tmp_path, ear=ScriptedEar("boiler service", "truro"))
    lines = "\n".join(record.getMessage() for record in caplog.records)
    assert "call connected" in lines and "call ended" in lines
    for secret in ("960777", "boiler", "truro", "Which town", "Harbour"):
        assert secret not in lines


@pytest.mark.parametrize(
    "line",
    [b"", b"not json", b"[]", b"{}", b'{"op":"dance"}', b'{"op":"outcome"}',
     b'{"op":"register"}', b'{"op":"outcome","uuid":"x"}', b"\xff\xfe",
     b'{"op":"register","uuid":"00000000-0000-0000-0000-000000000001","did":"44;DROP"}'],
)  # fmt: skip
def test_the_link_answers_nonsense_with_an_error(tmp_path, line):
    async def scenario(it):
        reply = await it.ask(line)
        assert reply["ok"] is False and reply["error"] in ("bad_request", "unknown")
        assert (await it.ask({"op": "status"}))["load"] == 0

    run(scenario, tmp_path)


def _company(**changes):
    from audiosocket_agent.company import load_companies
    from tests.fake_asterisk import SHIPPED

    return {did: c.model_copy(update=changes) for did, c in load_companies(SHIPPED).items()}
