"""Callers whom the dialplan took to people by itself."""

import pytest

from ari_app.unrouted import Unrouted, is_with_people, unrouted

STATUS = {
    "Event": "Status",
    "Channel": "PJSIP/trunk-00000004",
    "Uniqueid": "1795286171.12",
    "Context": "voiceagent-human",
    "CallerIDNum": "07700900123",
    "DNID": "441632960001",
}


def test_a_caller_with_people_without_a_record_is_found():
    found = unrouted([STATUS], {"1.1"})
    assert found == [
        Unrouted("1795286171.12", "PJSIP/trunk-00000004", "441632960001", "07700900123")
    ]


@pytest.mark.parametrize("changes", [
    {"Uniqueid": ""}, {"Uniqueid": "1 2"}, {"Uniqueid": "1.1"}, {"Context": "standin"},
    {"Context": "voiceagent-ai"}, {"Context": "voiceagent-in"},
])  # fmt: skip
def test_others_are_not(changes):
    assert unrouted([STATUS | changes, {}], {"1.1"}) == []


def test_what_is_odd_about_a_caller_is_left_out():
    odd = STATUS | {"Channel": "a b", "DNID": "${X}", "CallerIDNum": "<unknown>"}
    assert unrouted([odd], ()) == [Unrouted("1795286171.12", "", "", "")]


def test_an_event_tells_of_somebody_with_people():
    assert is_with_people(STATUS) and not is_with_people({})
