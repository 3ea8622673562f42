"""The dialog without sockets: what it sends and what it says happened, on the clock of the test."""

from itertools import count

import pytest

from tests.phone import sdp
from tests.phone.message import Caller, Message, parameter, parse, reply
from tests.phone.outcome import Ended, Party
from tests.phone.sip import Answered, Dialog, Line, MediaChanged, Ringing, State, q850_of, stray

_MEDIA = sdp.Media("127.0.0.1", 4000, {0: "PCMU", 101: "TELEPHONE-EVENT"})
_OFFER = sdp.describe("127.0.0.1", 4000, _MEDIA.names)


class Pair:
    """A dialog and the last things it sent."""

    def __init__(self, caller: Caller | None = None) -> None:
        words = count(1)
        line = Line("100", "127.0.0.1", 5060, "127.0.0.1", 5070, caller or Caller(), 6000)
        self.dialog = Dialog(line, token=lambda: f"w{next(words):03}")
        self.dialog.start(0.0)
        [self.invite] = self.sent()

    def sent(self) -> list[Message]:
        return [parse(data) for data in self.dialog.take_output()]

    def answer(self, status: int, now: float = 1.0, body: bytes = b"", **headers: str) -> None:
        response = reply(self.invite, status, "Told", to_tag="them")
        response.headers += list(headers.items())
        if body:
            response.headers.append(("Content-Type", "application/sdp"))
            response.body = body
        self.dialog.receive(parse(response.encode()), now)

    def ask(self, method: str, cseq: int = 1, body: bytes = b"", **headers: str) -> list[Message]:
        request = Message(f"{method} sip:phone@h SIP/2.0")
        request.headers = [
            ("Via", f"SIP/2.0/UDP h;branch=z9hG4bK{method}{cseq}"),
            ("From", f"{self.invite.get('to')};tag=them"),
            ("To", self.invite.get("from")),
            ("Call-ID", self.invite.get("call-id")),
            ("CSeq", f"{cseq} {method}"),
            *headers.items(),
        ]
        if body:
            request.headers.append(("Content-Type", "application/sdp"))
            request.body = body
        self.dialog.receive(parse(request.encode()), 2.0)
        return self.sent()

    def up(self) -> None:
        self.answer(200, body=_OFFER, Contact="<sip:them@127.0.0.1:5060>")
        self.dialog.take_events()
        self.dialog.take_output()


def test_the_invite_offers_both_laws_and_keys_and_says_who_calls() -> None:
    pair = Pair(Caller("123", 'B "x"'))
    assert pair.invite.first == "INVITE sip:100@127.0.0.1:5060 SIP/2.0"
    assert pair.invite.get("from").startswith('"B \\"x\\"" <sip:123@127.0.0.1>;tag=')
    media = sdp.parse(pair.invite.body.decode())
    assert (media.port, list(media.names.values())) == (6000, ["PCMU", "PCMA", "TELEPHONE-EVENT"])


def test_a_withheld_number_is_asked_to_be_kept_private() -> None:
    assert Pair(Caller(withheld=True)).invite.get("privacy") == "id"
    assert Pair().invite.get("privacy") == ""


def test_ringing_early_media_and_answer_are_told_and_acknowledged() -> None:
    pair = Pair()
    pair.answer(100)
    pair.answer(180)
    pair.answer(183, body=_OFFER)
    pair.up_events = pair.dialog.take_events()  # type: ignore[attr-defined]
    assert pair.up_events == [Ringing(180, None), Ringing(183, _MEDIA)]  # type: ignore[attr-defined]
    pair.answer(200, body=_OFFER, Contact="<sip:them@127.0.0.1:5099;x=y>")
    assert pair.dialog.take_events() == [Answered(_MEDIA)]
    [ack] = pair.sent()
    assert ack.first == "ACK sip:them@127.0.0.1:5099;x=y SIP/2.0"
    assert parameter(ack.get("to"), "tag") == "them"
    assert ack.branch != pair.invite.branch and ack.get("cseq") == "1 ACK"


def test_a_lost_ack_is_sent_again_and_the_answer_told_once() -> None:
    pair = Pair()
    pair.answer(200, body=_OFFER)
    first = pair.dialog.take_output()
    pair.answer(200, body=_OFFER)
    assert pair.dialog.take_output() == first
    assert len(pair.dialog.take_events()) == 1


def test_an_invite_nobody_answers_is_sent_at_doubling_intervals_and_given_up_after_32_s() -> None:
    pair = Pair()
    sent_at = []
    for _ in range(20):
        deadline = pair.dialog.next_deadline()
        if deadline is None:
            break
        pair.dialog.tick(deadline)
        sent_at += [deadline] * len(pair.dialog.take_output())
    assert sent_at == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    [ended] = pair.dialog.take_events()
    assert ended == Ended(Party.NOBODY, "timeout", 408, None, "no answer to INVITE")


def test_an_address_where_nobody_listens_ends_only_what_waits_for_an_answer() -> None:
    pair = Pair()
    pair.dialog.unreachable()
    [ended] = pair.dialog.take_events()
    assert isinstance(ended, Ended) and (ended.cause, ended.status) == ("unreachable", 503)
    pair = Pair()
    pair.up()
    pair.dialog.unreachable()
    assert pair.dialog.state is State.CONFIRMED and pair.dialog.take_events() == []


def test_a_provisional_answer_stops_the_repeats() -> None:
    pair = Pair()
    pair.answer(100)
    assert pair.dialog.next_deadline() is None


@pytest.mark.parametrize("status", [404, 486, 503, 603])
def test_a_refusal_is_acknowledged_in_the_invite_s_transaction(status: int) -> None:
    pair = Pair()
    pair.answer(100)
    pair.answer(status, Reason="Q.850;cause=17")
    [ack] = pair.sent()
    assert (ack.branch, ack.get("cseq")) == (pair.invite.branch, "1 ACK")
    assert ack.first.split()[1] == pair.invite.first.split()[1]
    assert parameter(ack.get("to"), "tag") == "them"
    assert pair.dialog.take_events() == [Ended(Party.THEM, "refused", status, 17, "Told")]
    pair.answer(status)  # our ACK was lost
    assert len(pair.sent()) == 1 and pair.dialog.take_events() == []


def test_a_cancel_waits_for_the_first_provisional_answer() -> None:
    pair = Pair()
    pair.dialog.hang_up(0.1)
    assert pair.sent() == []
    pair.answer(100)
    [cancel] = pair.sent()
    assert (cancel.method, cancel.branch) == ("CANCEL", pair.invite.branch)
    assert cancel.get("cseq") == "1 CANCEL" and cancel.get("contact") == ""
    pair.answer(487)
    assert [m.method for m in pair.sent()] == ["ACK"]
    assert pair.dialog.take_events() == [Ended(Party.US, "cancelled", 487, None, "Told")]


def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_ended() -> None:
    pair = Pair()
    pair.answer(180)
    pair.dialog.hang_up(1.0)
    pair.sent()
    pair.answer(200, body=_OFFER)
    assert [m.method for m in pair.sent()] == ["ACK", "BYE"]
    assert not [e for e in pair.dialog.take_events() if isinstance(e, Answered)]


def test_an_answer_without_a_law_we_speak_is_ended() -> None:
    pair = Pair()
    pair.answer(200, body=sdp.describe("127.0.0.1", 4000, {9: "G722"}))
    ack, bye = pair.sent()
    assert (ack.method, bye.method) == ("ACK", "BYE")
    assert q850_of(bye) == 88


def test_our_bye_is_repeated_until_it_is_answered() -> None:
    pair = Pair()
    pair.up()
    pair.dialog.hang_up(10.0)
    pair.dialog.hang_up(10.0)  # once is enough
    [bye] = pair.sent()
    assert bye.get("cseq") == "2 BYE" and bye.first.startswith("BYE sip:them@127.0.0.1:5060 ")
    pair.dialog.tick(10.5)
    assert [m.branch for m in pair.sent()] == [bye.branch]
    pair.dialog.receive(reply(bye, 200, "OK"), 10.6)
    assert pair.dialog.take_events() == [Ended(Party.US, "bye")]
    assert pair.dialog.next_deadline() is None


def test_their_bye_ends_the_call_with_its_cause_and_is_answered_each_time() -> None:
    pair = Pair()
    pair.up()
    reason = 'Q.850;cause=21;text="Rejected"'
    assert [m.status for m in pair.ask("BYE", Reason=reason)] == [200]
    assert pair.dialog.take_events() == [Ended(Party.THEM, "bye", 200, 21, "Rejected")]
    assert [m.status for m in pair.ask("BYE", Reason=reason)] == [200]
    assert pair.dialog.take_events() == []


def test_both_hanging_up_at_once_is_one_end() -> None:
    pair = Pair()
    pair.up()
    pair.dialog.hang_up(3.0)
    [bye] = pair.sent()
    assert [m.status for m in pair.ask("BYE")] == [200]
    pair.dialog.receive(reply(bye, 481, "Gone"), 3.1)
    assert len(pair.dialog.take_events()) == 1


def test_options_is_answered_and_what_is_unknown_is_told_so() -> None:
    pair = Pair()
    pair.up()
    [options] = pair.ask("OPTIONS")
    assert (options.status, "INVITE" in options.get("allow")) == (200, True)
    assert [m.status for m in pair.ask("UPDATE", 2)] == [405]
    assert [m.status for m in pair.ask("CANCEL", 3)] == [481]
    assert pair.dialog.take_events() == []


def test_a_reinvite_is_answered_with_our_side_until_acknowledged() -> None:
    pair = Pair()
    pair.up()
    hold = sdp.describe("127.0.0.1", 4444, {8: "PCMA", 96: "TELEPHONE-EVENT"}, direction="sendonly")
    [answer] = pair.ask("INVITE", 5, hold)
    ours = sdp.parse(answer.body.decode())
    assert (answer.status, ours.port, ours.direction) == (200, 6000, "recvonly")
    assert ours.names == {8: "PCMA", 96: "TELEPHONE-EVENT"}
    assert pair.dialog.take_events() == [MediaChanged(sdp.parse(hold.decode()))]
    pair.dialog.tick(2.5)
    assert [m.status for m in pair.sent()] == [200]
    assert pair.ask("ACK", 5) == []
    assert pair.dialog.next_deadline() is None


def test_a_reinvite_without_an_offer_gets_ours_and_its_answer_counts() -> None:
    pair = Pair()
    pair.up()
    [answer] = pair.ask("INVITE", 5)
    assert 0 in sdp.parse(answer.body.decode()).names
    assert pair.dialog.take_events() == []
    pair.ask("ACK", 5, _OFFER)
    assert pair.dialog.take_events() == [MediaChanged(_MEDIA)]


def test_a_reinvite_with_nothing_in_common_is_refused_and_the_call_goes_on() -> None:
    pair = Pair()
    pair.up()
    g722 = sdp.describe("127.0.0.1", 4000, {9: "G722"})
    assert [m.status for m in pair.ask("INVITE", 5, g722)] == [488]
    assert pair.dialog.state is State.CONFIRMED


def test_a_reinvite_before_the_answer_belongs_to_nothing() -> None:
    assert [m.status for m in Pair().ask("INVITE", 5, _OFFER)] == [481]


def test_strangers_are_answered_as_a_phone_would() -> None:
    def asked(method: str) -> Message:
        via = ("Via", "SIP/2.0/UDP h;branch=z9hG4bKx")
        ends = [("From", "<sip:a@h>;tag=1"), ("To", "<sip:b@h>"), ("Call-ID", "q")]
        return Message(f"{method} sip:b@h SIP/2.0", [via, *ends, ("CSeq", f"1 {method}")])

    answers = {m: stray(asked(m)) for m in ("OPTIONS", "INVITE", "BYE")}
    assert {m: a.status for m, a in answers.items() if a} == {
        "OPTIONS": 200,
        "INVITE": 480,
        "BYE": 481,
    }
    assert stray(asked("ACK")) is None
    assert stray(reply(asked("OPTIONS"), 200, "OK")) is None
