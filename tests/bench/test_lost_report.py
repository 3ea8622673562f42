"""What is made of callers who were called while things broke."""

import pytest

from bench.lost_report import (
    BY_AMI,
    BY_QUESTION,
    NO_FAULT,
    OTHERWISE,
    STRAIGHT,
    Called,
    Fault,
    document,
    fault_of,
    is_open,
    rows_of,
    shares_of,
    way_of,
)

RECORD = {
    "call_id": "a",
    "connected_at": "10:00",
    "ended_at": "10:01",
    "hung_up_at": "10:02",
    "end_reason": "handed_over",
}
HELD = Called("0770", 0.0, 10.0, 16.0, "", 1, (RECORD,))


def called(**changes):
    values = {name: getattr(HELD, name) for name in Called.__dataclass_fields__}
    return Called(**(values | changes))


def record(**changes):
    return (RECORD | changes,)


@pytest.mark.parametrize(("caller", "asked", "way"), [
    (HELD, set(), BY_AMI),
    (HELD, {"b"}, BY_AMI),
    (HELD, {"a"}, BY_QUESTION),
    (called(records=()), set(), STRAIGHT),
    (called(records=record(connected_at=None)), {"a"}, STRAIGHT),
    (called(records=record(end_reason="agent_died")), set(), OTHERWISE),
])  # fmt: skip
def test_the_way_to_a_person(caller, asked, way):
    assert way_of(caller, asked) == way


@pytest.mark.parametrize(("begun_s", "well_s", "hit"), [
    (2.0, 9.9, False), (2.0, 10.1, True), (12.0, 13.0, True), (15.9, 99.0, True),
    (16.1, 99.0, False),
])  # fmt: skip
def test_a_fault_counts_that_overlaps_the_wait(begun_s, well_s, hit):
    faults = [Fault("AMI cut", begun_s, well_s)]
    assert fault_of(HELD, faults) == ("AMI cut" if hit else NO_FAULT)


def test_the_first_fault_of_a_wait_is_named_and_without_the_agent_the_wait_begins_at_dialling():
    faults = [Fault("late", 14.0, 15.0), Fault("early", 11.0, 12.0), Fault("dialling", 1.0, 2.0)]
    assert fault_of(HELD, faults) == "early"
    assert fault_of(called(records=()), faults) == "dialling"


def test_a_caller_who_never_reached_anybody_is_lost_and_counted():
    lost = called(person_s=None, went_wrong="ended")
    (share, *_) = shares_of([HELD, lost], set())
    assert (share.name, share.hits, share.of, share.met()) == ("callers lost", 1, 2, False)
    assert fault_of(lost, [Fault("later", 500.0, 501.0)]) == "later"


def test_what_is_wrong_with_records_is_counted():
    twice = called(records=(RECORD, RECORD))
    unended = called(records=record(hung_up_at=None))
    again = called(joined=2)
    assert is_open(unended) and not is_open(HELD)
    found = {it.name: it.hits for it in shares_of([HELD, twice, unended, again], {"a"})}
    assert found["more than one record"] == 1
    assert found["a record without an end"] == 1
    assert found["entered the queue more than once"] == 1
    assert found[f"reached a person: {BY_QUESTION}"] == 4


def test_waits_are_measured_from_the_key_or_from_dialling():
    faults = [Fault("AMI cut", 12.0, 13.0)]
    rows = {it.name: list(it.values) for it in rows_of([HELD, called(records=())], faults)}
    assert rows["key to person, AMI cut"] == [6.0]
    assert rows["dialling to person, without the agent, AMI cut"] == [16.0]
    assert rows["broken until well again, AMI cut"] == [1.0]


def test_the_page_tells_all_of_it():
    page = document({"cpu": "one"}, rows_of([HELD], []), shares_of([HELD], set()), 0)
    assert "| callers lost | 0 % | 0 of 1 | <= 0 % | yes |" in page
    assert "Channels left in Asterisk afterwards: 0" in page and "cpu one" in page
