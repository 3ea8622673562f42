"""Faults are written in one line, and hit the occasions they name."""

import pytest

from audiosocket_agent.simulators.faults import (
    Fault,
    FaultError,
    FaultKind,
    Faults,
    Vendor,
    parse_faults,
)  # fmt: skip


def test_faults_are_read_as_they_are_written():
    assert parse_faults("") == ()
    assert parse_faults("groq:429, cartesia:hang:2") == (
        Fault(Vendor.GROQ, FaultKind.RATE_LIMITED),
        Fault(Vendor.CARTESIA, FaultKind.HANG, 2),
    )
    assert parse_faults("deepgram_flux:wrong_order,openai:drop") == (
        Fault(Vendor.DEEPGRAM, FaultKind.ORDER),
        Fault(Vendor.GROQ, FaultKind.DROP),
    )


@pytest.mark.parametrize(
    "text",
    [
        "groq",
        "groq:",
        "nobody:drop",
        "groq:sulk",
        "groq:drop:x",
        "groq:drop:0",
        ":drop",
        "groq:idle",
        "deepgram:expire",
    ],
)
def test_a_fault_written_wrongly_is_answered_with_how_to_write_it(text):
    with pytest.raises(FaultError, match="VOICEAGENT_SIM_FAULT=" + text):
        parse_faults(text)


def test_a_fault_hits_every_occasion_or_the_nth():
    faults = Faults(parse_faults("groq:drop:2,cartesia:hang"))
    assert [bool(faults.next(Vendor.GROQ)) for _ in range(3)] == [False, True, False]
    assert faults.next(Vendor.CARTESIA) == faults.next(Vendor.CARTESIA) == {FaultKind.HANG}
    assert not faults.next(Vendor.DEEPGRAM)


def test_occasions_of_different_sorts_are_counted_apart():
    connection, reply = frozenset({FaultKind.HANG}), frozenset({FaultKind.DROP})
    faults = Faults(parse_faults("cartesia:drop:2,cartesia:hang:1"))
    assert faults.next(Vendor.CARTESIA, connection) == {FaultKind.HANG}
    assert not faults.next(Vendor.CARTESIA, reply)
    assert faults.next(Vendor.CARTESIA, reply) == {FaultKind.DROP}


def test_other_faults_begin_to_count_from_one():
    faults = Faults()
    faults.next(Vendor.GROQ)
    faults.replace(parse_faults("groq:drop:1"))
    assert faults.next(Vendor.GROQ) == {FaultKind.DROP}
