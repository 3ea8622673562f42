"""What may be ordered, and the Originate it becomes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ari_app.originate_order import Ids, Order, complaint, originate

CALLER = {"caller_uuid": "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "caller_media": "127.0.0.1:4000"}
IDS = Ids("va-1f", "11111111-2222-3333-4444-555555555555")


@pytest.mark.parametrize(
    "device",
    [
        "PJSIP/100",
        "SIP/reception-2",
        "PJSIP/+441632960123@trunk",
        "IAX2/office/100",
        "DAHDI/g1/01632960123",
        "Local/200@voiceagent-place/n",
        "Local/441632960001@voiceagent-in",
    ],
)
def test_devices_that_may_be_called(device):
    fields, _ = originate(Order(to=device), IDS, "441632960001", "")
    assert fields["Channel"] == device


@pytest.mark.parametrize(
    "device",
    [
        "100",
        "PJSIP/",
        "PJSIP/100&PJSIP/101",
        "PJSIP/100,30,tT",
        "PJSIP/100\r\nAction: Command",
        "PJSIP/100\n",
        "PJSIP/${EVAL(x)}",
        "PJSIP/100/sip:900@example.net",
        "/.*/",
        "Local/00900123@from-internal",
        "Local/s@default/n",
        "Local/1@voiceagent-in/b",
        "Local/1@voiceagent-in,1",
        "System/reboot",
        "AudioSocket/127.0.0.1:1/x",
        "pjsip/100",
    ],
)
def test_devices_that_may_not(device):
    with pytest.raises(ValidationError) as error:
        Order(to=device)
    assert "not a device" in complaint(error.value)


@pytest.mark.parametrize("number", ["x", "12 34", "1\r\n", '"A" <1>', "<1>", "++1", "1" * 32, "٣"])
@pytest.mark.parametrize("field", ["did", "from_did", "caller_id"])
def test_numbers_are_digits(field, number):
    with pytest.raises(ValidationError) as error:
        Order(**{"to": "PJSIP/100", field: number})
    assert complaint(error.value).startswith(f"{field}: not a number")


@pytest.mark.parametrize(
    "fields, why",
    [
        ({}, "exactly one"),
        ({"to": "PJSIP/100", "did": "441632960001", **CALLER}, "exactly one"),
        ({"did": "441632960001"}, "needs a caller"),
        ({"did": "441632960001", **CALLER, "caller_media": "10.0.0.1:4000"}, "needs a caller"),
        ({"did": "441632960001", **CALLER, "caller_media": "127.0.0.1:4\n"}, "needs a caller"),
        ({"did": "441632960001", **CALLER, "caller_uuid": "x"}, "needs a caller"),
        ({"did": "441632960001", **CALLER, "company": "harbour"}, "for calls to a device"),
        ({"did": "441632960001", **CALLER, "machine": "hangup"}, "for calls to a device"),
        ({"did": "441632960001", **CALLER, "wait": False}, "as long as its caller"),
        ({"to": "PJSIP/100", "company": "a", "from_did": "1"}, "named twice"),
        ({"to": "PJSIP/100", "machine": "message"}, "a message is needed"),
        ({"to": "PJSIP/100", "machine": "message", "message": "  "}, "a message is needed"),
        ({"to": "PJSIP/100", "machine": "hangup", "message": "hello"}, "a message is needed"),
        ({"to": "PJSIP/100", "message": "hello"}, "a message is needed"),
        ({"to": "PJSIP/100", "ring_s": 0}, "ring_s"),
        ({"to": "PJSIP/100", "company": "Harbour\n"}, "company"),
        ({"to": "PJSIP/100", "channel_variable": "x"}, "channel_variable"),
    ],
)
def test_orders_that_make_no_sense(fields, why):
    with pytest.raises(ValidationError) as error:
        Order(**fields)
    assert why in complaint(error.value)


def test_a_call_to_a_device_meets_the_agent():
    order = Order(to="PJSIP/100", caller_id="+441632960001", ring_s=20, machine="message",
                  message="hello")  # fmt: skip
    assert originate(order, IDS, "441632960001", "/sounds/say-1") == (
        {
            "ActionID": "va-1f",
            "Channel": "PJSIP/100",
            "Context": "voiceagent-out",
            "Exten": "s",
            "Priority": "1",
            "Timeout": "20000",
            "Async": "true",
            "ChannelId": "va-1f-1",
            "CallerID": "+441632960001",
        },
        {
            "VA_DID": "441632960001",
            "VA_CALL": "11111111-2222-3333-4444-555555555555",
            "VA_CALLEE": "100",
            "VA_AMD": "message",
            "VA_MESSAGE": "/sounds/say-1",
        },
    )


@pytest.mark.parametrize(
    "device, number",
    [
        ("PJSIP/+441632960123@trunk", "+441632960123"),
        ("DAHDI/g1/01632960123", "01632960123"),
        ("Local/200@voiceagent-place/n", "200"),
        ("PJSIP/reception", ""),
        ("PJSIP/10#0", ""),
    ],
)
def test_who_is_called_has_the_number_we_dialled(device, number):
    _, variables = originate(Order(to=device), IDS, "441632960001", "")
    assert variables["VA_CALLEE"] == number


def test_a_call_to_a_number_of_ours_brings_its_caller():
    fields, variables = originate(Order(did="+441632960001", **CALLER), IDS, "", "")
    assert fields["Channel"] == "Local/+441632960001@voiceagent-in/n"
    assert (fields["ChannelId"], fields["OtherChannelId"]) == ("va-1f-1", "va-1f-2")
    assert fields["Context"] == "voiceagent-caller"
    assert "CallerID" not in fields
    assert variables == {
        "VA_CALLER_UUID": CALLER["caller_uuid"],
        "VA_CALLER_MEDIA": "127.0.0.1:4000",
    }


@given(
    st.dictionaries(st.sampled_from(sorted(Order.model_fields)), st.text(max_size=40), max_size=6)
)
def test_nothing_that_is_accepted_can_leave_its_line(fields):
    try:
        order = Order(**fields)
    except ValidationError as error:
        assert "\n" not in complaint(error)
        return
    headers, variables = originate(order, IDS, "441632960001", "")
    for value in [*headers.values(), *variables.values()]:
        assert not set(value) & set('\r\n\0,"<>&|$')
