"""What the doctor says of every engine, asked for real against the simulated vendors."""

import socket
import time

import pytest
import uvloop

from ari_app.settings import Settings
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.faults import Faults, parse_faults
from audiosocket_agent.simulators.server import Simulators
from installer.doctor.engines import check_engines
from installer.doctor.findings import Verdict

CLOUD = {"stt": "deepgram,deepgram_flux", "llm": "groq", "tts": "cartesia"}
KEYS = {name: f"key-of-{name}" for name in ("DEEPGRAM_API_KEY", "GROQ_API_KEY", "CARTESIA_API_KEY")}
URLS = {
    "VOICEAGENT_DEEPGRAM_URL": "ws://{}",
    "VOICEAGENT_GROQ_URL": "http://{}/openai/v1",
    "VOICEAGENT_CARTESIA_URL": "ws://{}",
}


def seen(tmp_path, chains, *, fault="", environ=KEYS, at=None, deadline_s=15.0, hurried=False):
    """Return the findings by check."""

    async def main():
        vendors = Simulators(Delays(), Faults(parse_faults(fault)))
        host = at or f"127.0.0.1:{await vendors.start()}"
        settings = Settings(data_dir=tmp_path, **{"llm": "rules", "tts": "cartesia", **chains})
        where = {name: url.format(host) for name, url in URLS.items()}
        try:
            return await check_engines(settings, where | environ, deadline_s, hurried=hurried)
        finally:
            await vendors.close()

    return {finding.check.rpartition(" ")[2]: finding for finding in uvloop.run(main())}


def test_engines_that_answer_are_green(tmp_path):
    found = seen(tmp_path, {**CLOUD, "llm": "groq,rules"})
    assert list(found) == ["deepgram", "deepgram_flux", "groq", "rules", "cartesia"]
    assert {f.verdict for f in found.values()} == {Verdict.GREEN}
    assert not any(f.what_to_do for f in found.values())


WRONG_KEYS = dict.fromkeys(KEYS, "wrong")
NO_MODELS = KEYS | {
    "VOICEAGENT_DEEPGRAM_MODEL": "nova-9", "VOICEAGENT_DEEPGRAM_FLUX_MODEL": "flux-9",
    "VOICEAGENT_GROQ_MODEL": "nonsense", "VOICEAGENT_CARTESIA_MODEL": "sonic-99",
}  # fmt: skip
KEY_OF = {
    "deepgram": "DEEPGRAM_API_KEY", "deepgram_flux": "DEEPGRAM_API_KEY",
    "groq": "GROQ_API_KEY", "cartesia": "CARTESIA_API_KEY",
}  # fmt: skip
MODEL_OF = {name: f"VOICEAGENT_{name.upper()}_MODEL" for name in KEY_OF}
URL_OF = {name: f"VOICEAGENT_{name.removesuffix('_flux').upper()}_URL" for name in KEY_OF}


@pytest.mark.parametrize(
    ("environ", "named", "advice"),
    [
        ({}, KEY_OF, "set it, or take {} out of VOICEAGENT_"),
        (WRONG_KEYS, KEY_OF, "correct the setting, or take {} out of VOICEAGENT_"),
        (NO_MODELS, MODEL_OF, "correct the setting, or take {} out of VOICEAGENT_"),
    ],
    ids=["no key", "wrong key", "no such model"],
)
def test_a_wrong_setting_is_red_and_named(tmp_path, environ, named, advice):
    for name, finding in seen(tmp_path, CLOUD, environ=environ).items():
        assert finding.verdict is Verdict.RED
        assert named[name] in finding.what and "\n" not in finding.what
        assert finding.what_to_do.startswith(advice.format(name))
        assert finding.what_to_do.endswith("callers go to people")


@pytest.mark.parametrize(
    ("fault", "named", "advice"),
    [
        ("404", MODEL_OF, "correct the setting"),
        ("402", KEY_OF, "top up the account"),
        ("503", {}, "try again later"),
        ("429", {}, "raise the limits"),
        ("refuse", {}, "check the address"),
    ],
)
def test_what_the_vendor_says_is_red_with_the_next_step(tmp_path, fault, named, advice):
    every = ",".join(f"{vendor}:{fault}" for vendor in ("deepgram", "groq", "cartesia"))
    for name, finding in seen(tmp_path, CLOUD, fault=every).items():
        assert finding.verdict is Verdict.RED, finding
        assert named.get(name, "") in finding.what
        assert advice in finding.what_to_do, finding


def test_a_host_that_is_not_there_is_named_with_its_setting(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        at = f"127.0.0.1:{closed.getsockname()[1]}"
    for name, finding in seen(tmp_path, CLOUD, at=at).items():
        assert finding.verdict is Verdict.RED
        assert URL_OF[name] in finding.what
        assert finding.what_to_do.startswith("check the address, the network and the firewall")


def test_who_misses_a_short_deadline_may_only_be_slow(tmp_path):
    found = seen(tmp_path, CLOUD, fault="groq:hang", deadline_s=0.5, hurried=True)
    assert found["groq"].verdict is Verdict.YELLOW
    assert "--patience" in found["groq"].what_to_do


def test_a_vendor_that_never_answers_is_given_up_at_the_deadline(tmp_path):
    hang = "deepgram:hang,groq:hang,cartesia:hang"
    for name, finding in seen(tmp_path, CLOUD, fault=hang, deadline_s=0.5).items():
        assert finding.verdict is Verdict.RED
        assert finding.what == f"no answer within 0.5 s; check {URL_OF[name]}"


def test_red_is_yellow_where_another_engine_of_the_chain_works(tmp_path):
    found = seen(
        tmp_path,
        {"stt": "deepgram", "llm": "groq,rules", "tts": "cartesia,offline"},
        fault="deepgram:401,groq:401,cartesia:401",
    )
    assert {name: f.verdict for name, f in found.items()} == {
        "deepgram": Verdict.RED,
        "groq": Verdict.YELLOW,
        "rules": Verdict.GREEN,
        "cartesia": Verdict.YELLOW,
        "offline": Verdict.GREEN,
    }
    assert found["groq"].what_to_do.endswith("; until then calls use rules")
    assert found["cartesia"].what_to_do.endswith("; until then calls use offline")


def test_no_key_is_shown(tmp_path):
    for fault in ("401", "404", "hang", "malformed", "error"):
        every = ",".join(f"{vendor}:{fault}" for vendor in ("deepgram", "groq", "cartesia"))
        found = seen(tmp_path, CLOUD, fault=every, deadline_s=1.0)
        assert "key-of" not in repr(found)


def test_checks_run_at_the_same_time(tmp_path):
    began = time.monotonic()
    found = seen(tmp_path, CLOUD, fault="deepgram:hang,groq:hang,cartesia:hang", deadline_s=1.5)
    assert len(found) == 4 and time.monotonic() - began < 5  # one after the other: 6 s
