"""What a company may declare as its messages, and what is refused in one clear line."""

import pytest

from audiosocket_agent.company_messages import Messages

SMS = {"url": "https://sms.example.com/send", "secret": "SMS_SECRET",
       "templates": {"booked": {"text": "Booked for {day}: {reference}."}}}  # fmt: skip


def test_messages_are_read():
    read = Messages.model_validate({"sms": SMS})
    assert read.sms.templates["booked"].text == "Booked for {day}: {reference}."
    assert read.email is None and Messages().sms is None


@pytest.mark.parametrize(("change", "why"), [
    ({"url": "http://sms.example.com/send"}, "https"),
    ({"url": "https://sms.example.com/{day}"}, "places"),
    ({"url": "https://me:secret@sms.example.com/"}, "password"),
    ({"secret": "GROQ_API_KEY"}, "setting of the agent"),
    ({"templates": {}}, "at least 1"),
    ({"templates": {"a": {"text": "For {phone}"}}}, "no place"),
    ({"templates": {"a": {"text": "For {day.year}"}}}, "no place"),
    ({"templates": {"a": {"text": "For {day!r}"}}}, "no place"),
    ({"templates": {"a": {"text": "For {day"}}}, "stands alone"),
    ({"templates": {"a": {"text": "x" * 481}}}, "480"),
    ({"templates": {"a": {"text": "x", "subject": "y"}}}, "no subject"),
    ({"to": "07700900461"}, "Extra inputs"),
])  # fmt: skip
def test_what_could_do_harm_is_refused(change, why):
    with pytest.raises(ValueError, match=why):
        Messages.model_validate({"sms": SMS | change})


@pytest.mark.parametrize("subject", [None, "two\nlines"])
def test_an_email_has_one_line_of_subject(subject):
    template = {"text": "x"} | ({} if subject is None else {"subject": subject})
    with pytest.raises(ValueError, match="subject|one line"):
        Messages.model_validate({"email": SMS | {"templates": {"a": template}}})
