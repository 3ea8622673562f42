"""What is proved of a workflow holds in the talk: every call ends, and books at most once."""

from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import audiosocket_agent
from audiosocket_agent.company import load_company
from audiosocket_agent.control import Outlook
from audiosocket_agent.conversation import advance
from audiosocket_agent.conversation_state import (
    Booked,
    BookingFailed,
    Facts,
    Heard,
    Keyed,
    Noted,
    NotNoted,
    Overtime,
    Phase,
    Returned,
    Silent,
    Sought,
    Started,
    State,
    Trouble,
    Unanswered,
)
from audiosocket_agent.workflow import Workflow
from audiosocket_agent.workflow.load import whole
from audiosocket_agent.workflow.prove import prove

COMPANIES = Path(audiosocket_agent.__file__).parent / "companies"
FILES = [COMPANIES / "harbour.yaml", *sorted((COMPANIES / "samples").glob("*.yaml"))]
KNOWN = [load_company(path) for path in FILES]
TODAY = date(2026, 11, 18)
MOST_EVENTS = 400

WORDS = st.sampled_from([
    "yes", "no", "boiler service", "mot test", "a haircut", "truro", "tuesday", "next friday",
    "the 3rd of march", "morning", "half past ten", "at nine", "AB12 CDE", "my name is Jane Smith",
    "maya", "whoever is free", "01632 960 999", "tr1 1aa", "", "um", "operator", "yes no",
])  # fmt: skip
DEEDS = st.one_of(
    st.builds(Heard, WORDS, st.sampled_from([1.0, 0.9, 0.3])),
    st.builds(Heard, WORDS),
    st.just(Heard("yes")),  # else hardly a call comes far
    st.just(Keyed("1")),
    st.text("0123456789*", min_size=1, max_size=8).map(Keyed),
    st.just(Silent()),
    st.just(Overtime()),
)
OUTLOOKS = st.sampled_from([
    Sought(None), Sought(Outlook(exists=False)), Sought(Outlook(), open=False),
    Sought(Outlook(members=1, waiting=9, longest_wait_s=900)), Sought(Outlook(members=1, free=1)),
])  # fmt: skip
RESULTS = {
    Phase.SEEKING: OUTLOOKS,
    Phase.NOTING: st.sampled_from([Noted(), NotNoted()]),
    Phase.BOOKING: st.sampled_from([
        Booked("482913"), Booked("482913", confirmed=False), BookingFailed(),
        BookingFailed(Trouble.TAKEN), BookingFailed(Trouble.REFUSED),
    ]),
    Phase.ENDED: st.just(Returned(Unanswered.NO_ANSWER)),
}  # fmt: skip


def talk(company, data):
    """Have a talk in which anything may happen; returns how often something was booked."""
    facts = Facts(company, data.draw(st.sampled_from(["", "+441632960123"])), TODAY)
    state, reply = advance(State(), Started(), facts)
    booked = returned = 0
    for _ in range(MOST_EVENTS):
        if state.phase is Phase.ENDED and (returned or not data.draw(st.booleans())):
            return booked
        returned += state.phase is Phase.ENDED
        happens = data.draw(RESULTS.get(state.phase, DEEDS))
        booked += isinstance(happens, Booked)
        state, reply = advance(state, happens, facts)
        assert state.step in company.workflow.steps
        assert (reply.asks is not None) == (state.phase is Phase.ASKING)
    raise AssertionError(f"it never ends: {state}")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(KNOWN), st.data())
def test_every_call_of_the_shipped_trades_ends(company, data):
    assert prove(company.workflow) == ()
    assert talk(company, data) <= 1


CHANGES = ("then", "if_no", "on_failure", "retries", "needs")


@st.composite
def workflows(draw):
    """Return a company and a workflow of a shipped shape with a few steps changed at random."""
    company = draw(st.sampled_from(KNOWN))
    fields = company.workflow.model_dump(mode="json", exclude_unset=True)
    steps = list(fields["steps"])
    for _ in range(draw(st.integers(1, 3))):
        rule = fields["steps"][draw(st.sampled_from(steps))]
        change = draw(st.sampled_from(CHANGES))
        if change == "retries":
            rule["retries"] = draw(st.integers(1, 4))
        elif change == "needs":
            rule["needs"] = draw(st.permutations(rule.get("needs", [])))
        else:
            others = ["person", "voicemail", "hang_up"] if change == "on_failure" else []
            rule[change] = draw(st.sampled_from([*steps, *others]))
    return company, Workflow.model_validate(whole(fields))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(workflows(), st.data())
def test_every_call_of_whatever_is_proved_ends(made, data):
    company, workflow = made
    wrong = prove(workflow, company.tools)
    event("proved" if not wrong else "refused")
    if not wrong:
        assert talk(company.model_copy(update={"workflow": workflow}), data) <= 1
