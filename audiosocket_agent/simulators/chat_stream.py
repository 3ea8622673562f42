"""An answer as the chat wire carries it: server-sent events, or one JSON object. Pure.

Every chunk is made before the first is sent: sending is then only a matter of time, and what a
fault does to an answer is an edit of a list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from audiosocket_agent.simulators.chat_brain import Answer
from audiosocket_agent.simulators.chat_request import Asked
from audiosocket_agent.simulators.faults import FaultKind

REASONING = "The caller has spoken; the details decide what comes next."
FINGERPRINT = "fp_simulated"
DONE = b"data: [DONE]\n\n"
LONGEST_PIECE = 6  # characters; longer words come in two pieces, as from a real tokeniser
ARGUMENT_PIECE = 9  # characters of a tool call's arguments in one chunk
BEGUN = 4  # chunks sent before a fault in mid-stream, of an answer that long


@dataclass(frozen=True, slots=True)
class Ids:
    """What names an answer.

    Attributes:
        number: Of the answer, since the vendor started; makes every id.
        created: Unix time in seconds.
        groq: Whether Groq's own fields are sent.
    """

    number: int
    created: int
    groq: bool

    @property
    def completion(self) -> str:
        """The answer's id."""
        return f"chatcmpl-sim{self.number:08d}"

    @property
    def request(self) -> str:
        """The request's id."""
        return f"req_sim{self.number:08d}"


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event.

    Attributes:
        data: Its bytes.
        token: Whether the model has to write something for it, which takes time.
    """

    data: bytes
    token: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """An answer in tokens, cut off at the most the request allows.

    Attributes:
        reasoning: Pieces of reasoning.
        words: Pieces of text; each piece brings its own leading space.
        calls: For each tool call its name and its arguments in pieces.
        cut: Whether something was left out.
    """

    reasoning: tuple[str, ...]
    words: tuple[str, ...]
    calls: tuple[tuple[str, tuple[str, ...]], ...]
    cut: bool

    @property
    def tokens(self) -> int:
        """How many tokens it is."""
        calls = sum(1 + len(pieces) for _, pieces in self.calls)
        return len(self.reasoning) + len(self.words) + calls

    @property
    def finish_reason(self) -> str:
        """Why it ends."""
        return "length" if self.cut else "tool_calls" if self.calls else "stop"


def write(answer: Answer, asked: Asked) -> Written:
    """Turn an answer into tokens."""
    reasoning = pieces_of(REASONING) if asked.reasoning else ()
    words = pieces_of(answer.text)
    room = asked.most_tokens
    whole = Written(
        reasoning[:room],
        words[: max(0, room - len(reasoning))],
        tuple(
            (name, _cut(json.dumps(arguments), ARGUMENT_PIECE))
            for name, arguments in answer.tool_calls
        ),
        len(reasoning) + len(words) > room,
    )
    # A call is all or nothing here: half a call is the fault "drop", not a short answer.
    return replace(whole, calls=(), cut=True) if whole.tokens > room or whole.cut else whole


def pieces_of(text: str) -> tuple[str, ...]:
    """Split text as a tokeniser does; joined, the pieces are the text again."""
    pieces: list[str] = []
    for word in re.findall(r"\s*\S+|\s+$", text):
        pieces += _cut(word, LONGEST_PIECE + 1) if len(word) > LONGEST_PIECE + 4 else (word,)
    return tuple(pieces)


def events(written: Written, asked: Asked, ids: Ids) -> list[Event]:
    """Return the stream of an answer, without faults."""
    head = {
        "id": ids.completion,
        "object": "chat.completion.chunk",
        "created": ids.created,
        "model": asked.model,
        "system_fingerprint": FINGERPRINT,
    }
    # On the generic wire every chunk but the last says so when usage will follow, as OpenAI does.
    tail = {"usage": None} if asked.usage and not ids.groq else {}
    usage = _usage(written, asked)

    def chunk(
        delta: object, finish: str | None = None, more: Mapping[str, object] = MappingProxyType({})
    ) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _sse({**head, "choices": [choice], **tail, **more})

    groq = {"x_groq": {"id": ids.request}} if ids.groq else {}
    last = {"x_groq": {"id": ids.request, "usage": _timed(usage)}} if ids.groq else {}
    found = [Event(chunk({"role": "assistant", "content": ""}, None, groq))]
    found += [Event(chunk({"reasoning": piece}), token=True) for piece in written.reasoning]
    found += [Event(chunk({"content": piece}), token=True) for piece in written.words]
    found += [
        Event(chunk({"tool_calls": [delta]}), token=True) for delta in _call_deltas(written, ids)
    ]
    found.append(Event(chunk({}, written.finish_reason, last)))
    if asked.usage:
        found.append(Event(_sse({**head, "choices": [], "usage": usage})))
    return [*found, Event(DONE)]


def completion(written: Written, asked: Asked, ids: Ids) -> dict[str, object]:
    """Return the JSON of an answer that is not streamed."""
    message: dict[str, object] = {"role": "assistant", "content": "".join(written.words) or None}
    if written.reasoning:
        message["reasoning"] = "".join(written.reasoning)
    if written.calls:
        message["tool_calls"] = [
            {
                "id": _call_id(ids, n),
                "type": "function",
                "function": {"name": name, "arguments": "".join(pieces)},
            }
            for n, (name, pieces) in enumerate(written.calls)
        ]
    usage = _usage(written, asked)
    body: dict[str, object] = {
        "id": ids.completion,
        "object": "chat.completion",
        "created": ids.created,
        "model": asked.model,
        "system_fingerprint": FINGERPRINT,
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": written.finish_reason,
            }
        ],
        "usage": _timed(usage) if ids.groq else usage,
    }
    return {**body, "x_groq": {"id": ids.request}} if ids.groq else body


def spoiled(stream: Sequence[Event], kinds: frozenset[FaultKind], *, groq: bool) -> list[Event]:
    """Return a stream with the faults that are in what is sent, in the vendor's manner."""
    found = list(stream)
    if FaultKind.MALFORMED in kinds:
        found.insert(_middle(found), Event(b'data: {"id":"chatcmpl-\n\n', token=True))
    if FaultKind.ORDER in kinds:
        found[1:1] = _disorder(found[0])
    if FaultKind.ERROR in kinds:
        found[_middle(found) :] = [Event(_groq_error() if groq else _generic_error(), token=True)]
    return found


def broken_at(stream: Sequence[Event]) -> int:
    """Return before which event a stream stalls or drops: something was sent, something is left."""
    return _middle(stream)


def _disorder(first: Event) -> list[Event]:
    """The end of the answer before its content, and pieces of a tool call nobody opened."""
    chunk = json.loads(first.data.removeprefix(b"data: "))

    def with_choice(delta: object, finish: str | None) -> Event:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return Event(_sse({**chunk, "choices": [choice]}), token=True)

    fragment = {"index": 7, "function": {"arguments": '"a":'}}
    return [with_choice({}, "stop"), with_choice({"tool_calls": [fragment]}, None)]


def _generic_error() -> bytes:
    """OpenAI's: an unnamed event, and none of Groq's own fields."""
    text = "The server had an error while processing your request."
    error = {"message": text, "type": "server_error", "param": None, "code": None}
    return _sse({"error": error})


def _groq_error() -> bytes:
    error = {
        "message": "Failed to call a function. Please adjust your prompt.",
        "type": "invalid_request_error",
        "code": "tool_use_failed",
        "failed_generation": "<function=record_details>{",
        "status_code": 400,
    }
    return b"event: error\n" + _sse({"error": error})


def _middle(stream: Sequence[Event]) -> int:
    """The place where a fault strikes; `stream` ends with the finish chunk and ``[DONE]``."""
    return max(1, min(BEGUN, len(stream) - 2))


def _call_deltas(written: Written, ids: Ids) -> list[dict[str, object]]:
    deltas: list[dict[str, object]] = []
    for n, (name, pieces) in enumerate(written.calls):
        opening = {"name": name, "arguments": ""}
        deltas.append({"index": n, "id": _call_id(ids, n), "type": "function", "function": opening})
        deltas += [{"index": n, "function": {"arguments": piece}} for piece in pieces]
    return deltas


def _call_id(ids: Ids, n: int) -> str:
    return f"call_{ids.number:08d}_{n}"


def _usage(written: Written, asked: Asked) -> dict[str, object]:
    tokens = written.tokens
    usage: dict[str, object] = {
        "prompt_tokens": asked.prompt_tokens,
        "completion_tokens": tokens,
        "total_tokens": asked.prompt_tokens + tokens,
    }
    if written.reasoning:
        usage["completion_tokens_details"] = {"reasoning_tokens": len(written.reasoning)}
    return usage


def _timed(usage: dict[str, object]) -> dict[str, object]:
    """Add the seconds Groq tells; the simulator's own are in its delays."""
    times = {"queue_time": 0.01, "prompt_time": 0.01, "completion_time": 0.02, "total_time": 0.03}
    return {**usage, **times}


def _cut(text: str, length: int) -> tuple[str, ...]:
    return tuple(text[at : at + length] for at in range(0, len(text), length))


def _sse(value: object) -> bytes:
    return b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"
