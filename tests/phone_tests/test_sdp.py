import pytest

from tests.phone import sdp

_ANSWER = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=Asterisk
c=IN IP4 127.0.0.1
t=0 0
m=audio 21044 RTP/AVP 8 0 97
a=rtpmap:8 PCMA/8000
a=rtpmap:97 telephone-event/8000
a=fmtp:97 0-16
a=ptime:20
a=sendrecv
m=video 4000 RTP/AVP 0
c=IN IP4 10.0.0.1
a=inactive
"""


def test_the_first_audio_stream_is_read_and_the_others_left_alone() -> None:
    media = sdp.parse(_ANSWER)
    assert (media.host, media.port, media.direction) == ("127.0.0.1", 21044, "sendrecv")
    assert media.names == {8: "PCMA", 0: "PCMU", 97: "TELEPHONE-EVENT"}
    assert media.event_payload_type() == 97


def test_their_first_choice_that_we_have_is_taken() -> None:
    media = sdp.parse(_ANSWER)
    assert media.codec(("PCMU", "PCMA")) == ("PCMA", 8)
    assert media.codec(("PCMU",)) == ("PCMU", 0)
    assert media.codec(("G722",)) is None


def test_an_offer_reads_back_as_what_was_offered() -> None:
    names = sdp.offered(("PCMA", "PCMU"))
    media = sdp.parse(sdp.describe("127.0.0.1", 4000, names, direction="sendonly").decode())
    assert media == sdp.Media("127.0.0.1", 4000, names, "sendonly")
    assert list(media.names) == [8, 0, 101]


def test_an_answer_keeps_their_numbers_and_mirrors_the_direction() -> None:
    offer = sdp.Media("127.0.0.1", 1, {96: "TELEPHONE-EVENT", 3: "GSM", 0: "PCMU"}, "sendonly")
    assert sdp.accepted(offer, ("PCMU", "PCMA")) == ({0: "PCMU", 96: "TELEPHONE-EVENT"}, "recvonly")
    with pytest.raises(sdp.MalformedDescription):
        sdp.accepted(offer, ("G722",))


@pytest.mark.parametrize("text", ["", "m=video 1 RTP/AVP 0\nc=IN IP4 h", "m=audio 1 RTP/AVP 0"])
def test_a_description_without_usable_audio_is_refused(text: str) -> None:
    with pytest.raises(sdp.MalformedDescription):
        sdp.parse(text)
