"""An answer may be begun on a guess: until it is committed it changes nothing and books nothing."""

import asyncio
import json
import selectors
from contextlib import suppress
from datetime import date

import pytest

from audiosocket_agent import wording
from audiosocket_agent.company import load_companies
from audiosocket_agent.conversation import (
    Booked,
    BookingFailed,
    Facts,
    Heard,
    Keyed,
    Offer,
    Overtime,
    Phase,
    Reply,
    Seek,
    Started,
    Why,
)  # fmt: skip
from audiosocket_agent.dialogue import Dialogue, Mind
from audiosocket_agent.errors import IllegalEvent, VendorDown
from audiosocket_agent.journal import Speaker
from audiosocket_agent.seams import ToolCall, Usage
from audiosocket_agent.speech import Line
from audiosocket_agent.workflow import Outcome, Slot, Step
from tests.engines import ScriptedModel
from tests.fake_asterisk import DID, SHIPPED

FACTS = Facts(load_companies(SHIPPED)[DID], "01632960123", date(2026, 11, 21))
DOWN = VendorDown("groq", "status 503")
PRICE = "A leaking tap repair in Truro costs 75 pounds."
BOTH = Heard("a leaking tap in Truro")
MUMBLED = Heard("that thing again")


class HurriedLoop(asyncio.SelectorEventLoop):
    """Time passes at once where there is nothing to do but wait."""

    class _Selector(selectors.DefaultSelector):
        passed_s = 0.0

        def select(self, timeout=None):
            events = super().select(0 if timeout is not None else None)
            if not events and timeout:
                self.passed_s += timeout
            return events

    def __init__(self):
        self._waits = self._Selector()
        super().__init__(self._waits)

    def time(self):
        return super().time() + self._waits.passed_s


def tool(name, **arguments):
    return ToolCall(f"call-{name}", name, json.dumps(arguments))


RECORD = tool("record_details", service="leaking_tap", area="truro")


class Talk:
    def __init__(self, *answers, rules=True):
        self.model = ScriptedModel(*answers)
        self.made = []
        self.counter = asyncio.Event()  # set when the booking may be made
        self.counter.set()
        self.result = Booked("654321")
        self.dialogue = Dialogue(Mind(self.model, rules=rules), FACTS, self.book, "call")

    async def book(self, request):
        self.made.append(request)
        await self.counter.wait()
        return self.result

    def draft(self, event, history=(), free_speech=True):
        return self.dialogue.draft(event, history, free_speech=free_speech)

    def given(self, event, **how):
        draft = self.draft(event, **how)
        self.dialogue.commit(draft)
        return draft

    async def until_read_back(self):
        """Hold the call up to the question whether everything is right, without a model."""
        for text in (BOTH.text, "yes", "Tuesday", "morning", "yes"):
            await pieces_of(self.given(Heard(text), free_speech=False))
        assert self.dialogue.state.step is Step.BOOK


async def pieces_of(draft):
    return [piece async for piece in draft.pieces()]


async def settle():
    """Let everything run that can."""
    for _ in range(50):
        await asyncio.sleep(0)


def run(scenario, *answers, **how):
    async def main():
        talk = Talk(*answers, **how)
        await pieces_of(talk.given(Started(open_question=True)))
        return await scenario(talk)

    with asyncio.Runner(loop_factory=HurriedLoop) as runner:
        return runner.run(main())


def situation_of(request):
    told = request.messages[-2].content
    return json.loads(told[told.index("{") :])


# --- what is not committed was never -------------------------------------------------------------


@pytest.mark.parametrize(
    "answers",
    [
        [["Fine. ", RECORD], ["75 pounds."]],
        [[RECORD, tool("record_details", day="friday")], ["75 pounds."]],
        [[tool("end_call")], ["Anything else?"]],
        [["Goodbye.", tool("end_call")], ["Really?", tool("end_call")]],
        [[tool("transfer_to_person")]],
        [[RECORD], [DOWN]],
        [[DOWN]],
    ],
)
@pytest.mark.parametrize("event", [BOTH, MUMBLED])
def test_a_draft_that_is_not_committed_leaves_no_trace(answers, event):
    async def scenario(talk):
        before = talk.dialogue.state
        draft = talk.draft(event)
        pieces = await pieces_of(draft)
        assert sum(isinstance(piece, Reply) for piece in pieces) == 1
        assert draft.state != before  # it was about to change something
        assert talk.dialogue.state is before and not talk.dialogue.reopen()
        again = talk.draft(event)
        assert again.state is before and again.end is None

    run(scenario, *answers)


@pytest.mark.parametrize("event", [Keyed("2"), Heard(""), Overtime(), Heard("a person please")])
def test_a_draft_by_the_rules_leaves_no_trace_either(event):
    async def scenario(talk):
        before = talk.dialogue.state
        draft = talk.draft(event, free_speech=False)
        await pieces_of(draft)
        assert draft.state != before and talk.dialogue.state is before
        talk.dialogue.commit(draft)
        assert talk.dialogue.state is draft.state

    run(scenario)


def test_the_model_is_told_the_same_after_a_draft_that_was_thrown_away():
    async def scenario(talk):
        thrown = talk.draft(MUMBLED).pieces()
        assert [await anext(thrown) for _ in range(2)] == ["So, ", " "]
        assert await anext(thrown) == "a "
        await thrown.aclose()
        assert talk.model.cancelled == 1
        await pieces_of(talk.given(MUMBLED))
        first, _, third = talk.model.requests
        assert situation_of(first) == situation_of(third)
        assert situation_of(first)["known"] == {}

    run(scenario, ["So, ", RECORD], ["a ", asyncio.Event(), "never"], ["Sorry?"])


def test_a_draft_whose_task_is_cancelled_closes_the_models_answer():
    async def scenario(talk):
        thinking = asyncio.create_task(pieces_of(talk.draft(BOTH)))
        await settle()
        thinking.cancel()
        with suppress(asyncio.CancelledError):
            await thinking
        assert talk.model.cancelled == 1 and talk.dialogue.state.slots == {}

    run(scenario, ["Well, ", asyncio.Event()])


# --- the commit ----------------------------------------------------------------------------------


def test_a_draft_that_was_held_to_its_end_is_real_from_its_commit():
    async def scenario(talk):
        draft = talk.draft(BOTH)
        *words, reply = await pieces_of(draft)
        assert "".join(words) == "That is 75 pounds." and reply.asks is Slot.WANTED
        talk.dialogue.commit(draft)
        assert talk.dialogue.state.step is Step.QUOTE

    run(scenario, ["That is ", "75 pounds."])


def test_what_a_draft_does_after_its_commit_is_real_too():
    async def scenario(talk):
        draft = talk.draft(MUMBLED)
        answering = asyncio.create_task(pieces_of(draft))
        await settle()
        talk.dialogue.commit(draft)
        assert talk.dialogue.state.slots == {}
        more.set()
        await answering
        assert talk.dialogue.state.slots[Slot.AREA] == "truro"
        assert talk.dialogue.state.step is Step.QUOTE

    more = asyncio.Event()
    run(scenario, ["Let me see. ", more, RECORD], ["75 pounds."])


def test_an_answer_that_was_overtaken_by_another_changes_nothing_any_more():
    async def scenario(talk):
        earlier = talk.given(MUMBLED)
        answering = asyncio.create_task(pieces_of(earlier))
        await settle()
        await pieces_of(talk.given(Heard("in Falmouth")))
        more.set()
        await answering
        assert talk.dialogue.state.slots == {Slot.AREA: "falmouth"}

    more = asyncio.Event()
    run(scenario, ["Let me see. ", more, RECORD], ["And what is it?"], ["75 pounds."])


def test_a_draft_is_committed_once():
    async def scenario(talk):
        draft = talk.given(BOTH)
        with pytest.raises(IllegalEvent):
            talk.dialogue.commit(draft)

    run(scenario)


# --- tools with effects --------------------------------------------------------------------------


def test_a_booking_waits_for_the_commit():
    async def scenario(talk):
        await talk.until_read_back()
        draft = talk.draft(Heard("yes"))
        answering = asyncio.create_task(pieces_of(draft))
        await settle()
        assert talk.made == [] and talk.dialogue.state.phase is Phase.ASKING
        talk.dialogue.commit(draft)
        pieces = await answering
        assert [request.area for request in talk.made] == ["truro"]
        assert pieces[0] == "One moment." and pieces[-1].end is Outcome.HANGUP
        assert talk.dialogue.state.step is Step.CLOSE

    run(scenario, ["One moment.", tool("create_booking")], ["Booked. Goodbye.", tool("end_call")])


def test_nothing_is_booked_by_a_draft_that_is_thrown_away():
    async def scenario(talk):
        await talk.until_read_back()
        before = talk.dialogue.state
        answering = asyncio.create_task(pieces_of(talk.draft(Heard("yes"))))
        await settle()
        answering.cancel()
        with suppress(asyncio.CancelledError):
            await answering
        await settle()
        assert talk.made == [] and talk.dialogue.state is before
        await pieces_of(talk.given(Heard("yes that's right")))
        assert len(talk.made) == 1

    run(scenario, [tool("create_booking")], [tool("create_booking")], ["Booked."])


def test_while_a_booking_is_made_the_conversation_accepts_nothing_else():
    async def scenario(talk):
        await talk.until_read_back()
        talk.counter.clear()
        answering = asyncio.create_task(pieces_of(talk.given(Heard("yes"))))
        await settle()
        assert talk.dialogue.state.phase is Phase.BOOKING
        talk.result = BookingFailed()
        talk.counter.set()
        reply, line = await answering
        assert reply.seek == Seek(Why.BOOKING) and line == Line(wording.TO_PERSON_BOOKING)

    run(scenario, [tool("create_booking")])


def booking_that_takes(seconds):
    """Return what the caller hears while and after a booking is made, with times."""

    async def scenario(talk):
        now = asyncio.get_running_loop().time
        await talk.until_read_back()
        talk.counter.clear()
        begun = now()
        asyncio.get_running_loop().call_later(seconds, talk.counter.set)
        return [
            (round(now() - begun, 1), piece)
            async for piece in talk.given(Heard("yes")).pieces()
            if not isinstance(piece, Reply)
        ]

    return run(scenario, [tool("create_booking")], ["Booked, 654321."])


def test_a_booking_that_takes_long_is_bridged_one_sentence_at_a_time():
    first_s = FACTS.company.comfort_after_s
    comforted = [(t, piece.text) for t, piece in booking_that_takes(60) if isinstance(piece, Line)]
    times = [round(first_s + 4 * n, 1) for n in range(len(wording.COMFORT))]
    assert comforted == list(zip(times, wording.COMFORT, strict=True))


def test_what_follows_a_sentence_of_comfort_is_set_apart_from_it():
    heard = booking_that_takes(2)
    said = [piece if isinstance(piece, str) else f"[{piece.text}]" for _, piece in heard]
    assert "".join(said) == f"[{wording.COMFORT[0]}] Booked, 654321."


def test_a_booking_that_is_quick_needs_no_comfort():
    assert "".join(piece for _, piece in booking_that_takes(0.5)) == "Booked, 654321."


def test_a_reference_that_the_model_does_not_tell_is_told_all_the_same():
    async def scenario(talk):
        await talk.until_read_back()
        *_, line, reply = await pieces_of(talk.given(Heard("yes")))
        assert line == Line("That's booked. Your reference is 6, 5, 4, 3, 2, 1.")

    run(scenario, [tool("create_booking")], ["All done."])


@pytest.mark.parametrize("text", ["no, wait", "hmm", "is it raining", "yes but not there"])
def test_a_model_books_nothing_before_the_caller_has_said_yes(text):
    async def scenario(talk):
        await talk.until_read_back()
        await pieces_of(talk.given(Heard(text)))
        assert talk.made == []
        assert "has not said yes" in talk.model.requests[-1].messages[-1].content

    run(scenario, [tool("create_booking")], ["Is that right?"])


def test_what_the_model_may_not_say_is_said_by_the_code_instead():
    async def scenario(talk):
        draft = talk.given(BOTH)
        words = "".join(p for p in await pieces_of(draft) if isinstance(p, str))
        assert words == (
            "That will be... sorry, no. A leaking tap repair costs 75 pounds. Shall we book it?"
        )

    run(scenario, ["That will", " be", " fifty", " quid", ".", " Shall we", " book it", "?"])


# --- what is written down before the model is asked ----------------------------------------------


def test_plain_words_cost_one_round():
    async def scenario(talk):
        *words, reply = await pieces_of(talk.given(BOTH))
        assert "".join(words) == "75 pounds. Book it?" and reply.asks is Slot.WANTED
        (request,) = talk.model.requests
        stands = situation_of(request)
        assert stands["recorded"] == {"service": "leaking_tap", "area": "truro"}
        assert stands["tell"] == [PRICE] and stands["ask"] == "Would you like to book it?"
        assert stands["step"] == "quote"

    run(scenario, ["75 pounds. ", "Book it?"])


def test_words_that_give_nothing_are_told_of_as_ever():
    async def scenario(talk):
        await pieces_of(talk.given(MUMBLED))
        assert set(situation_of(talk.model.requests[0])) == {
            "step",
            "goal",
            "known",
            "needed",
            "ask",
            "asks",
        }

    run(scenario, ["Sorry?"])


def test_rules_tell_what_the_model_was_to_tell():
    async def scenario(talk):
        draft = talk.draft(BOTH)
        reply, *lines = await pieces_of(draft)
        assert lines == [Line(PRICE), Line("Would you like to book it?")]
        assert reply.asks is Slot.WANTED and talk.dialogue.state.slots == {}
        talk.dialogue.commit(draft)
        assert talk.dialogue.state.asked is Slot.WANTED

    run(scenario, [DOWN])


def test_a_model_that_records_again_is_told_again():
    async def scenario(talk):
        await pieces_of(talk.given(BOTH))
        answer = json.loads(talk.model.requests[1].messages[-1].content)
        assert answer["facts"] == [PRICE]

    run(scenario, [RECORD], ["75 pounds."])


def test_what_was_written_down_wrongly_is_corrected_by_the_model():
    async def scenario(talk):
        *_, reply = await pieces_of(talk.given(BOTH))
        answer = json.loads(talk.model.requests[1].messages[-1].content)
        assert answer["facts"] == ["A leaking tap repair in Redruth costs 75 pounds."]
        assert talk.dialogue.state.slots[Slot.AREA] == "redruth" and reply.asks is Slot.WANTED

    run(scenario, [tool("record_details", area="redruth")], ["75 pounds."])


def test_what_was_corrected_is_what_rules_tell():
    async def scenario(talk):
        _, *lines = await pieces_of(talk.given(BOTH))
        assert lines[0] == Line("A leaking tap repair in Redruth costs 75 pounds.")
        assert len(lines) == 2

    run(scenario, [tool("record_details", area="redruth")], [DOWN])


def test_a_price_written_down_in_this_turn_cannot_be_agreed_to_in_it():
    async def scenario(talk):
        await pieces_of(talk.given(BOTH))
        answer = json.loads(talk.model.requests[1].messages[-1].content)
        assert "wanted" in answer["refused"]
        assert Slot.WANTED not in talk.dialogue.state.slots

    run(scenario, [tool("record_details", wanted="yes")], ["75 pounds?"])


def test_a_read_back_written_down_in_this_turn_cannot_be_booked_in_it():
    async def scenario(talk):
        for text in (BOTH.text, "yes", "Tuesday morning", "yes"):
            *_, reply = await pieces_of(talk.given(Heard(text)))
        assert talk.made == [] and reply.asks is Slot.AGREED

    run(
        scenario, ["75?"], ["When?"], ["Your number?"], [tool("create_booking")], ["Is that right?"]
    )


# --- questions that were not heard ---------------------------------------------------------------

UNHEARD = [(Speaker.AGENT, "Hello."), (Speaker.CALLER, "Yes"), (Speaker.AGENT, "")]


def test_a_price_that_nobody_heard_cannot_be_agreed_to():
    async def scenario(talk):
        await pieces_of(talk.given(BOTH))
        await pieces_of(talk.given(Heard("yes"), history=UNHEARD))
        stands = situation_of(talk.model.requests[1])
        assert stands["tell"] == [PRICE] and "recorded" not in stands
        answer = json.loads(talk.model.requests[2].messages[-1].content)
        assert "wanted" in answer["refused"] and answer["facts"] == [PRICE]
        await pieces_of(talk.given(Heard("yes"), history=[*UNHEARD, (Speaker.AGENT, "It is")]))
        assert talk.dialogue.state.slots[Slot.WANTED] == "yes"

    wanted = tool("record_details", wanted="yes")
    run(scenario, ["75?"], [wanted], ["75?"], ["When?"])


def test_a_read_back_that_nobody_heard_books_nothing():
    async def scenario(talk):
        await talk.until_read_back()
        await pieces_of(talk.given(Heard("yes"), history=UNHEARD))
        assert talk.made == [] and talk.dialogue.state.step is Step.BOOK
        answer = json.loads(talk.model.requests[1].messages[-1].content)
        assert answer["booked"] is False and "So that's" in answer["facts"][0]
        await pieces_of(talk.given(Heard("yes")))
        assert len(talk.made) == 1

    run(
        scenario,
        [tool("create_booking")],
        ["Is that right?"],
        [tool("create_booking")],
        ["Booked."],
    )


def test_rules_tell_a_price_that_nobody_heard():
    async def scenario(talk):
        await pieces_of(talk.given(BOTH))
        _, first, *_ = await pieces_of(talk.given(MUMBLED, history=UNHEARD))
        assert first == Line(PRICE)

    run(scenario, ["75?"], [DOWN])


# --- the offer of a person -----------------------------------------------------------------------


async def offered(talk):
    """Be misunderstood until a person is offered."""
    while talk.dialogue.state.offer is not Offer.OPEN:
        await pieces_of(talk.given(Heard("")))


def test_a_plain_answer_to_the_offer_is_for_the_rules_that_made_it():
    async def scenario(talk):
        await offered(talk)
        reply, *_ = await pieces_of(talk.draft(Heard("Yes.")))
        assert reply.seek == Seek(Why.ASKED) and not talk.model.requests

    run(scenario)


@pytest.mark.parametrize(("answers", "offer"), [([["I see."]], Offer.DECLINED), ([[DOWN]], None)])
def test_an_offer_is_over_once_the_model_has_answered(answers, offer):
    async def scenario(talk):
        await offered(talk)
        draft = talk.given(MUMBLED)
        await pieces_of(draft)
        if offer is None:
            assert draft.state.seek == Seek(Why.MISSES)  # the rules still saw it open
        else:
            assert (draft.state.offer, draft.state.misses) == (offer, 0)

    run(scenario, *answers)


# --- the goodbye ---------------------------------------------------------------------------------


def test_a_goodbye_that_is_spoken_over_can_be_taken_back():
    async def scenario(talk):
        await pieces_of(talk.given(Heard("bye")))
        assert talk.dialogue.state.phase is Phase.ENDED
        assert talk.dialogue.reopen() and not talk.dialogue.reopen()
        state = talk.dialogue.state
        assert (state.phase, state.step, state.asked) == (Phase.ASKING, Step.CLOSE, None)
        *words, reply = await pieces_of(talk.given(Heard("one more thing")))
        assert words == ["Yes?"] and reply.end is None

    run(scenario, ["Goodbye.", tool("end_call")], ["Yes?"])


@pytest.mark.parametrize("free_speech", [True, False])
def test_the_reference_can_be_asked_for_again(free_speech):
    async def scenario(talk):
        await talk.until_read_back()
        await pieces_of(talk.given(Heard("yes"), free_speech=free_speech))
        if not free_speech:
            await pieces_of(talk.given(Booked("654321")))
        assert talk.dialogue.reopen()
        thrown = talk.draft(Heard("what was that number again"))
        await pieces_of(thrown)
        await pieces_of(talk.given(Heard("the number please")))
        for request in talk.model.requests[-2:]:
            assert situation_of(request)["reference"] == "6, 5, 4, 3, 2, 1"

    booking = (
        [[tool("create_booking")], ["Booked. Goodbye.", tool("end_call")]] if free_speech else []
    )
    run(scenario, *booking, ["654..."], ["654..."])


def test_who_comes_back_with_another_wish_after_declining_is_quoted_anew():
    async def scenario(talk):
        for text in (BOTH.text, "no thank you"):
            await pieces_of(talk.given(Heard(text)))
        assert talk.dialogue.reopen()
        *_, reply = await pieces_of(talk.given(Heard("and my boiler, what would that be")))
        assert reply.asks is Slot.WANTED
        answer = json.loads(talk.model.requests[-1].messages[-1].content)
        assert answer["facts"] == ["A boiler service in Truro costs 89 pounds."]

    run(
        scenario,
        ["75?"],
        [tool("record_details", wanted="no")], ["Goodbye.", tool("end_call")],
        [tool("record_details", service="boiler_service")], ["89?"],
    )  # fmt: skip


def test_by_rules_a_goodbye_that_was_taken_back_is_said_again():
    async def scenario(talk):
        for text in (BOTH.text, "no"):
            await pieces_of(talk.given(Heard(text), free_speech=False))
        assert talk.dialogue.reopen()
        reply, *_ = await pieces_of(talk.given(Heard("hello"), free_speech=False))
        assert reply.end is Outcome.HANGUP

    run(scenario)


def test_a_way_to_a_person_is_not_taken_back():
    async def scenario(talk):
        await pieces_of(talk.given(Heard("a person please")))
        ended = talk.dialogue.state
        assert ended.phase is Phase.SEEKING and not talk.dialogue.reopen()
        assert talk.dialogue.state is ended

    run(scenario, [tool("transfer_to_person")])


# --- what it costs -------------------------------------------------------------------------------


def test_tokens_are_estimated_until_the_vendor_tells():
    async def scenario(talk):
        draft = talk.draft(MUMBLED)
        pieces = draft.pieces()
        await anext(pieces)
        await anext(pieces)
        (request,) = talk.model.requests
        characters = sum(len(message.content) for message in request.messages)
        assert characters / 4 < draft.cost.prompt_tokens < characters
        assert draft.cost.completion_tokens == 2
        assert talk.dialogue.tokens == draft.cost
        await anext(pieces)
        assert draft.cost == talk.dialogue.tokens == Usage(321, 45)
        await pieces.aclose()

    run(scenario, ["Well ", "then ", Usage(321, 45)])


def test_what_is_thrown_away_is_counted():
    async def scenario(talk):
        thrown = talk.draft(MUMBLED)
        pieces = thrown.pieces()
        await anext(pieces)
        await pieces.aclose()
        wasted = thrown.cost
        assert wasted.prompt_tokens > 0 and wasted.completion_tokens == 1
        await pieces_of(talk.given(MUMBLED))
        assert talk.dialogue.tokens == Usage(
            wasted.prompt_tokens + 100, wasted.completion_tokens + 10
        )

    run(scenario, ["Well ", asyncio.Event()], ["Yes.", Usage(100, 10)])


def test_every_round_is_counted_and_a_tool_call_by_its_length():
    async def scenario(talk):
        draft = talk.draft(MUMBLED)
        await pieces_of(draft)
        assert draft.cost.completion_tokens == len(RECORD.name + RECORD.arguments) // 4 + 1 + 7
        assert draft.cost.prompt_tokens > 500

    run(scenario, [RECORD], ["75.", Usage(500, 7)])


def test_the_rules_cost_nothing():
    async def scenario(talk):
        await pieces_of(talk.given(Keyed("1")))
        assert talk.dialogue.tokens == Usage(0, 0)

    run(scenario)


# --- the history ---------------------------------------------------------------------------------


def test_a_draft_keeps_the_history_it_was_given():
    async def scenario(talk):
        history = [(Speaker.CALLER, "Hello")]
        draft = talk.draft(MUMBLED, history)
        history.append((Speaker.CALLER, "never said"))
        await pieces_of(draft)
        assert "never said" not in str(talk.model.requests)

    run(scenario, ["Yes?"])


def test_what_is_read_back_is_kept_once_the_answer_is_given():
    async def scenario(talk):
        held = []
        talk.dialogue = Dialogue(Mind(talk.model), FACTS, talk.book, "call", hold=held.append)
        for text in (BOTH.text, "yes", "Tuesday", "morning"):
            await pieces_of(talk.given(Heard(text), free_speech=False))
        thrown = talk.draft(Heard("yes"), free_speech=False)
        await pieces_of(thrown)
        assert thrown.state.step is Step.BOOK and held == []
        talk.dialogue.commit(thrown)
        assert [(request.service, request.part) for request in held] == [("leaking_tap", "morning")]

    run(scenario)
