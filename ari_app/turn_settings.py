"""The settings of turn-taking: when the agent speaks, gives way, and thinks ahead."""

from __future__ import annotations

from typing import Any

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from audiosocket_agent.barge_in import BargeInConfig
from audiosocket_agent.call import CallConfig
from audiosocket_agent.endpointing import EndpointConfig
from audiosocket_agent.options import PREFIX
from audiosocket_agent.turns import TurnConfig
from audiosocket_agent.vad import VadConfig

_MS = {"unit": "ms"}


def _ms(default: int, least: int, most: int, effect: str) -> Any:
    return Field(default, ge=least, le=most, description=effect, json_schema_extra=dict(_MS))


class TurnSettings(BaseSettings):
    """Every threshold of the turn policy and of the voice activity detector."""

    vad_margin_db: float = Field(
        9.0,
        ge=3,
        le=30,
        description="what counts as speech, above the line's noise: less hears quiet callers, "
        "more ignores noise",
        json_schema_extra={"unit": "dB"},
    )
    vad_onset_ms: int = _ms(
        80,
        20,
        400,
        "voice that starts speech, and makes ours pause: less stops sooner, more ignores clicks",
    )
    finalize_ms: int = _ms(
        100,
        60,
        1000,
        "silence after which the ear is asked for its words (Nova-3): less answers sooner, more "
        "asks less often in mid-sentence",
    )
    endpoint_finished_ms: int = _ms(
        200,
        100,
        3000,
        "silence that ends a turn whose words are a full answer (a yes, a whole postcode): less "
        "answers quicker, more lets the caller add something",
    )
    endpoint_ms: int = _ms(
        240,
        100,
        3000,
        "silence that ends a turn whose words read like a whole sentence: less answers quicker, "
        "more lets the caller pause between sentences",
    )
    endpoint_patience_ms: int = _ms(
        400,
        100,
        3000,
        "what ENDPOINT_MS may grow to with a caller who pauses in whole sentences: less stays "
        "quick with everybody, more is kinder to slow speakers",
    )
    endpoint_unfinished_ms: int = _ms(
        1050,
        200,
        5000,
        "silence that ends a turn whose words lack something (half a number, 'my postcode is'): "
        "less cuts in on callers who think, more delays the answer to those who had finished",
    )
    endpoint_blind_ms: int = _ms(
        500,
        200,
        3000,
        "silence that ends a turn of which the ear tells no words before it is asked (the offline "
        "ear): less answers quicker, more lets the caller pause",
    )
    endpoint_cap_ms: int = _ms(
        1500,
        300,
        10_000,
        "silence that ends any turn, whatever its words: a bound for the settings above",
    )
    longest_utterance_ms: int = _ms(
        15_000,
        3000,
        120_000,
        "speech without a pause after which it is answered as it is: less bounds the effect of a "
        "noisy line, more lets the caller talk on",
    )
    speculate_ms: int = _ms(
        100,
        20,
        1000,
        "silence after which words that may be the last are steady enough to begin an answer to "
        "them: less thinks ahead more often in vain, more starts later",
    )
    speculation_tokens: int = Field(
        20_000,
        ge=0,
        le=10_000_000,
        description="most tokens of the language model that a call may spend on answers nobody "
        "hears; then answers begin when the caller is done, which costs up to 0.15 s; 0: never",
        json_schema_extra={"unit": "tokens"},
    )
    barge_in_probability: float = Field(
        0.5,
        ge=0.05,
        le=0.99,
        description="from which a sound over our voice is taken for a voice: less obeys whispers, "
        "more ignores noises",
    )
    barge_in_speech_ms: int = _ms(
        1000,
        200,
        5000,
        "speech over our voice that stops it whatever the words: less gives way sooner, more lets "
        "a drawn-out mm-hm pass",
    )
    barge_in_resume_ms: int = _ms(
        280,
        60,
        2000,
        "quiet after a sound over our voice after which it goes on, unless words came: less "
        "resumes sooner, more waits for slow ears",
    )

    @field_validator("endpoint_ms", "endpoint_patience_ms", "endpoint_unfinished_ms")
    @classmethod
    def _in_order(cls, value: int, info: ValidationInfo) -> int:
        shorter = {
            "endpoint_ms": "endpoint_finished_ms",
            "endpoint_patience_ms": "endpoint_ms",
            "endpoint_unfinished_ms": "endpoint_ms",
        }[str(info.field_name)]
        least = info.data.get(shorter)
        if least is not None and value < least:
            raise ValueError(f"must not be less than {PREFIX}{shorter.upper()} ({least})")
        return value

    @field_validator("endpoint_ms")
    @classmethod
    def _after_the_words(cls, value: int, info: ValidationInfo) -> int:
        least = info.data.get("finalize_ms")
        if least is not None and value < least:
            what = f"{PREFIX}FINALIZE_MS ({least})"
            raise ValueError(f"must not be less than {what}: the words would come later")
        return value

    @field_validator("endpoint_cap_ms")
    @classmethod
    def _caps(cls, value: int, info: ValidationInfo) -> int:
        longest = info.data.get("endpoint_unfinished_ms")
        if longest is not None and value < longest:
            what = f"{PREFIX}ENDPOINT_UNFINISHED_MS ({longest})"
            raise ValueError(f"must not be less than {what}")
        return value

    def call(self) -> CallConfig:
        """Return the thresholds of every call."""
        return CallConfig(
            vad=VadConfig(margin_db=self.vad_margin_db, onset_ms=self.vad_onset_ms),
            turns=TurnConfig(
                EndpointConfig(
                    finalize_ms=self.finalize_ms,
                    finished_ms=self.endpoint_finished_ms,
                    probable_ms=self.endpoint_ms,
                    unfinished_ms=self.endpoint_unfinished_ms,
                    patience_ms=self.endpoint_patience_ms,
                    blind_ms=self.endpoint_blind_ms,
                    cap_ms=self.endpoint_cap_ms,
                    longest_ms=self.longest_utterance_ms,
                    speculate_ms=self.speculate_ms,
                ),
                BargeInConfig(
                    speech_ms=self.barge_in_speech_ms,
                    resume_ms=self.barge_in_resume_ms,
                    probability=self.barge_in_probability,
                ),
            ),
            speculation_tokens=self.speculation_tokens,
        )
