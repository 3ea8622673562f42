"""Engines are files: found by name, their options read from the environment."""

import asyncio

import pytest
from pydantic import SecretStr

from audiosocket_agent import vendors
from audiosocket_agent.options import (
    OptionsError,
    VendorOptions,
    describe,
    key,
    option,
    read_options,
)
from audiosocket_agent.vendors import Kind

EVERY = [(kind, name) for kind in Kind for name in vendors.names(kind)]


class Options(VendorOptions):
    api_key: SecretStr = key("IMAGINARY_API_KEY")
    model: str = option("one", "which model", pattern=r"^[a-z]+$")
    pause_ms: int = option(400, "how long", unit="ms", ge=10, le=2000)
    loud: bool = option(False, "whether it shouts")


def test_the_shipped_vendors_are_there():
    assert {"deepgram", "deepgram_flux", "offline"} <= set(vendors.names(Kind.STT))
    assert {"groq", "ollama", "openai"} <= set(vendors.names(Kind.LLM))
    assert {"cartesia", "offline"} <= set(vendors.names(Kind.TTS))


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_every_vendor_declares_its_options_with_unit_range_and_meaning(kind, name):
    vendor = vendors.find(kind, name)
    for row in describe(vendor.options, {}, name):
        assert row.meaning and row.source == "default"
        numeric = row.default.replace(".", "", 1).isdigit()
        assert not numeric or row.range, f"{row.variable} has no range"
        assert row.variable.startswith("VOICEAGENT_") or row.variable.endswith("_API_KEY")
    assert read_options(vendor.options, name, {}) is not None


def test_an_unknown_vendor_is_answered_with_those_there_are():
    with pytest.raises(vendors.UnknownVendor, match="'deepgrm'.*deepgram, deepgram_flux, offline"):
        vendors.find(Kind.STT, "deepgrm")


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:99999",
        "http://127.0.0.1:port",
        "http://",
        "http://a..b",
        f"http://{'a' * 70}.uk",
    ],
)
def test_an_address_that_cannot_be_is_refused_at_the_start(address):
    groq = vendors.find(Kind.LLM, "groq")
    with pytest.raises(OptionsError, match="VOICEAGENT_GROQ_URL="):
        read_options(groq.options, "groq", {"VOICEAGENT_GROQ_URL": address})


def test_a_key_is_taken_without_the_space_around_it_and_refused_with_odd_characters():
    assert read_options(Options, "x", {"IMAGINARY_API_KEY": " k1\n"}).api_key == SecretStr("k1")
    for odd in ("a\nb", "“key”", "k\x00"):
        with pytest.raises(OptionsError, match=r"IMAGINARY_API_KEY=\(a key\): ") as caught:
            read_options(Options, "x", {"IMAGINARY_API_KEY": odd})
        assert odd not in str(caught.value)


def test_options_come_from_the_environment():
    environ = {
        "IMAGINARY_API_KEY": "s3cret", "VOICEAGENT_IMAGINARY_MODEL": "two",
        "VOICEAGENT_IMAGINARY_PAUSE_MS": "20", "VOICEAGENT_IMAGINARY_LOUD": "",
    }  # fmt: skip
    options = read_options(Options, "imaginary", environ)
    assert (options.model, options.pause_ms, options.loud) == ("two", 20, False)
    assert options.api_key.get_secret_value() == "s3cret" and "s3cret" not in repr(options)


@pytest.mark.parametrize(
    ("name", "value"), [("PAUSE_MS", "5"), ("PAUSE_MS", "soon"), ("MODEL", "A B"), ("LOUD", "?")]
)
def test_a_bad_option_is_named_with_its_value(name, value):
    variable = f"VOICEAGENT_IMAGINARY_{name}"
    with pytest.raises(OptionsError) as caught:
        read_options(Options, "imaginary", {variable: value})
    (line,) = caught.value.lines
    assert line.startswith(f"{variable}={value}: ")


def test_settings_are_described_and_keys_are_not_shown():
    environ = {"IMAGINARY_API_KEY": "s3cret", "VOICEAGENT_IMAGINARY_PAUSE_MS": "20"}
    rows = {row.variable: row for row in describe(Options, environ, "imaginary")}
    pause = rows["VOICEAGENT_IMAGINARY_PAUSE_MS"]
    assert (pause.value, pause.default, pause.unit, pause.range, pause.source) == (
        "20", "400", "ms", "10..2000", "environment",
    )  # fmt: skip
    assert rows["IMAGINARY_API_KEY"].value == "(set)"
    assert "s3cret" not in repr(rows)
    assert rows["VOICEAGENT_IMAGINARY_LOUD"].range == "true | false"


CLOUD = [(Kind.STT, "deepgram"), (Kind.STT, "deepgram_flux"), (Kind.TTS, "cartesia")]


@pytest.mark.parametrize(("kind", "name"), CLOUD)
def test_nothing_is_resampled_on_the_way_to_a_vendor(kind, name):
    vendor = vendors.find(kind, name)

    async def main():
        engine = await vendor.open_engine(read_options(vendor.options, name, {}))
        try:
            assert engine.traits.rate_hz == 8000
            assert engine.traits.encoding in ("linear16", "pcm_s16le")
        finally:
            await engine.close()

    asyncio.run(main())
