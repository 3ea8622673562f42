"""The gate's decisions on hostile AGI environments."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi import gate

ENV = {
    "agi_extension": "441632960001",
    "agi_dnid": "unknown",
    "agi_channel": "PJSIP/trunk-00000001",
    "agi_uniqueid": "1763700000.1",
    "agi_callerid": "01632960123",
    "agi_calleridname": "A Caller",
}
CALL = uuid.UUID("40325ec2-5efd-4bd3-805f-53576e581d13")


def test_a_plain_call():
    assert gate.registration(ENV, str(CALL)) == {
        "op": "register",
        "uuid": str(CALL),
        "call": str(CALL),
        "back": "",
        "did": "441632960001",
        "caller": "01632960123",
        "caller_name": "A Caller",
        "channel": "PJSIP/trunk-00000001",
        "uniqueid": "1763700000.1",
    }


def test_every_call_gets_another_uuid():
    assert len({gate.registration(ENV)["uuid"] for _ in range(100)}) == 100


@pytest.mark.parametrize("number", ["unknown", "", "${SHELL(id)}", '1"2', "1,2", "1\n2", "9" * 33,
                                    "+44 1632", "٣٤٥"])  # fmt: skip
def test_implausible_caller_numbers_become_nothing(number):
    assert gate.registration({**ENV, "agi_callerid": number})["caller"] == ""


@pytest.mark.parametrize(
    ("presentation", "shown"),
    [("0", True), ("3", True), ("32", False), ("35", False), ("67", True), ("x", True)],
)
def test_a_number_that_was_withheld_stays_so(presentation, shown):
    request = gate.registration({**ENV, "agi_callingpres": presentation})
    assert bool(request["caller"]) == bool(request["caller_name"]) == shown


def test_caller_names_lose_what_is_not_printable():
    name = gate.registration({**ENV, "agi_calleridname": 'a\r\nb\x00"${SHELL(id)}"' + "x" * 99})
    assert name["caller_name"].startswith('ab"${SHELL(id)}"x') and len(name["caller_name"]) == 64


@pytest.mark.parametrize(
    ("changes", "did"),
    [
        ({}, "441632960001"),
        ({"agi_extension": "+441632960001"}, "+441632960001"),
        ({"agi_extension": "s", "agi_dnid": "441632960002"}, "441632960002"),
    ],
)
def test_the_dialled_number(changes, did):
    assert gate.registration({**ENV, **changes})["did"] == did


@pytest.mark.parametrize(
    "changes",
    [
        {"agi_extension": "s"},
        {"agi_extension": "44;DROP", "agi_dnid": "unknown"},
        {"agi_extension": "", "agi_dnid": ""},
        {"agi_channel": "PJSIP/x y"},
        {"agi_channel": ""},
        {"agi_uniqueid": "1\n2"},
    ],
)
def test_a_call_without_a_number_or_channel_goes_to_people(changes):
    with pytest.raises(gate.GateError):
        gate.registration({**ENV, **changes})


def test_environment_lines():
    lines = ["agi_callerid: 1:2", "agi_empty:", "noise", "other: x", "agi_arg_1: a"]
    assert gate.parse_environment(lines) == {
        "agi_callerid": "1:2",
        "agi_empty": "",
        "agi_arg_1": "a",
    }


def test_acceptance_sets_the_flag_last():
    request = gate.registration(ENV, str(CALL))
    reply = {"ok": True, "media": "127.0.0.1:9099", "variables": {"VA_QUEUE": "sales"}}
    assert gate.accepted(request, reply) == (
        ("VA_UUID", str(CALL)),
        ("VA_CALL", str(CALL)),
        ("VA_MEDIA", "127.0.0.1:9099"),
        ("VA_QUEUE", "sales"),
        ("VA_OK", "1"),
    )


def test_a_caller_who_comes_back_keeps_the_record_and_gets_another_uuid():
    request = gate.registration(ENV, str(CALL), "no_answer")
    assert (request["call"], request["back"]) == (str(CALL), "no_answer")
    assert request["uuid"] not in ("", str(CALL))


@pytest.mark.parametrize("call", ["", "x", "${VA_CALL}"])
def test_a_first_part_without_a_usable_record_makes_its_own(call):
    request = gate.registration(ENV, call)
    assert request["call"] == request["uuid"] != call


@pytest.mark.parametrize(("call", "back"), [("", "no_answer"), (str(CALL), "${SHELL(id)}")])
def test_nobody_comes_back_from_nowhere(call, back):
    with pytest.raises(gate.GateError):
        gate.registration(ENV, call, back)


@pytest.mark.parametrize(
    "variables",
    [
        {"VA_OK": "1"}, {"CHANNEL(language)": "x"}, {"VA_QUEUE": "a,b"},
        {"VA_QUEUE": "${SHELL(id)}"}, {"VA_QUEUE": "a\nb"}, {"VA_QUEUE": 7},
        {"VA_SUMMARY": "x" * 201}, ["VA_QUEUE"],
        {"VA_SUMMARY": 'say "hi"'}, {"VA_SUMMARY": "a;b"},
    ],
)  # fmt: skip
def test_nothing_reaches_the_dialplan_that_could_mean_more_there(variables):
    with pytest.raises(gate.GateError):
        gate.next_step({"ok": True, "next": "queue", "variables": variables})


@pytest.mark.parametrize(
    "reply",
    [{}, {"ok": False, "error": "full"}, {"ok": 1, "media": "h:1"}, {"ok": True},
     {"ok": True, "media": "h"}, {"ok": True, "media": 'h:1"\n'}, {"ok": True, "media": ["h:1"]}],
)  # fmt: skip
def test_a_refusal_or_nonsense_goes_to_people(reply):
    with pytest.raises(gate.GateError):
        gate.accepted(gate.registration(ENV), reply)


def test_refusal_texts_carry_words_only():
    with pytest.raises(gate.GateError, match="no reason given"):
        gate.accepted(gate.registration(ENV), {"ok": False, "error": "${EVIL} \n"})


@pytest.mark.parametrize(
    "following", ["hangup", "queue", "sorry", "voicemail", "extension", "outside"]
)
def test_outcomes(following):
    reply = {"ok": True, "next": following, "variables": {"VA_TARGET": "+441632960777"}}
    told = (("VA_TARGET", "+441632960777"), ("VA_NEXT", following))
    assert gate.next_step(reply) == told


@pytest.mark.parametrize("reply", [{}, {"ok": False}, {"ok": True, "next": "shell"},
                                   {"ok": True, "next": ["hangup"]}])  # fmt: skip
def test_no_outcome_makes_the_dialplan_ask_again(reply):
    with pytest.raises(gate.GateError):
        gate.next_step(reply)


@pytest.mark.parametrize("argument", ["", "x", "${VA_UUID}", "1" * 31])
def test_an_outcome_question_needs_a_uuid(argument):
    with pytest.raises(gate.GateError):
        gate.outcome_request(argument)


def test_variables_are_quoted():
    assert gate.set_variable("VA_OK", 'a"b\\c') == 'SET VARIABLE VA_OK "a\\"b\\\\c"'


@given(st.text(), st.text())
def test_no_value_breaks_out_of_its_command(name, value):
    try:
        command = gate.set_variable(name, value)
    except ValueError:
        return
    assert "\n" not in command and "\r" not in command


@given(st.binary(max_size=300))
def test_any_reply_line_is_an_object_or_a_gate_error(line):
    try:
        assert isinstance(gate.decode(line), dict)
    except gate.GateError:
        pass
