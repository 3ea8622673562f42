"""What a scripted caller does, step by step. Pure: audio, words and the time are told to it.

A script is a list of steps, each one of:

    say: "a leaking tap"     speak
    press: "2#"              press keys
    wait: 1.5                do nothing, in seconds
    expect: "which town"     the agent's next words must contain these
    hangup: true             end the call; now: whatever is being said

A caller with manners speaks, presses and hangs up when it is their turn: the agent has said
something since their last turn, and has been quiet for `QUIET_S`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audiosocket_agent.protocol import DTMF_DIGITS
from audiosocket_agent.vad import EnergyVad

QUIET_S = 0.7
TURN_DEADLINE_S = 45.0  # the longest the agent may speak, or be silent, before a turn of ours
EXPECT_DEADLINE_S = 20.0
AFTER_SCRIPT_S = 60.0  # after the last step the agent is to end the call; else we do
MOST_STEPS = 200
MOST_CHARS = 500
MOST_KEYS = 20  # what the controller presses in one go
LONGEST_WAIT_S = 300.0


class ScriptError(Exception):
    """A script makes no sense; the text says where."""


@dataclass(frozen=True, slots=True)
class Say:
    """Speak these words."""

    text: str


@dataclass(frozen=True, slots=True)
class Press:
    """Press these keys."""

    keys: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Expect:
    """The agent, no person and no machine, says these words among others; "": anything."""

    words: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call.

    Attributes:
        at_once: Whether in the middle of whatever is said, instead of in turn.
    """

    at_once: bool = False


Step = Say | Press | Wait | Expect | HangUp

# What proves an install: the agent takes the call and is heard to its end. It asks for nothing.
GREETING_ONLY: tuple[Step, ...] = (Expect(""), HangUp())


def read_script(content: object) -> tuple[Step, ...]:
    """Turn what a YAML file held into steps.

    Raises:
        ScriptError: If it makes no sense.
    """
    if not isinstance(content, list) or not content:
        raise ScriptError("a script is a list of steps: - say: ..., - press: ..., - hangup: true")
    if len(content) > MOST_STEPS:
        raise ScriptError(f"a script has at most {MOST_STEPS} steps")
    return tuple(_step(number, item) for number, item in enumerate(content, 1))


def _step(number: int, item: object) -> Step:
    if not isinstance(item, dict) or len(item) != 1:
        raise ScriptError(f"step {number}: one of say, press, wait, expect, hangup is needed")
    ((verb, value),) = item.items()
    match verb:
        case "say" | "expect":
            text = value.strip() if isinstance(value, str) else ""
            if not _words(text) or len(text) > MOST_CHARS:
                raise ScriptError(
                    f"step {number}: {verb} needs words, at most {MOST_CHARS} letters"
                )
            return Say(text) if verb == "say" else Expect(text)
        case "press":
            keys = str(value) if isinstance(value, str | int) else ""
            if not 0 < len(keys) <= MOST_KEYS or not set(keys) <= DTMF_DIGITS:
                raise ScriptError(f'step {number}: press needs keys of 0-9 * #, in quotes: "2#"')
            return Press(keys)
        case "wait":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ScriptError(f"step {number}: wait needs a number of seconds")
            if not 0 < value <= LONGEST_WAIT_S:
                raise ScriptError(f"step {number}: wait is at most {LONGEST_WAIT_S:.0f} seconds")
            return Wait(float(value))
        case "hangup":
            if value is not True and value != "now":
                raise ScriptError(f"step {number}: hangup is true, in turn, or now")
            return HangUp(at_once=value == "now")
    raise ScriptError(f"step {number}: one of say, press, wait, expect, hangup is needed")


@dataclass(frozen=True, slots=True)
class Unmet:
    """The script cannot go on.

    Attributes:
        step: Number of the step, from 1.
        why: In one line, without the caller's or the agent's words.
    """

    step: int
    why: str


class Caller:
    """Goes through a script.

    Args:
        steps: The script.
        now_s: The time; every later one counts from the same zero.

    Attributes:
        unmet: What kept the script from being finished, once that is known.
    """

    def __init__(self, steps: Sequence[Step], now_s: float) -> None:
        self._steps = steps
        self._at = 0
        self._since_s = now_s  # when this step began to be the next one
        self._vad = EnergyVad()
        self._spoke = False  # the agent, since the caller's last turn
        self._quiet_since_s = now_s
        self._speaking = False  # the caller
        self._told: list[str] = []  # what the agent said since the caller's last turn
        self._known: set[int] = set()
        self.unmet: Unmet | None = None

    @property
    def finished(self) -> bool:
        """Whether every step was done."""
        return self._at >= len(self._steps) and not self._speaking

    def hear(self, pcm: bytes, now_s: float) -> None:
        """Take what is heard: 16-bit samples at 8,000 Hz."""
        self._vad.feed(pcm)
        if self._vad.speaking:
            self._spoke = True
        if self._vad.voiced:
            self._quiet_since_s = now_s

    def told(self, index: int, text: str) -> None:
        """Take a turn of the agent from the record; the same turn may be told again."""
        if index not in self._known:
            self._known.add(index)
            self._told.append(_words(text))

    def done(self, now_s: float) -> None:
        """The words or keys of the last action are out."""
        self._speaking = False
        self._since_s = self._quiet_since_s = now_s

    def act(self, now_s: float) -> Say | Press | HangUp | None:
        """Return what to do now, if anything; `done` is to be called after words and keys."""
        if self._speaking or self.unmet is not None:
            return None
        if self._at >= len(self._steps):
            return HangUp() if now_s - self._since_s > AFTER_SCRIPT_S else None
        step = self._steps[self._at]
        match step:
            case Wait(seconds):
                if now_s - self._since_s >= seconds:
                    self._next(now_s)
            case Expect(words):
                self._expect(_words(words), now_s)
            case Say() | Press() | HangUp():
                return self._take_turn(step, now_s)
        return None

    def ended(self) -> None:
        """The call is over; steps that are left are unmet."""
        if self._at < len(self._steps):
            self.unmet = self.unmet or Unmet(self._at + 1, "the call ended before it")

    def give_up(self, why: str) -> None:
        """The last action could not be done."""
        self.unmet = self.unmet or Unmet(self._at, why)

    def _take_turn(self, step: Say | Press | HangUp, now_s: float) -> Say | Press | HangUp | None:
        my_turn = self._spoke and now_s - self._quiet_since_s >= QUIET_S
        if my_turn or step == HangUp(at_once=True):
            self._next(now_s)
            self._spoke = False
            self._told.clear()
            self._speaking = not isinstance(step, HangUp)
            return step
        if now_s - self._since_s > TURN_DEADLINE_S:
            what = "did not stop speaking" if self._spoke else "said nothing"
            self.unmet = Unmet(self._at + 1, f"the agent {what} for {TURN_DEADLINE_S:.0f} s")
        return None

    def _expect(self, words: str, now_s: float) -> None:
        if any(not words or f" {words} " in f" {said} " for said in self._told):
            self._next(now_s)
        elif now_s - self._since_s > EXPECT_DEADLINE_S:
            what = "did not say it" if words else "did not speak"
            why = f"the agent {what} within {EXPECT_DEADLINE_S:.0f} s"
            self.unmet = Unmet(self._at + 1, why)

    def _next(self, now_s: float) -> None:
        self._at += 1
        self._since_s = now_s


def _words(text: Any) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())
