"""One phase of the benchmark: some calls, held and judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bench import turn_analysis as analysis
from bench.callers import Held
from bench.plans import Mode
from bench.turn_analysis import Answered, Disturbed, Length, Said, Stopped
from bench.turn_records import Recorded, Reply
from tests.phone.heard import FRAME_S, Floats, speech

_BEFORE_S = 0.3  # a reply's first frame on record lies no further than this from its first sound
_ENDED_S = 0.5  # silence after a reply that shows that it was heard to its end
_OVER_S = 0.3  # a reply that ends so soon after an interruption began had nothing left to say
_SLOW_MS = 200.0  # a stop that takes longer is worth a look
_UNDERSTOOD = 0.8  # of a call's words; less, and the ear was reading another script


@dataclass(slots=True)
class Judged:
    """What became of the calls of a phase.

    Attributes:
        name: Of the phase.
        answers: Every utterance that wanted an answer.
        waterfalls: The marks of each answer that is on record, beside it.
        stops: Every interruption, with whether it was obeyed.
        disturbances: Every meaningless sound, with whether the reply lost words.
        echoes: The same of replies that only had their own echo for company.
        greetings_ms: From the 200 OK to the first sound.
        late_ms: The telephone's own latest frame, of each call.
        planned: Utterances that were planned.
        calls: How many calls.
        ended_early: Calls the agent ended before the plan did.
        errors: What went wrong on the telephone's side.
        misheard: Calls whose words on record are not those of their script.
        costs: What speculation cost, summed.
        remarks: What was not as it should be, to be looked up in a recording.
        load: What the processors were busy with, in words.
    """

    name: str
    answers: list[Answered] = field(default_factory=list)
    waterfalls: list[tuple[Answered, dict[str, int]]] = field(default_factory=list)
    stops: list[tuple[Stopped, bool]] = field(default_factory=list)
    disturbances: list[tuple[Disturbed, bool]] = field(default_factory=list)
    echoes: list[tuple[Disturbed, bool]] = field(default_factory=list)
    greetings_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    planned: int = 0
    calls: int = 0
    ended_early: int = 0
    errors: list[str] = field(default_factory=list)
    misheard: int = 0
    costs: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    load: str = ""

    def remark(self, held: Held, said: Said, what: str) -> None:
        """Note something that went wrong, and where."""
        where = f"call {held.plan.number} ({held.number}) at {said.start - held.dialed_at:.2f} s"
        self.remarks.append(f"{self.name}, {where}, {said.kind} {said.text!r}: {what}")


def first_sounds(held: Sequence[Held], agents: dict[str, Floats]) -> dict[str, float | None]:
    """Return when each call's agent was first heard."""
    return {
        h.number: float(agents[h.number][0]) if len(agents[h.number]) else None
        for h in held
        if h.number in agents
    }


def agents_of(held: Sequence[Held]) -> dict[str, Floats]:
    """Return the agent's sound in each call, from the answer on; a person's tone is not its."""
    found = {}
    for h in held:
        if h.call is not None and h.answered_at is not None:
            sound = speech(h.call.sound().after(h.answered_at))
            found[h.number] = sound.at[sound.voiced()]
    return found


def undisturbed(
    held: Sequence[Held], agents: dict[str, Floats], records: dict[str, Recorded]
) -> dict[str, Length]:
    """Measure the replies nobody spoke into: the same text has the same sound in every call."""
    found: dict[str, list[Length]] = {}
    for h in held:
        record = records.get(h.number)
        if record is None or h.echo:
            continue
        for reply in record.replies:
            if reply.first_at is None or not reply.whole:
                continue
            until = min(_spoken_next(h, reply.first_at), record.next_begins(reply) - FRAME_S)
            heard = analysis.between(agents[h.number], reply.first_at - _BEFORE_S, until)
            ended = len(heard) and until - heard[-1] > _ENDED_S
            if ended and not _disturbed(h, reply.first_at, until):
                found.setdefault(reply.text, []).append(analysis.length(heard))
    # Of several the middle one: a machine that is late now and then makes a hole by itself.
    return {
        text: Length(
            float(np.median([each.voice_s for each in lengths])),
            float(np.median([each.whole_s for each in lengths])),
        )
        for text, lengths in found.items()
    }


def _disturbed(held: Held, start: float, end: float) -> bool:
    return any(start - 0.1 <= s.start < end for s in held.said)


def _spoken_next(held: Held, moment: float) -> float:
    """Return when the caller next said something that is no mere noise."""
    later = (s.start for s in held.said if s.start > moment and s.mode is not Mode.ALARM)
    return min(later, default=held.over_at)


def judge(
    name: str,
    held: Sequence[Held],
    agents: dict[str, Floats],
    records: dict[str, Recorded],
    lengths: dict[str, Length],
) -> Judged:
    """Judge the calls of a phase."""
    judged = Judged(name, calls=len(held))
    for h in held:
        judged.planned += h.plan.turns
        judged.ended_early += h.ended_early
        if h.error:
            judged.errors.append(h.error)
        if h.answered_at is None or h.number not in agents:
            continue
        agent, record = agents[h.number], records.get(h.number, Recorded())
        judged.late_ms.append(h.late_ms)
        if len(agent):
            judged.greetings_ms.append(float(agent[0] - h.answered_at) * 1000)
        for cost, amount in record.costs.items():
            judged.costs[cost] = judged.costs.get(cost, 0) + amount
        if h.echo:
            _judge_echo(judged, h, agent, record, lengths)
            continue
        words = " ".join(s.text for s in h.said if s.mode is not Mode.ALARM)
        judged.misheard += record.understood(words) < _UNDERSTOOD
        _judge_call(judged, h, agent, record, lengths)
    return judged


def _judge_call(
    judged: Judged, held: Held, agent: Floats, record: Recorded, lengths: dict[str, Length]
) -> None:
    for n, said in enumerate(held.said):
        until = held.said[n + 1].start if n + 1 < len(held.said) else held.over_at
        if said.mode is Mode.ALARM:
            into = record.reply_before(said.start)
            if into is not None:
                found, lost = _disturbance(held, agent, record, said, into, lengths)
                judged.disturbances.append((found, lost))
                if found.into_speech and lost:
                    lack = found.lost_ms
                    judged.remark(held, said, f"lost words: whole {into.whole}, lacks {lack} ms")
            continue
        answered = _of_a_new_reply(analysis.answer(agent, said, until), record)
        judged.answers.append(answered)
        if answered.cut_in:
            judged.remark(held, said, "cut in" + " (hard)" * said.hard)
        elif answered.gap_ms is None or answered.gap_ms > analysis.LATE_S * 1000:
            judged.remark(held, said, f"answered after {answered.gap_ms}")
        reply = None if answered.gap_ms is None else record.reply_at(answered.answer_at or 0.0)
        if reply is not None and "first_frame" in reply.marks_ms:
            judged.waterfalls.append((answered, reply.marks_ms))
        if said.mode is Mode.BARGE:
            stopped = analysis.stop(agent, said)
            into = record.reply_before(said.start)
            if not _was_over(stopped, into, record, answered.answer_at):
                obeyed = stopped.silent and (into is None or into.interrupted)
                judged.stops.append((stopped, obeyed))
                if not obeyed or stopped.stopped_ms > _SLOW_MS:
                    done = "obeyed" if obeyed else "not obeyed"
                    judged.remark(held, said, f"{done} after {stopped.stopped_ms:.0f} ms")


def _of_a_new_reply(answered: Answered, record: Recorded) -> Answered:
    """Take no reply that goes on after an interruption for the answer to it."""
    if answered.said.mode is not Mode.BARGE or answered.gap_ms is None or not record.replies:
        return answered
    if answered.answer_at is not None and record.reply_at(answered.answer_at) is not None:
        return answered
    return replace(answered, gap_ms=None, talked_over=True)


def _was_over(
    stopped: Stopped, into: Reply | None, record: Recorded, next_at: float | None
) -> bool:
    """Whether a reply had been heard to its end when somebody meant to interrupt it."""
    if into is None or not into.whole or stopped.stopped_ms > _OVER_S * 1000:
        return False
    return next_at is None or record.reply_at(next_at) not in (None, into)


def _disturbance(
    held: Held,
    agent: Floats,
    record: Recorded,
    said: Said,
    reply: Reply,
    lengths: dict[str, Length],
) -> tuple[Disturbed, bool]:
    """Judge a meaningless sound, and whether words were lost: by the record, and by the ear."""
    assert reply.first_at is not None
    until = min(_spoken_next(held, said.start), record.next_begins(reply) - FRAME_S)
    found = analysis.disturbance(
        agent, said, reply.first_at - _BEFORE_S, until, lengths.get(reply.text)
    )
    lost = not reply.whole or found.lost_words
    return found, lost


def _judge_echo(
    judged: Judged, held: Held, agent: Floats, record: Recorded, lengths: dict[str, Length]
) -> None:
    for reply in record.replies:
        if reply.first_at is None or reply.text not in lengths:
            continue
        until = min(held.over_at, record.next_begins(reply) - FRAME_S)
        if until - reply.first_at < lengths[reply.text].whole_s:
            continue  # it was still being spoken when the caller hung up
        echo = Said(Mode.ALARM, "echo", "", reply.first_at, until)
        judged.echoes.append(_disturbance(held, agent, record, echo, reply, lengths))
