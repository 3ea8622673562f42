"""What the agent itself adds to its vendors, with 1 and 50 calls at once.

The media process is the real one with its real database, the vendors are the simulators at their
documented delays, each in a process of its own; callers speak AudioSocket, as Asterisk does. A turn
is: the caller makes a sound the script puts words to, the model answers in words, the voice speaks
them. Own overhead = first frame out, minus when it could have been there: the vendors' delays after
the answer was begun, or the end of the turn if that came later.

    python -m bench.overhead [--calls 1 50] [--turns 6]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import uuid
from contextlib import closing, contextmanager
from pathlib import Path

from audiosocket_agent.simulators.delays import Delays
from bench.calls import favour_the_phone, machine
from bench.report import Row, as_json, document

_RESULTS = Path(__file__).with_name("results")
_DID = "441632960001"
_FRAME_S = 0.02
_SILENCE = bytes(320)
_SOUND_MS = 600
_QUIET_FRAMES = 30  # this much silence of the agent's, and the caller speaks
_SOUND = struct.pack(
    f"<{_SOUND_MS * 8}h", *(8000 if (n // 10) % 2 else -8000 for n in range(_SOUND_MS * 8))
)
_SINGLES = 5  # one call after the other
_START_S, _CALL_S = 30.0, 180.0


class Caller(asyncio.Protocol):
    """One AudioSocket leg, seen from Asterisk: a frame each 20 ms, both ways."""

    def __init__(self, call_id: uuid.UUID, turns: int) -> None:
        self._call_id = call_id
        self._left = turns
        self._data = b""
        self._quiet = 0
        self._heard_any = False
        self._sound_at = len(_SOUND)
        self._loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send(0x01, self._call_id.bytes)
        self._due_s = self._loop.time()
        self._tick()

    def data_received(self, data: bytes) -> None:
        data = self._data + data
        at = 0
        while len(data) - at >= 3:
            kind, length = struct.unpack_from(">BH", data, at)
            if len(data) - at - 3 < length:
                break
            if kind == 0x10:
                self._frame(data[at + 3 : at + 3 + length])
            at += 3 + length
        self._data = data[at:]

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _frame(self, pcm: bytes) -> None:
        if pcm != _SILENCE:
            self._quiet, self._heard_any = 0, True
            return
        self._quiet += 1
        speaking = self._sound_at < len(_SOUND)
        if self._heard_any and not speaking and self._quiet == _QUIET_FRAMES:
            self._heard_any = False
            if self._left:
                self._left -= 1
                self._sound_at = 0
            else:
                self._transport.close()

    def _tick(self) -> None:
        if self._transport.is_closing():
            return
        frame = _SOUND[self._sound_at : self._sound_at + 320] or _SILENCE
        self._sound_at += 320
        self._send(0x10, frame)
        self._due_s += _FRAME_S
        self._loop.call_at(self._due_s, self._tick)

    def _send(self, kind: int, payload: bytes) -> None:
        self._transport.write(struct.pack(">BH", kind, len(payload)) + payload)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(folder: Path, vendors: int, ear: str) -> dict[str, str]:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("VOICEAGENT_")}
    script = folder / "script.jsonl"
    segments = [["can you hear me", _SOUND_MS - 100]] * 40
    script.write_text(json.dumps({"segments": segments}) + "\n")
    return plain | {
        "VOICEAGENT_SIM_TRANSCRIPTS": str(script),
        "VOICEAGENT_RUN_DIR": str(folder),
        "VOICEAGENT_DATA_DIR": str(folder / "data"),
        "VOICEAGENT_AUDIOSOCKET_PORT": str(_free_port()),
        "VOICEAGENT_LOG_LEVEL": "WARNING",
        "VOICEAGENT_MAX_CALLS": "60",
        "VOICEAGENT_STT": ear,
        "VOICEAGENT_LLM": "groq",
        "VOICEAGENT_TTS": "cartesia",
        "VOICEAGENT_DEEPGRAM_URL": f"ws://127.0.0.1:{vendors}",
        "VOICEAGENT_CARTESIA_URL": f"ws://127.0.0.1:{vendors}",
        "VOICEAGENT_GROQ_URL": f"http://127.0.0.1:{vendors}/openai/v1",
        "DEEPGRAM_API_KEY": "simulated",
        "GROQ_API_KEY": "simulated",
        "CARTESIA_API_KEY": "simulated",
    }


@contextmanager
def _process(command: list[str], env: dict[str, str]):
    child = subprocess.Popen([sys.executable, "-m", *command], env=env)
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(20)


async def _ready(connect) -> None:
    async with asyncio.timeout(_START_S):
        while True:
            try:
                _, writer = await connect()
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


async def _register(link: Path, call_id: uuid.UUID) -> tuple[str, int]:
    reader, writer = await asyncio.open_unix_connection(link)
    request = {
        "op": "register", "uuid": str(call_id), "did": _DID, "caller": "07700900001",
        "channel": "PJSIP/bench-1", "uniqueid": "1.1",
    }  # fmt: skip
    writer.write(json.dumps(request).encode() + b"\n")
    reply = json.loads(await reader.readline())
    writer.close()
    host, _, port = reply["media"].rpartition(":")
    return host, int(port)


async def _call(link: Path, turns: int, start_in_s: float) -> None:
    await asyncio.sleep(start_in_s)
    call_id = uuid.uuid4()
    host, port = await _register(link, call_id)
    loop = asyncio.get_running_loop()
    _, caller = await loop.create_connection(lambda: Caller(call_id, turns), host, port)
    async with asyncio.timeout(_CALL_S):
        await caller.done


async def _hold(folder: Path, vendors: int, calls: int, turns: int, rounds: int) -> None:
    link = folder / "media.sock"
    await _ready(lambda: asyncio.open_connection("127.0.0.1", vendors))
    await _ready(lambda: asyncio.open_unix_connection(link))
    for _ in range(rounds):
        await asyncio.gather(*(_call(link, turns, n * 0.05) for n in range(calls)))


def _marks(folder: Path) -> list[dict[str, int]]:
    with closing(sqlite3.connect(folder / "data" / "voiceagent.db")) as db:
        rows = db.execute("SELECT marks_ms FROM turns WHERE speaker = 'agent'").fetchall()
    marks = [json.loads(row[0]) for row in rows]
    return [m for m in marks if {"stt_final", "llm_first_token", "first_frame"} <= set(m)]


def run(
    calls: int, turns: int, ear: str, *, rounds: int = 1, timed: bool = False
) -> tuple[list[dict[str, int]], dict]:
    """Hold calls; returns the waterfalls and, when timed, the callbacks' CPU times."""
    with tempfile.TemporaryDirectory(prefix="va-bench-") as name:
        folder, vendors = Path(name), _free_port()
        (folder / "data").mkdir()
        env = _environment(folder, vendors, ear)
        result = folder / "callbacks.json"
        media = (
            ["bench.media_host", str(result)] if timed else ["ari_app", "run", "--role", "media"]
        )
        simulators = ["audiosocket_agent.simulators", "--port", str(vendors)]
        with _process(simulators, env), _process(media, env):
            asyncio.run(_hold(folder, vendors, calls, turns, rounds))
        return _marks(folder), json.loads(result.read_text()) if timed else {}


def _rows(marks: list[dict[str, int]], calls: int, expected: int) -> list[Row]:
    delays = Delays()
    waits = delays.llm_first + delays.tts_first
    title = f"{calls} at once" if calls > 1 else "one call"
    note = f"{len(marks)} of {expected} turns"
    own = [m["first_frame"] - max(m["draft"] + waits, m["decision"]) for m in marks]
    spans = {
        "asked for the final transcript to having it": ("finalize", "stt_final"),
        "final transcript to decision": ("stt_final", "decision"),
        "answer begun to first token": ("draft", "llm_first_token"),
        "first token to first audio": ("llm_first_token", "tts_first_byte"),
        "first audio to first frame": ("tts_first_byte", "first_frame"),
    }
    rows = [
        Row(f"{title}: own overhead, p50", own, target=15, statistic="p50", note=note),
        Row(f"{title}: own overhead, p95", own, target=30, statistic="p95"),
    ]
    for name, (start, end) in spans.items():
        values = [m[end] - m[start] for m in marks if start in m and end in m]
        rows.append(Row(f"{title}: {name}", values))
    return rows


def _callback_rows(found: dict, calls: int) -> list[Row]:
    worst = [entry["ms"] for entry in found["slowest"]]
    note = f"of {found['callbacks']} callbacks; the worst: {found['slowest'][0]['what'][:60]}"
    return [
        Row(
            f"{calls} at once: CPU of the {len(worst)} longest callbacks",
            worst, target=5, statistic="max", note=note.replace("|", "/"),
        )
    ]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.overhead", description=__doc__)
    parser.add_argument("--calls", type=int, nargs="+", default=[1, 50])
    parser.add_argument("--turns", type=int, default=6, help="turns of each call")
    parser.add_argument("--ear", default="deepgram", help="deepgram or deepgram_flux")
    parser.add_argument("--out", type=Path, default=_RESULTS, help="folder for the results")
    options = parser.parse_args()
    about = machine()
    favour_the_phone()
    rows, lost = [], 0
    for calls in options.calls:
        rounds = 1 if calls > 1 else _SINGLES
        print(f"{calls} at once ...", file=sys.stderr)
        marks, _ = run(calls, options.turns, options.ear, rounds=rounds)
        expected = calls * options.turns * rounds
        rows += _rows(marks, calls, expected)
        lost += expected - len(marks)
    print("callbacks ...", file=sys.stderr)
    most = max(options.calls)
    rows += _callback_rows(run(most, 3, options.ear, timed=True)[1], most)
    options.out.mkdir(parents=True, exist_ok=True)
    found = {"machine": about, "rows": as_json(rows)}
    (options.out / "overhead.json").write_text(json.dumps(found, indent=1) + "\n")
    page = document(about, rows, "What the agent adds to its vendors", "measured in the record")
    (options.out / "overhead.md").write_text(page)
    print(page)
    if lost:
        print(f"{lost} turns were never answered", file=sys.stderr)
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main())
