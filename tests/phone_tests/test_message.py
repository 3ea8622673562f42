import pytest

from tests.phone.message import (
    Caller,
    MalformedMessage,
    Message,
    parameter,
    parse,
    quoted,
    reply,
    uri_of,
    user_part,
)

_OK = (
    b"SIP/2.0 200 OK\r\n"
    b"v: SIP/2.0/UDP 127.0.0.1:5061;rport=5061;branch=z9hG4bKabc\r\n"
    b'From: "A; tag=no" <sip:a@h;tag=uri>;tag=mine\r\n'
    b"t: <sip:b@h>;tag=theirs\r\n"
    b"i: 1@h\r\n"
    b"CSeq: 1 INVITE\r\n"
    b"Contact: <sip:b@127.0.0.1:5060;transport=udp>\r\n"
    b"Subject: folded\r\n"
    b" over two lines\r\n"
    b"\r\n"
    b"body"
)


def test_a_response_is_read_with_compact_names_and_folded_lines() -> None:
    message = parse(_OK)
    assert (message.status, message.reason, message.method) == (200, "OK", "INVITE")
    assert message.branch == "z9hG4bKabc"
    assert message.get("call-id") == "1@h"
    assert message.get("subject") == "folded over two lines"
    assert message.body == b"body"


def test_a_tag_is_the_header_s_own_and_not_the_display_name_s_or_the_uri_s() -> None:
    assert parameter(parse(_OK).get("from"), "tag") == "mine"
    assert uri_of(parse(_OK).get("contact")) == "sip:b@127.0.0.1:5060;transport=udp"
    assert uri_of("sip:b@h;tag=x") == "sip:b@h"


def test_what_is_written_reads_back() -> None:
    message = parse(_OK)
    again = parse(message.encode())
    assert again.headers[:-1] == message.headers
    assert again.headers[-1] == ("Content-Length", "4")
    assert again.body == message.body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"\x00" * 40,
        _OK.replace(b"\r\n\r\n", b"\r\n"),
        _OK.replace(b"i: 1@h\r\n", b""),
        _OK.replace(b"1 INVITE", b"one INVITE"),
        _OK.replace(b"200 OK", b"20 OK"),
        _OK.replace(b"Subject:", b"Subject"),
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        parse(data)


def test_a_reply_carries_back_what_it_must_and_adds_our_tag_once() -> None:
    request = Message("OPTIONS sip:a@h SIP/2.0", parse(_OK).headers[:])
    request.headers = [(n, v.split(";tag=theirs")[0]) for n, v in request.headers]
    response = parse(reply(request, 200, "OK", to_tag="ours").encode())
    assert response.branch == "z9hG4bKabc"
    assert response.get("to") == "<sip:b@h>;tag=ours"
    assert reply(response, 200, "OK", to_tag="other").get("to") == "<sip:b@h>;tag=ours"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Bob", '"Bob"'),
        ('a "b" \\c', '"a \\"b\\" \\\\c"'),
        ("${SHELL(id)},x", '"${SHELL(id)},x"'),
        ("two\nlines", '"two\r\n lines"'),
        ("two\r\nlines", '"two\r\n lines"'),
    ],
)
def test_a_display_name_is_quoted(name: str, written: str) -> None:
    assert quoted(name) == written


def test_a_user_part_is_escaped_so_that_nothing_ends_the_uri_or_the_line() -> None:
    assert user_part("0800,$(x)") == "0800,$(x)"
    assert user_part('a\n"b" <c>@${d}') == "a%0A%22b%22%20%3Cc%3E%40$%7Bd%7D"


def test_a_caller_says_who_calls_or_withholds_it() -> None:
    assert Caller("1", "Bob").from_value("h") == '"Bob" <sip:1@h>'
    assert Caller("1").from_value("h") == "<sip:1@h>"
    withheld = Caller("1", "Bob", withheld=True)
    assert "1" not in withheld.from_value("h") and "Bob" not in withheld.from_value("h")
    assert list(withheld.privacy()) == [("Privacy", "id")]
    assert Caller(raw_from="<sip:\udcff@h>").from_value("h") == "<sip:\udcff@h>"
