"""Queries of Deepgram: what each wire takes, and what it refuses."""

import pytest

from audiosocket_agent.simulators.deepgram_query import (
    FluxQuery,
    NovaQuery,
    Refusal,
    flux_query,
    nova_query,
)

RAW = {"encoding": ["linear16"], "sample_rate": ["8000"]}
NOVA = {"model": ["nova-3"], **RAW}
FLUX = {"model": ["flux-general-en"], **RAW}


def test_the_vendors_defaults():
    assert nova_query(NOVA) == NovaQuery("nova-3")
    assert flux_query(FLUX) == FluxQuery("flux-general-en")


def test_all_that_an_agent_asks_of_nova():
    query = NOVA | {
        "language": ["en-GB"],
        "interim_results": ["true"],
        "endpointing": ["400"],
        "utterance_end_ms": ["1000"],
        "vad_events": ["true"],
        "smart_format": ["true"],
        "keyterm": ["leaking tap", "SW1A 1AA"],
        "no_delay": ["true"],
        "mip_opt_out": ["true"],
    }
    assert nova_query(query) == NovaQuery(
        "nova-3",
        interim_results=True,
        endpointing_ms=400,
        utterance_end_ms=1000,
        vad_events=True,
        formatted=True,
        keyterms=("leaking tap", "SW1A 1AA"),
    )
    assert nova_query(NOVA | {"endpointing": ["false"]}).endpointing_ms is None


def test_all_that_an_agent_asks_of_flux():
    query = FLUX | {
        "eot_threshold": ["0.8"],
        "eager_eot_threshold": ["0.4"],
        "eot_timeout_ms": ["3000"],
        "keyterm": ["boiler"],
        "tag": ["call"],
    }
    assert flux_query(query) == FluxQuery(
        "flux-general-en",
        eot_threshold=0.8,
        eager_eot_threshold=0.4,
        eot_timeout_ms=3000,
        keyterms=("boiler",),
    )


def test_keywords_on_nova_3_are_refused_in_the_vendors_words():
    for model in ("nova-3", "nova-3-medical"):
        with pytest.raises(Refusal) as caught:
            nova_query(NOVA | {"model": [model], "keywords": ["postcode:2"]})
        assert (caught.value.status, caught.value.code) == (400, "INVALID_QUERY_PARAMETER")
        assert caught.value.text == (
            "Keywords are not supported for Nova-3. Please use `keyterm` instead."
        )
    nova_query(NOVA | {"keywords": [""]})
    nova_query(NOVA | {"model": ["nova-2"], "keywords": ["postcode:2"]})


@pytest.mark.parametrize(
    "wrong",
    [
        {"modle": ["nova-3"]},
        {"model": []},
        {"interim_results": ["True"]},
        {"interim_results": ["1"]},
        {"encoding": ["pcm"]},
        {"sample_rate": ["800"]},
        {"sample_rate": ["fast"]},
        {"endpointing": ["-1"]},
        {"endpointing": ["true"]},
        {"utterance_end_ms": ["1000"]},
        {"channels": ["0"]},
        {"keyterm": ["word " * 501]},
        {"model": ["nova-2"], "keyterm": ["boiler"]},
        {"eot_threshold": ["0.7"]},
    ],
)
def test_nova_refuses(wrong):
    with pytest.raises(Refusal) as caught:
        nova_query(NOVA | wrong)
    assert (caught.value.status, caught.value.code) == (400, "INVALID_QUERY_PARAMETER")


@pytest.mark.parametrize(
    "wrong",
    [
        {name: ["true"]}
        for name in (
            "language interim_results endpointing utterance_end_ms vad_events smart_format "
            "punctuate channels"
        ).split()
    ]
    + [
        {"sample_rate": ["11025"]},
        {"encoding": ["flac"]},
        {"eot_threshold": ["0.4"]},
        {"eot_threshold": ["1.1"]},
        {"eager_eot_threshold": ["0.2"]},
        {"eager_eot_threshold": ["0.9"]},
        {"eot_timeout_ms": ["100"]},
        {"language_hint": ["en"]},
        {"numerals": ["yes"]},
    ],
)
def test_flux_refuses(wrong):
    with pytest.raises(Refusal) as caught:
        flux_query(FLUX | wrong)
    assert (caught.value.status, caught.value.code) == (400, "INVALID_QUERY_PARAMETER")


@pytest.mark.parametrize("check", [nova_query, flux_query])
def test_a_rate_and_an_encoding_go_together_or_not_at_all(check):
    model = NOVA if check is nova_query else FLUX
    assert check({"model": model["model"]}).encoding == ""
    for alone in RAW:
        with pytest.raises(Refusal):
            check({"model": model["model"], alone: RAW[alone]})


@pytest.mark.parametrize("check", [nova_query, flux_query])
def test_a_model_nobody_has_is_not_permitted(check):
    with pytest.raises(Refusal) as caught:
        check({**RAW, "model": ["nova-9"]})
    assert (caught.value.status, caught.value.code) == (403, "INSUFFICIENT_PERMISSIONS")
