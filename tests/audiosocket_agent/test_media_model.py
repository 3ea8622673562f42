"""A media process over real sockets whose calls are held by a language model."""

import asyncio
import json

import uvloop

from audiosocket_agent.dialogue import Mind
from audiosocket_agent.errors import Unreachable, VendorDown
from audiosocket_agent.journal import EndReason, Speaker
from audiosocket_agent.seams import Hearing, ToolCall, Transcript
from audiosocket_agent.workflow import Outcome
from tests.engines import ScriptedEar, ScriptedModel, ToneVoice
from tests.fake_asterisk import pbx


def run(scenario, tmp_path, *answers, ear=None, rules=True, **parts):
    model = ScriptedModel(*answers)

    async def main():
        async with pbx(tmp_path, ear=ear, mind=Mind(model, rules=rules), **parts) as it:
            it.model = model
            return await scenario(it)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as in production
        return runner.run(main())


def tool(name, **arguments):
    return ToolCall(f"call-{name}", name, json.dumps(arguments))


BOOKING = [
    [tool("record_details", service="leaking_tap", area="truro")], ["That is £75. Book it?"],
    [tool("record_details", wanted="yes")], ["Which day?"],
    [tool("record_details", day="tuesday", part="morning", callback="yes")], ["Is that right?"],
    [tool("create_booking")], ["Booked. Goodbye.", tool("end_call")],
]  # fmt: skip
SAID = ["A leaking tap in Truro.", "Yes.", "Tuesday morning.", "That's right."]


def turns_of(it, leg):
    return [it.notes.turns[leg.call_id, i] for i in range(len(it.notes.turns))]


def test_a_whole_call_through_the_model_books_and_is_on_record(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        for _ in SAID:
            assert await leg.answer()
        await leg.drain()
        assert leg.hung_up
        assert await it.ended(leg.call_id) == (EndReason.COMPLETED, Outcome.HANGUP)
        ((_, request),) = it.notes.booked
        assert (request.service, request.part) == ("leaking_tap", "morning")
        assert it.model.warmed == 1 and it.model.cancelled == 0
        return turns_of(it, leg)

    ear = ScriptedEar(*SAID, free=True)
    turns = run(scenario, tmp_path, *BOOKING, ear=ear)
    assert [t.text for t in turns if t.speaker is Speaker.CALLER] == SAID
    agent = [t for t in turns if t.speaker is Speaker.AGENT]
    assert [t.asks for t in agent] == ["service", "wanted", "day", "agreed", ""]
    assert agent[1].text == agent[1].heard == "That is £75. Book it?"
    marks = agent[1].marks_ms
    order = ["speech_end", "finalize", "stt_final", "decision", "draft", "llm_first_token"]
    order += ["reply_text", "tts_first_byte", "first_frame"]
    assert [marks[name] for name in order] == sorted(marks.values())
    assert list(marks.values()) == sorted(marks.values())
    assert "leaking tap" in ear.sessions[0].vocabulary and "truro" in ear.sessions[0].vocabulary


def test_the_first_words_are_heard_before_the_model_has_finished(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        assert await leg.answer()  # voiced again, though the model still waits
        more.set()
        await leg.until(voiced=False, frames=15)
        leg.close()
        await it.ended(leg.call_id)
        return turns_of(it, leg)[-1]

    more = asyncio.Event()
    said = ["Let me see what I can do for you. ", more, "It is fine."]
    turn = run(scenario, tmp_path, said, ear=ScriptedEar("Hello.", free=True))
    assert turn.text == "Let me see what I can do for you. It is fine."


def test_an_interruption_closes_the_model_and_history_keeps_what_was_heard(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        assert await leg.answer()
        await leg.until(voiced=True, frames=4)
        await leg.talk(400)
        await it.notes.until(lambda: len(it.model.requests) == 2)
        leg.close()
        await it.ended(leg.call_id)
        return it.model

    said = ["let us see what there is to be done about that ", asyncio.Event()]
    ear = ScriptedEar("Hello.", "Stop.", free=True)
    model = run(scenario, tmp_path, said, ["Yes?"], ear=ear, voice=ToneVoice(timed=True))
    assert model.cancelled == 1
    heard = model.requests[1].messages[3].content
    assert said[0].startswith(heard) and 2 <= len(heard.split()) < 10


def test_keys_pressed_while_the_model_still_speaks_answer_its_question(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        assert await leg.answer()
        for digit in b"871122#":
            leg.send(0x03, bytes([digit]))
            await leg.until(voiced=False, frames=2)
        await it.notes.until(lambda: any("[keys" in t.text for t in turns_of(it, leg)))
        leg.close()
        await it.ended(leg.call_id)
        return turns_of(it, leg)

    said = ["Which town is it in, or key in ", asyncio.Event()]  # it never comes to its end
    turns = run(scenario, tmp_path, said, ear=ScriptedEar("A leaking tap.", free=True))
    assert [t.text for t in turns if "[keys" in t.text] == ["[keys 871122]"]


def test_a_voice_paused_as_its_reply_turns_into_a_transfer_goes_on(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        assert await leg.answer()
        await leg.until(voiced=True, frames=4)
        await leg.talk(300)  # our voice waits, to hear what this is
        more.set()
        await leg.talk(200)
        await leg.drain()
        return await it.ended(leg.call_id)

    more = asyncio.Event()
    words = "one two three four five six seven eight nine ten " * 3
    said = [words, more, ToolCall("1", "transfer_to_person", "{}")]
    ended = run(scenario, tmp_path, said, ear=ScriptedEar("A person please.", free=True))
    assert ended == (EndReason.HANDED_OVER, Outcome.QUEUE)


def test_rules_hold_the_call_when_the_model_is_gone(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        for _ in range(7):
            assert await leg.answer()
        await leg.drain()
        return await it.ended(leg.call_id), len(it.notes.booked)

    words = [
        "A boiler service, please.",
        "TR1 2AB.",
        "Yes.",
        "Tuesday.",
        "Morning.",
        "Yes.",
        "Yes.",
    ]
    down = [[VendorDown("groq", "status 503")]] * 7
    ended, booked = run(scenario, tmp_path, *down, ear=ScriptedEar(*words, free=True))
    assert ended == (EndReason.COMPLETED, Outcome.HANGUP) and booked == 1


def test_without_rules_the_caller_is_told_and_reaches_a_person(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        await leg.answer()
        await leg.drain()
        assert (await it.outcome(leg.call_id))["next"] == "queue"
        return turns_of(it, leg)[-1].text

    down = [VendorDown("groq", "status 503")]
    said = run(scenario, tmp_path, down, ear=ScriptedEar("Hello.", free=True), rules=False)
    assert "put you through to a person" in said


def test_an_ear_that_breaks_ends_in_an_apology_and_a_person(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        await leg.answer()
        await leg.drain()
        return await it.ended(leg.call_id)

    ear = ScriptedEar(Unreachable("deepgram", "refused"), free=True)
    assert run(scenario, tmp_path, ear=ear) == (EndReason.ENGINE_FAILED, Outcome.SORRY)


def test_an_ear_that_ends_turns_by_itself_is_answered_once(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=False, frames=15)
        await leg.talk(400)
        ear.sessions[0].hear(Transcript("Hel", hearing=Hearing.PARTIAL))
        ear.sessions[0].hear(Transcript("Hello."))
        await leg.until(voiced=True)
        await leg.until(voiced=False, frames=40)  # past the silence that would have ended the turn
        leg.close()
        await it.ended(leg.call_id)
        return turns_of(it, leg)

    ear = ScriptedEar(free=True)
    turns = run(scenario, tmp_path, ["Hello to you."], ear=ear)
    assert [t.text for t in turns[1:]] == ["Hello.", "Hello to you."]
    assert {"stt_partial", "decision", "speech_end"} <= set(turns[2].marks_ms)


def test_what_an_ear_tells_while_the_caller_goes_on_is_answered_together(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=False, frames=15)
        await leg.talk(200)
        ear.sessions[0].hear(Transcript("It is"))
        await leg.talk(400)
        await leg.until(voiced=True)
        leg.close()
        await it.ended(leg.call_id)
        return turns_of(it, leg)[1].text

    ear = ScriptedEar("my tap.", free=True)
    assert run(scenario, tmp_path, ["I see."], ear=ear) == "It is my tap."
