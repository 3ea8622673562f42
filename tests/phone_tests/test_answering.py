"""The called side against the calling side: two state machines, no network, every loss tried."""

import itertools

import pytest

from tests.phone import sdp
from tests.phone.answering import Answering, is_new_call
from tests.phone.message import Caller, Message, parse
from tests.phone.outcome import Ended, Party
from tests.phone.sip import Answered, Dialog, Line, Ringing, State


class Pair:
    """A caller and a called dialog, and a clock that jumps from deadline to deadline.

    Args:
        lose: The datagrams that get lost, counted over both directions from 0.
    """

    def __init__(self, lose: frozenset[int] = frozenset(), codecs: tuple[str, ...] = ("PCMU",)):
        words = itertools.count()
        self._token = lambda: f"w{next(words):03}"
        self.now, self.lose, self.count = 0.0, lose, 0
        self.events: dict[str, list[object]] = {"caller": [], "called": []}
        line = Line("100", "127.0.0.1", 5080, "127.0.0.1", 5070, Caller("07700900123"), 4000)
        self.caller = Dialog(line, self._token)
        self.called: Answering | None = None
        self._codecs = codecs
        self.caller.start(self.now)
        self.carry()

    def carry(self) -> None:
        """Carry datagrams both ways until there are none."""
        while True:
            out = [(self._to_called, data) for data in self.caller.take_output()]
            if self.called is not None:
                out += [(self._to_caller, data) for data in self.called.take_output()]
            for deliver, data in out:
                self.count += 1
                if self.count - 1 not in self.lose:
                    deliver(parse(data))
            self.events["caller"] += self.caller.take_events()
            if self.called is not None:
                self.events["called"] += self.called.take_events()
            if not out:
                return

    def _to_caller(self, message: Message) -> None:
        self.caller.receive(message, self.now)

    def _to_called(self, message: Message) -> None:
        if self.called is None:
            assert is_new_call(message)
            line = Line("100", "127.0.0.1", 5070, "127.0.0.1", 5080, Caller(), 4002, self._codecs)
            self.called = Answering(message, line, self._token)
        else:
            self.called.receive(message, self.now)

    def settle(self) -> None:
        """Let time pass until nobody waits for anything."""
        while True:
            sides = [self.caller] + ([self.called] if self.called else [])
            times = [at for side in sides if (at := side.next_deadline()) is not None]
            if not times:
                return
            self.now = min(times)
            for side in sides:
                side.tick(self.now)
            self.carry()

    def whole_call(self) -> None:
        if self.called is None:
            self.settle()
        assert self.called is not None
        self.called.ring()
        self.carry()
        self.called.answer(self.now)
        self.carry()
        self.settle()


@pytest.mark.parametrize("lost", range(-1, 9))
@pytest.mark.parametrize("ender", ["caller", "called"])
def test_a_call_comes_up_and_down_whichever_datagram_is_lost(lost: int, ender: str) -> None:
    pair = Pair(frozenset({lost}))
    pair.whole_call()
    assert pair.called is not None
    assert {pair.caller.state, pair.called.state} == {State.CONFIRMED}
    assert Answered(sdp.Media("127.0.0.1", 4000, _offered())) in pair.events["called"]
    getattr(pair, ender).hang_up(pair.now)
    pair.carry()
    pair.settle()
    assert {pair.caller.state, pair.called.state} == {State.ENDED}
    for side in ("caller", "called"):
        (ended,) = [event for event in pair.events[side] if isinstance(event, Ended)]
        assert (ended.by, ended.cause) == (Party.US if side == ender else Party.THEM, "bye")


def _offered() -> dict[int, str]:
    return {0: "PCMU", 8: "PCMA", 101: "TELEPHONE-EVENT"}


@pytest.mark.parametrize("lost", range(-1, 5))
def test_a_refusal_arrives_whichever_datagram_is_lost(lost: int) -> None:
    pair = Pair(frozenset({lost}))
    if pair.called is None:
        pair.settle()
    assert pair.called is not None
    pair.called.refuse(pair.now, 486, "Busy Here")
    pair.carry()
    pair.settle()
    assert Ended(Party.US, "refused", 486, None, "Busy Here") in pair.events["called"]
    assert Ended(Party.THEM, "refused", 486, None, "Busy Here") in pair.events["caller"]


@pytest.mark.parametrize("lost", range(-1, 7))
def test_a_caller_may_give_up_whichever_datagram_is_lost(lost: int) -> None:
    pair = Pair(frozenset({lost}))
    if pair.called is None:
        pair.settle()
    assert pair.called is not None
    pair.called.ring()
    pair.carry()
    pair.caller.hang_up(pair.now)
    pair.carry()
    pair.settle()
    assert {pair.caller.state, pair.called.state} == {State.ENDED}
    (ended,) = [event for event in pair.events["called"] if isinstance(event, Ended)]
    assert (ended.by, ended.cause, ended.status) == (Party.THEM, "cancelled", 487)
    assert Ringing(180, None) in pair.events["called"]


def test_a_call_nobody_can_decode_is_refused() -> None:
    pair = Pair(codecs=("G722",))
    pair.whole_call()
    assert any(isinstance(e, Ended) and e.status == 488 for e in pair.events["caller"])


def test_hanging_up_before_the_answer_declines() -> None:
    pair = Pair()
    assert pair.called is not None
    pair.called.hang_up(pair.now)
    pair.carry()
    assert any(isinstance(e, Ended) and e.status == 603 for e in pair.events["caller"])


def test_an_offer_may_come_with_the_acknowledgement() -> None:
    head = (
        "SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKa", "<sip:1@127.0.0.1>;tag=a", "<sip:100@x>",
    )  # fmt: skip
    names = ("Via", "From", "To")

    def message(method: str, body: bytes) -> Message:
        made = Message(f"{method} sip:100@127.0.0.1 SIP/2.0", list(zip(names, head, strict=True)))
        made.headers += [("Call-ID", "c"), ("CSeq", f"1 {method}")]
        made.headers += [("Contact", "<sip:1@127.0.0.1:5070>"), ("Content-Type", "application/sdp")]
        made.body = body
        return made

    line = Line("100", "127.0.0.1", 5070, "127.0.0.1", 5080, Caller(), 4002)
    called = Answering(message("INVITE", b""), line, lambda: "t")
    called.answer(0.0)
    assert b"m=audio 4002" in called.take_output()[-1] and called.take_events() == []
    body = sdp.describe("127.0.0.1", 4000, {0: "PCMU"})
    called.receive(message("ACK", body), 0.1)
    assert called.take_events() == [Answered(sdp.parse(body.decode()))]
    assert called.next_deadline() is None
