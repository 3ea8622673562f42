"""A company's own voice: read from its file, heard in its calls, replaced when it is missing."""

import asyncio
import logging
from pathlib import PurePosixPath

import numpy as np
import pytest
import uvloop
from pydantic import ValidationError

from audiosocket_agent.chains.breaker import Breaker
from audiosocket_agent.chains.chosen import ASK_AGAIN_S, Refusals, candidates, refuses_voice
from audiosocket_agent.chains.voice import VoiceChain
from audiosocket_agent.company import load_company
from audiosocket_agent.company_voice import VoiceChoice, key_of
from audiosocket_agent.errors import ModelNotFound, VendorDown
from audiosocket_agent.journal import EndReason
from audiosocket_agent.phrases import Phrases
from audiosocket_agent.sounds import Sounds, sound_name
from audiosocket_agent.tts import cartesia, offline
from audiosocket_agent.tts.cartesia import CartesiaVoice
from audiosocket_agent.workflow import Outcome
from tests.audiosocket_agent.tts.cartesia_server import Cartesia, chunk, done, error, times
from tests.engines import ToneVoice
from tests.fake_asterisk import SHIPPED, SILENCE, pbx

HARBOUR = load_company(SHIPPED / "harbour.yaml")
# What four greetings of two words and four questions of four take: all else is spoken when it is
# said. 640 bytes a word: 40 ms * 16 bytes.
GREETINGS = 4 * (2 + 4) * 640
SAMPLES = {"house": 1000, "blue": 2000, "green": 3000}  # voices by how loud all their samples are


def with_voice(voice):
    fields = HARBOUR.model_dump(mode="json") | {"voice": voice}
    return type(HARBOUR).model_validate(fields)


def test_a_voice_is_written_as_its_name_or_with_its_speed_and_stays_as_it_is():
    it = with_voice({"cartesia": "71a7-14", "offline": {"name": "en-gb-scotland", "speed": 0.9}})
    assert it.voice == {
        "cartesia": VoiceChoice(name="71a7-14"),
        "offline": VoiceChoice(name="en-gb-scotland", speed=0.9),
    }
    assert type(it).model_validate(it.model_dump(mode="json")) == it
    assert HARBOUR.voice == {}


@pytest.mark.parametrize(
    ("voice", "said"),
    [
        ({"cartesian": "x"}, "no voice engine is called 'cartesian': cartesia, offline"),
        ({"offline": "../../etc/passwd"}, "write the vendor's name or id"),
        ({"offline": "-w/tmp/x"}, "write the vendor's name or id"),
        ({"offline": ""}, "write the vendor's name or id"),
        ({"offline": {"name": "en-gb", "speed": 9}}, "1.5"),
        ({"offline": {"speed": 1.2}}, "name"),
        ("en-gb", "voice"),
    ],
)
def test_what_cannot_be_a_voice_is_refused(voice, said):
    with pytest.raises(ValidationError) as refused:
        with_voice(voice)
    assert said in str(refused.value)


def test_the_same_choice_has_one_key_in_any_order():
    one, other = VoiceChoice(name="a"), VoiceChoice(name="b", speed=0.9)
    assert key_of({"x": one, "y": other}) == key_of({"y": other, "x": one}) != key_of({"x": one})
    assert key_of({}) == ""


async def hums(line, frame):
    """Speak each word as 40 ms as loud as only this voice is; refuse voices that are not there."""
    name = frame["context_id"]
    if frame.get("cancel"):
        return
    sample = SAMPLES.get(frame["voice"]["id"])
    if sample is None:
        await line.send(error(name, 404, "voice_not_found"))
        return
    for word in frame["transcript"].split():
        at = line.spoken_ms.get(name, 0)
        line.spoken_ms[name] = at + 40
        pcm = np.repeat(np.resize([sample, -sample], 80), 4).astype("<i2").tobytes()
        await line.send(times(name, [word], [at / 1000], [(at + 40) / 1000]), chunk(name, pcm))
    if not frame["continue"]:
        await line.send(done(name))


def companies(**voices):
    """Return companies of these names and voices, by DID digits."""
    found = {}
    for number, (name, voice) in enumerate(voices.items()):
        did = f"44163296000{number}"
        own = {} if voice is None else {"cartesia": VoiceChoice(name=voice)}
        update = {"key": name, "dids": (did,), "greeting": f"{name} here.", "voice": own}
        found[did] = HARBOUR.model_copy(update=update)
    return found


async def heard(it, did):
    """Hold a call to its end; returns the samples that were heard in it."""
    leg = await it.call(did=did)
    await leg.until(voiced=True)
    for key in (b"1", b"0"):  # the first service; a person
        await leg.until(voiced=False, frames=15)
        leg.send(0x03, key)
        await leg.until(voiced=True)
    await leg.drain()
    assert await it.ended(leg.call_id) == (EndReason.HANDED_OVER, Outcome.QUEUE)
    voiced = b"".join(frame for frame in leg.frames if frame != SILENCE)
    return set(np.abs(np.frombuffer(voiced, "<i2")).tolist()) - {0}


def test_companies_on_one_process_speak_with_their_own_voices_at_once(tmp_path, caplog):
    there = companies(Plain=None, Blue="blue", Green="green", Missing="gone")

    async def main():
        async with Cartesia(hums) as server:
            patient = {"first_byte_ms": 20_000, "stall_ms": 20_000, "connect_ms": 20_000}
            options = cartesia.Options(api_key="k", url=server.url, voice="house", **patient)
            engines = [("cartesia", await cartesia.open_engine(options)), ("tone", ToneVoice())]
            breakers = {name: Breaker() for name, _ in engines}
            voice = VoiceChain(engines, breakers, asyncio.get_running_loop().time)
            parts = {
                "voice": voice,
                "phrases": Phrases(engines, tmp_path / "speech", max_memory_bytes=GREETINGS),
                "companies": there,
            }
            async with pbx(tmp_path, **parts) as it:
                ready = {f["transcript"]: f["voice"]["id"] for f in server.frames if "voice" in f}
                found = await asyncio.gather(*(heard(it, did) for did in there))
            await voice.close()
            assert not breakers["cartesia"].is_open
            said = {(f["voice"]["id"], f["transcript"]) for f in server.frames if "voice" in f}
            return ready, found, said

    with caplog.at_level(logging.WARNING), asyncio.Runner(loop_factory=uvloop.new_event_loop) as it:
        ready, found, said = it.run(main())
    assert found == [{1000}, {2000}, {3000}, {1000}]
    # The greetings were made before the first call, each by its company's voice.
    greetings = {text: voice for text, voice in ready.items() if "here." in text}
    assert greetings == {
        "Plain here.": "house", "Blue here.": "blue", "Green here.": "green",
        "Missing here.": "house",
    }  # fmt: skip
    assert {voice for voice, text in said if "town" in text} >= {"house", "blue", "green"}
    # One line of the calls' voice, however often it speaks, and one of the stock's.
    gone = [it.getMessage() for it in caplog.records if "no such voice" in it.getMessage()]
    assert len([line for line in gone if "its own voice speaks instead" in line]) == 1
    assert len([line for line in gone if line.startswith("stock phrases")]) == 1


async def said(voice, text):
    """Have a voice say a text in a call of its own."""
    session = await voice.session("call-1")
    speech = session.begin()
    speech.say(text)
    speech.finish()
    pcm = b"".join([piece async for piece in speech.pieces() if isinstance(piece, bytes)])
    await session.close()
    return pcm


def test_the_offline_voice_speaks_as_it_is_asked_and_as_itself_where_it_cannot(tmp_path, caplog):
    wanted = {"offline": VoiceChoice(name="en-gb-scotland", speed=0.8)}
    unknown = {"offline": VoiceChoice(name="xx-klingon")}

    async def main():
        engine = await offline.open_engine(offline.Options())
        breaker = Breaker()
        loop = asyncio.get_running_loop()
        chain = VoiceChain([("offline", engine)], {"offline": breaker}, loop.time)
        own = await said(chain, "Good morning.")
        scottish = await said(chain.of_company(wanted), "Good morning.")
        assert len(scottish) > len(own)
        for _ in range(3):
            assert await said(chain.of_company(unknown), "Good morning.") == own
        assert not breaker.is_open

        # What is kept on disk is found by the voice that spoke it.
        phrases = Phrases([("offline", engine)], tmp_path / "speech")
        for voices in ({}, wanted, unknown):
            await phrases.prepare(["Good morning."], voices)
        kept = [phrases.stock(v)("Good morning.").pcm for v in ({}, wanted, unknown)]
        assert kept == [own, scottish, own]
        assert len(list((tmp_path / "speech").glob("*.pcm"))) == 2

        sounds = Sounds(tmp_path, PurePosixPath("/s"), chain)
        for voices in ({}, wanted):
            assert sounds.path("We are closed.", voices) == ""
            assert await sounds.prepare(["We are closed."], voices)
        ours, theirs = (sounds.path("We are closed.", voices) for voices in ({}, wanted))
        assert ours == f"/s/{sound_name('We are closed.')}" != theirs
        size = {path: (tmp_path / f"{path[3:]}.wav").stat().st_size for path in (ours, theirs)}
        assert size[theirs] > size[ours]
        await chain.close()

    with caplog.at_level(logging.WARNING):
        asyncio.run(main())
    lines = [it.getMessage() for it in caplog.records]
    assert sum("does not speak as xx-klingon; its own voice" in line for line in lines) == 1


def test_an_engine_with_one_voice_speaks_with_it_for_every_company(caplog):
    async def main():
        engines = [("offline", ToneVoice())]
        chain = VoiceChain(engines, {"offline": Breaker()}, asyncio.get_running_loop().time)
        wanted = {"offline": VoiceChoice(name="en-gb"), "cartesia": VoiceChoice(name="x")}
        for _ in range(2):
            assert await said(chain.of_company(wanted), "Hello there.")

    with caplog.at_level(logging.WARNING):
        asyncio.run(main())
    assert [it.getMessage() for it in caplog.records] == [
        "offline has but one voice; it speaks for all companies with it"
    ]


def test_a_refused_voice_is_asked_for_again_after_a_while():
    engine = CartesiaVoice(cartesia.Options(api_key="k"))
    chosen, own = candidates([("cartesia", engine)], {"cartesia": VoiceChoice(name="gone")})
    refusals = Refusals()
    assert (refusals.allow(chosen, 0.0), refusals.allow(own, 0.0)) == (True, False)
    refusals.note(chosen, 0.0)
    assert (refusals.allow(chosen, 1.0), refusals.allow(own, 1.0)) == (False, True)
    assert refusals.allow(chosen, ASK_AGAIN_S)
    assert refuses_voice(chosen, ModelNotFound("cartesia", "no such voice"))
    assert not refuses_voice(own, ModelNotFound("cartesia", "no such voice"))
    assert not refuses_voice(chosen, VendorDown("cartesia", "down"))
