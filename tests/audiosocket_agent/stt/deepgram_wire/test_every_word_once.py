"""A caller's words through a simulated vendor on a bad network: each is told once, in order.

Vendor, network and client live in one virtual time of 10 ms steps. Messages travel for a while,
both ways, and now and then everything stands still for up to 0.7 s. The caller speaks, coughs, and
stops within words, where the client's VAD asks for the end of the utterance. One vendor also says
things twice, as its simulator does where the order is broken.
"""

import json
import random
from collections import deque

import pytest

from audiosocket_agent.errors import DeadlineMissed
from audiosocket_agent.seams import Hearing as Told
from audiosocket_agent.simulators.deepgram_flux import FluxWire
from audiosocket_agent.simulators.deepgram_nova import NovaWire
from audiosocket_agent.simulators.deepgram_query import FluxQuery, NovaQuery
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.hearing import Hearing
from audiosocket_agent.simulators.script import Segment
from audiosocket_agent.simulators.stretches import END_QUIET_MS, Change, Edge
from audiosocket_agent.stt.deepgram_wire.flux import FluxTurns
from audiosocket_agent.stt.deepgram_wire.nova import NovaTurns

TALKS = 120
STEP_MS = 10
CHUNK_MS = 80
VOICE_AFTER_MS, QUIET_AFTER_MS = 40, 100  # what the client's VAD waits for
FORCE = {"flux": '{"type":"ForceEndTurn"}', "nova": '{"type":"Finalize"}'}


def flux(hearing):
    query = FluxQuery("flux-general-en", eager_eot_threshold=0.4, eot_threshold=0.7)
    return FluxWire(query, Delays(), hearing, "r")


def nova(hearing):
    query = NovaQuery("nova-3", interim_results=True, endpointing_ms=300)
    return NovaWire(query, Delays(), hearing, "r", "2026-11-21T12:00:00Z")


class Caller:
    """What is said, and when there is a voice."""

    def __init__(self, draw):
        self.segments, self.words, self._voice = [], [], []
        self.end_ms = 300.0
        for _ in range(8):
            count = draw.choice((0, 1, 2, 3, 4, 5, 3))
            words = tuple(f"w{len(self.words) + n}" for n in range(count))
            voice_ms = count * draw.uniform(180, 350) if count else draw.uniform(120, 300)
            self.segments.append(Segment(words, voice_ms))
            self.words += words
            self._speak(draw, self.end_ms, self.end_ms + voice_ms)
            self.end_ms += voice_ms + draw.choice((draw.uniform(220, 500), draw.uniform(500, 2500)))
        self.end_ms += 3000  # for what is told late

    def _speak(self, draw, start_ms, end_ms):
        if end_ms - start_ms > 600 and draw.random() < 0.5:
            # Shorter than what ends a stretch, long enough for the client to ask.
            pause_ms = draw.uniform(start_ms + 200, end_ms - 350)
            self._voice.append((start_ms, pause_ms))
            start_ms = pause_ms + draw.uniform(110, END_QUIET_MS - STEP_MS)
        self._voice.append((start_ms, end_ms))

    def voice(self, at_ms):
        return any(start <= at_ms < end for start, end in self._voice)


class Network:
    """Messages one way, in order, each a moment later, and none while everything stands still."""

    def __init__(self, draw, stills):
        self._draw, self._stills = draw, stills
        self._under_way, self._last_ms = deque(), 0.0

    def send(self, now_ms, message):
        at_ms = now_ms + self._draw.uniform(1, 25)
        for start_ms, end_ms in self._stills:
            if start_ms <= at_ms < end_ms:
                at_ms = end_ms
        self._last_ms = max(self._last_ms, at_ms)
        self._under_way.append((self._last_ms, message))

    def arrived(self, now_ms):
        while self._under_way and self._under_way[0][0] <= now_ms:
            yield self._under_way.popleft()[1]


class Vendor:
    """The simulated vendor, fed with where the voice is."""

    def __init__(self, caller, make_wire, force):
        self._caller, self._force = caller, force
        self._hearing = Hearing(caller.segments)
        self._wire = make_wire(self._hearing)
        self._clock_ms, self._loud, self._stopped_ms = 0.0, False, None

    def audio(self, until_ms, now_ms):
        said = []
        while self._clock_ms < until_ms:
            self._clock_ms += STEP_MS
            change = self._change(self._caller.voice(self._clock_ms - STEP_MS))
            if change is not None:
                self._hearing.note(change)
                said += self._wire.changed(change)
            said += self._wire.advance(self._clock_ms, now_ms)
        return said

    def asked(self, now_ms):
        return self._wire.text(self._force, self._clock_ms, now_ms) + self.tick(now_ms)

    def tick(self, now_ms):
        return self._wire.advance(self._clock_ms, now_ms)

    def disordered(self, message):
        return self._wire.disordered(message)

    def _change(self, loud):
        began_ms, was_loud = self._clock_ms - STEP_MS, self._loud
        self._loud = loud
        if loud and not was_loud:
            self._stopped_ms = None
            return Change(Edge.VOICE, began_ms)
        if was_loud and not loud:
            self._stopped_ms = began_ms
            return Change(Edge.QUIET, began_ms)
        if self._stopped_ms is not None and self._clock_ms - self._stopped_ms >= END_QUIET_MS:
            stopped_ms, self._stopped_ms = self._stopped_ms, None
            return Change(Edge.END, stopped_ms)
        return None


def finals(draw, caller, turns, make_wire, force, repeats):
    """Hold the talk; returns the text of every FINAL."""
    stills = []
    for _ in range(draw.choice((0, 0, 3, 8))):
        start_ms = draw.uniform(0, caller.end_ms)
        stills.append((start_ms, start_ms + draw.uniform(50, 700)))
    up, down = Network(draw, stills), Network(draw, stills)
    vendor = Vendor(caller, make_wire, force)
    told, speaks, loud_ms, quiet_ms = [], False, 0, 0
    for now_ms in range(STEP_MS, int(caller.end_ms), STEP_MS):
        now_s = now_ms / 1000
        loud = caller.voice(now_ms - STEP_MS)
        loud_ms, quiet_ms = (loud_ms + STEP_MS, 0) if loud else (0, quiet_ms + STEP_MS)
        if loud_ms >= VOICE_AFTER_MS and not speaks:
            speaks = True
            turns.speech_started(now_s)
        if quiet_ms >= QUIET_AFTER_MS and speaks:
            speaks = False
            transcripts, ask = turns.finalize(now_s, now_s)
            told += transcripts
            if ask:
                up.send(now_ms, (now_ms, True))
        if now_ms % CHUNK_MS == 0:
            turns.fed(now_s)
            up.send(now_ms, (now_ms, False))
        said = vendor.tick(now_ms)
        for until_ms, asks in up.arrived(now_ms):
            said += vendor.audio(until_ms, now_ms)
            said += vendor.asked(now_ms) if asks else []
        for message in said:
            again = vendor.disordered(message) if draw.random() < repeats else [message]
            for each in again:
                down.send(now_ms, json.dumps(each))
        if any(start_ms <= now_ms < end_ms for start_ms, end_ms in stills):
            continue
        for frame in down.arrived(now_ms):
            told += turns.message(frame, now_s)
        told += turns.due(now_s)
    return [transcript.text for transcript in told if transcript.hearing is Told.FINAL]


@pytest.mark.parametrize("patience_s", [0.4, 2.5])
@pytest.mark.parametrize(
    ("kind", "make_wire", "make_turns", "repeats"),
    [("flux", flux, FluxTurns, 0), ("nova", nova, NovaTurns, 0), ("nova", nova, NovaTurns, 0.3)],
)
def test_every_word_is_told_once_and_in_order(kind, make_wire, make_turns, repeats, patience_s):
    missed = 0
    for seed in range(TALKS):
        draw = random.Random(seed)
        caller = Caller(draw)
        try:
            turns = make_turns(kind, patience_s, 3.0)
            told = finals(draw, caller, turns, make_wire, FORCE[kind], repeats)
        except DeadlineMissed:
            missed += 1  # then the next ear hears the utterance again
            continue
        words = [word.strip(".?,").lower() for text in told for word in text.split()]
        assert words == caller.words, f"seed {seed}"
    assert missed < TALKS / 3, "the vendor is given up too readily"
