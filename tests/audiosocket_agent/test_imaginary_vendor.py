"""A newcomer adds a vendor by adding one file: settings, doctor and a whole call take it.

Each file below is all that its vendor needs. They are written into folders beside the shipped
engines; nothing else in the project is told of them.
"""

import asyncio
import importlib
import sys
from contextlib import AsyncExitStack

import pytest
import uvloop

from ari_app.engines import open_engines
from ari_app.settings import SettingsError, all_settings, load_settings
from audiosocket_agent.company import Company, load_company
from audiosocket_agent.journal import EndReason, Speaker
from audiosocket_agent.speech_judge import SpeechJudge
from audiosocket_agent.workflow import Outcome
from installer.doctor.engines import check_engines
from installer.doctor.findings import Verdict
from tests.fake_asterisk import SHIPPED, pbx

STT = '''
"""An ear that hears everything as the same words."""

import asyncio

from audiosocket_agent.options import VendorOptions, option
from audiosocket_agent.seams import EarTraits, Transcript


class Options(VendorOptions):
    words: str = option("leaking tap", "what it hears")
    think_ms: int = option(20, "how long it thinks", unit="ms", ge=0, le=500)


class Session:
    def __init__(self, options):
        self._options = options
        self._asked = asyncio.Queue()

    def expect(self, expectation): ...
    def feed(self, pcm): ...
    def speech_started(self): ...
    def discard(self): ...

    def finalize(self):
        self._asked.put_nowait(True)

    async def transcripts(self):
        while await self._asked.get():
            await asyncio.sleep(self._options.think_ms / 1000)
            yield Transcript(self._options.words)

    async def close(self):
        self._asked.put_nowait(False)


class Ear:
    traits = EarTraits("linear16", 8000, chunk_ms=20)

    def __init__(self, options):
        self._options = options

    async def session(self, call_id, vocabulary=()):
        return Session(self._options)

    async def check(self): ...
    async def close(self): ...


async def open_engine(options):
    return Ear(options)
'''

LLM = '''
"""A model that sends everybody to a person."""

from audiosocket_agent.options import VendorOptions, option
from audiosocket_agent.seams import ModelTraits, ToolCall


class Options(VendorOptions):
    patience: float = option(0.5, "how much it has", ge=0, le=1)


class Model:
    traits = ModelTraits(context_tokens=1000)

    async def stream(self, request):
        yield "That is beyond me. "
        yield "I'll put you through to a person."
        yield ToolCall("1", "transfer_to_person", '{"reason": "no idea"}')

    async def warm(self): ...
    async def check(self): ...
    async def close(self): ...


async def open_engine(options):
    return Model()
'''

TTS = '''
"""A voice that hums: one note a word."""

from audiosocket_agent.options import VendorOptions, option
from audiosocket_agent.seams import VoiceTraits
from audiosocket_agent.sentences import BySentence


class Options(VendorOptions):
    word_ms: int = option(60, "how long a word is hummed", unit="ms", ge=20, le=1000)


class Hum:
    def __init__(self, options, voice="low", speed=1.0):
        self._options = options
        self._word_ms = int(options.word_ms / speed)
        self._wave = {"low": b"\\x00\\x20\\x00\\xe0", "high": b"\\x00\\x40\\x00\\xc0"}[voice]
        self.voice_id = f"hum-{voice}-{self._word_ms}"

    def speaking(self, voice, speed):
        return Hum(self._options, voice, speed)

    async def synthesize(self, text):
        for _ in text.split():
            yield self._wave * (self._word_ms * 4)

    async def close(self): ...


async def open_engine(options):
    hum, traits = Hum(options), VoiceTraits("pcm", 8000, whole_sentences=True)
    return BySentence(hum, traits, "imaginary", hum.speaking)
'''


@pytest.fixture
def imaginary(tmp_path, monkeypatch):
    """Add the file of a kind; the folders are as they were afterwards."""
    for name in ("STT", "LLM", "TTS"):
        monkeypatch.setenv(f"VOICEAGENT_{name}", "rules" if name == "LLM" else "offline")
    monkeypatch.setenv("VOICEAGENT_DATA_DIR", str(tmp_path))
    added = []

    def add(kind, source):
        folder = tmp_path / kind
        folder.mkdir()
        (folder / "imaginary.py").write_text(source)
        package = importlib.import_module(f"audiosocket_agent.{kind}")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
        added.append((package, f"{package.__name__}.imaginary"))
        monkeypatch.setenv(f"VOICEAGENT_{kind.upper()}", "imaginary")

    yield add
    for package, module in added:
        sys.modules.pop(module, None)
        vars(package).pop("imaginary", None)


def held(tmp_path, answers):
    """Hold a call on the engines the environment names; returns its turns, end and bookings."""

    async def main():
        async with AsyncExitStack() as stack:
            engines = await open_engines(load_settings(), stack, SpeechJudge(ready=1))
            parts = {"ear": engines.ear, "mind": engines.mind, "voice": engines.voice}
            async with pbx(tmp_path, **parts) as it:
                leg = await it.call()
                await leg.until(voiced=True)
                for _ in range(answers):
                    assert await leg.answer()
                if answers < 2:
                    await leg.drain()
                else:
                    leg.close()
                end = await it.ended(leg.call_id)
                return [it.notes.turns[leg.call_id, i] for i in range(len(it.notes.turns))], end

    return uvloop.run(main())


@pytest.mark.parametrize(
    ("kind", "source", "rows", "check"),
    [
        (
            "stt", STT,
            {"WORDS": ("leaking tap", "", ""), "THINK_MS": ("20", "ms", "0..500")},
            "speech to text: imaginary",
        ),
        ("llm", LLM, {"PATIENCE": ("0.5", "", "0..1")}, "language model: imaginary"),
        ("tts", TTS, {"WORD_MS": ("60", "ms", "20..1000")}, "text to speech: imaginary"),
    ],
)  # fmt: skip
def test_one_file_is_a_setting_with_options_that_the_doctor_checks(
    imaginary, monkeypatch, kind, source, rows, check
):
    monkeypatch.setenv(f"VOICEAGENT_{kind.upper()}", "imaginary")
    with pytest.raises(SettingsError, match="no engine is called 'imaginary'"):
        load_settings()
    imaginary(kind, source)
    settings = load_settings()
    listed = {row.variable: (row.default, row.unit, row.range) for row in all_settings()}
    for option, row in rows.items():
        assert listed[f"VOICEAGENT_IMAGINARY_{option}"] == row
    found = {finding.check: finding.verdict for finding in asyncio.run(check_engines(settings))}
    assert found[check] is Verdict.GREEN


def test_a_company_may_choose_among_the_voices_of_an_imaginary_vendor(imaginary):
    imaginary("tts", TTS)
    harbour = load_company(SHIPPED / "harbour.yaml").model_dump(mode="json")
    choice = {"imaginary": {"name": "high", "speed": 0.6}}
    company = Company.model_validate(harbour | {"voice": choice})

    async def main():
        async with AsyncExitStack() as stack:
            engines = await open_engines(load_settings(), stack, SpeechJudge(ready=1))
            await engines.phrases.prepare(["Hello there."], company.voice)
            await engines.phrases.prepare(["Hello there."])
            theirs = engines.phrases.stock(company.voice)("Hello there.").pcm
            ours = engines.phrases.get("Hello there.").pcm
            assert (theirs[:2], 3 * len(theirs)) == (b"\x00\x40", 5 * len(ours))

    uvloop.run(main())


def test_an_option_out_of_its_range_is_named(imaginary, monkeypatch):
    imaginary("tts", TTS)
    monkeypatch.setenv("VOICEAGENT_IMAGINARY_WORD_MS", "5")
    with pytest.raises(SettingsError, match="^VOICEAGENT_IMAGINARY_WORD_MS=5: "):
        load_settings()


def test_a_call_is_heard_thought_about_and_spoken_by_imaginary_vendors(imaginary, tmp_path):
    for kind, source in (("stt", STT), ("llm", LLM), ("tts", TTS)):
        imaginary(kind, source)
    turns, end = held(tmp_path, answers=1)
    assert end == (EndReason.HANDED_OVER, Outcome.QUEUE)
    assert [t.text for t in turns if t.speaker is Speaker.CALLER] == ["leaking tap"]
    assert turns[-1].text == "That is beyond me. I'll put you through to a person."


def test_an_imaginary_ear_follows_its_option(imaginary, monkeypatch, tmp_path):
    imaginary("stt", STT)
    imaginary("tts", TTS)
    monkeypatch.setenv("VOICEAGENT_IMAGINARY_WORDS", "boiler service")
    turns, end = held(tmp_path, answers=2)
    assert end == (EndReason.CALLER_HUNG_UP, None)
    assert [t.text for t in turns if t.speaker is Speaker.CALLER] == ["boiler service"] * 2
    assert [t.asks for t in turns if t.speaker is Speaker.AGENT][:2] == ["service", "area"]
