"""Places besides the queue, on the real Asterisk: extensions, and numbers outside."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiosocket_agent import exits, toolbox
from audiosocket_agent.company import Company
from audiosocket_agent.conversation import Facts, Heard, Keyed, Sought, Started, State, advance
from audiosocket_agent.seams import ToolCall
from tests.calls import people
from tests.calls.people import company, hears_music, talk, whisper_s
from tests.calls.ring import KEYPAD
from tests.phone import Manner, Party, voice

ALLOWED = "+441632960999"
PLACES = {
    "accounts": {
        "name": "the accounts department",
        "phrases": ["accounts", "my invoice"],
        "extension": "102",
        "ring_s": 5,
    },
    "workshop": {"name": "the workshop", "phrases": ["workshop"], "outside": "+44 1632 960999"},
}
COMPANIES = [
    company("places", 201, {"places": PLACES}, queue="bell1"),
    company("quiet", 202, {"places": PLACES, "whisper": False}, queue="bell2"),
]


async def wishes(house, key, words):
    """Call, wait for one's turn, and ask for a place; returns the caller."""
    guest = await house.guest(key)
    await guest.call.agent_quiet(0.6, timeout_s=people.PATIENCE_S)
    await guest.call.say(await voice.spoken(words))
    return guest


async def extension_is_reached_and_told_what_it_is_about(house):
    guest = await house.guest("places")
    await guest.presses(KEYPAD["service"])
    await guest.asked("area")
    house.treats(guest, Manner.ANSWER, 2.0)
    await guest.call.agent_quiet(0.6, timeout_s=people.PATIENCE_S)
    await guest.call.say(await voice.spoken("accounts please"))
    await guest.told("I'll put you through to the accounts department now.")
    person = await house.rung("102", guest)
    assert "Leaking tap repair" in await house.variable(guest, "VA_SUMMARY")
    await person.answered()
    hears_music(guest.call, person.dialed_at + 0.3, person.answered_at)
    reached_at, _ = await talk(guest, person)
    assert whisper_s(person) > 1.5 and reached_at > person.answered_at + 1.5
    await person.hangup()
    assert (await guest.call.ended()).by is Party.THEM
    row = await guest.row(end_reason="handed_over", next="extension", hung_up_by="person")
    assert (row["wanted"], row["handed_to"]) == ("asked", "extension 102")
    assert row["answered_at"] and "102" in row["answered_by"] and row["queued_at"] is None


async def extension_that_is_busy_leads_back_to_the_agent(house):
    guest = await house.guest("quiet")
    house.treats(guest, Manner.BUSY)
    await comes_back(house, guest)


async def extension_nobody_answers_leads_back_to_the_agent(house):
    guest = await house.guest("quiet")
    await comes_back(house, guest)


async def comes_back(house, guest):
    await guest.call.agent_quiet(0.6, timeout_s=people.PATIENCE_S)
    await guest.call.say(await voice.spoken("accounts please"))
    phone = await house.rung("102", guest)
    await phone.ended()
    await guest.told("nobody could take your call")
    await guest.asked("ring_back")
    await guest.presses("2")
    await guest.asked("service")
    row = await guest.row(returns=1, end_reason=None)
    assert row["answered_at"] is None
    await guest.call.hangup()
    await guest.row(hung_up_by="caller", end_reason="caller_hung_up")


async def number_outside_is_reached(house):
    guest = await wishes(house, "quiet", "workshop please")
    house.treats(guest, Manner.ANSWER)
    person = await house.rung("103", guest)
    assert await house.variable(guest, "VA_TARGET") == ALLOWED
    await talk(guest, person)
    await guest.call.hangup()
    assert (await person.ended()).by is Party.THEM
    row = await guest.row(end_reason="handed_over", next="outside", hung_up_by="caller")
    assert row["handed_to"] == f"outside {ALLOWED}"


STORIES = (
    extension_is_reached_and_told_what_it_is_about,
    extension_that_is_busy_leads_back_to_the_agent,
    extension_nobody_answers_leads_back_to_the_agent,
    number_outside_is_reached,
)


@pytest.fixture(scope="module")
def played(_shared_sandbox, tmp_path_factory):
    """Return what came of each story, by its name."""
    folder = tmp_path_factory.mktemp("companies")
    with people.furnished(_shared_sandbox, folder, COMPANIES) as sandbox:
        outcomes = people.side_by_side(sandbox, COMPANIES, *STORIES)
    return dict(zip([story.__name__ for story in STORIES], outcomes, strict=True))


@pytest.mark.pbx
@pytest.mark.parametrize("name", [story.__name__ for story in STORIES])
def test_place(played, name):
    if played[name] is not None:
        raise played[name]


FACTS = Facts(Company.model_validate(COMPANIES[0]), "01632960123", date(2026, 11, 21))
NUMBERS = st.from_regex(r"(\+44|00|0)?[0-9]{3,12}", fullmatch=True)
WISHES = st.sampled_from(["put me through to {}", "connect me to {} please", "accounts {}", "{}"])
SPOKEN = st.builds(str.format, WISHES, NUMBERS | st.text(max_size=20)).map(Heard)
EVENTS = SPOKEN | NUMBERS.map(Keyed) | st.just(Sought(None))


@given(st.lists(EVENTS, max_size=12))
def test_no_words_and_no_keys_reach_a_number_that_is_not_in_the_list(events):
    state, reply = advance(State(), Started(), FACTS)
    for event in events:
        try:
            state, reply = advance(state, event, FACTS)
        except Exception as error:
            assert type(error).__name__ == "IllegalEvent"
            continue
        assert reply.target in ("", "102", ALLOWED)


@given(NUMBERS | st.text(max_size=20) | st.none() | st.integers(), st.text(max_size=20))
def test_no_model_reaches_a_number_that_is_not_in_the_list(place, reason):
    state, _ = advance(State(), Started(), FACTS)
    arguments = json.dumps({"place": place, "reason": reason, "number": place})
    call = ToolCall("1", toolbox.TRANSFER, arguments)
    done = toolbox.work(call, state, state.step, "put me through", FACTS)
    _, reply = advance(done.state, Sought(None), FACTS)
    assert reply.target in ("", "102", ALLOWED)
    assert exits.variables(reply.target, FACTS.company)["VA_TARGET"] == reply.target
