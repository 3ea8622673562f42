import numpy as np
import pytest

from tests.phone.g711 import LAWS


@pytest.mark.parametrize(
    ("law", "code", "sample"),
    [  # G.711 tables 1a and 2a: ends of the range, smallest steps, a middle value
        ("PCMU", 0x00, -32124),
        ("PCMU", 0x80, 32124),
        ("PCMU", 0xFF, 0),
        ("PCMU", 0xFE, 8),
        ("PCMU", 0x7E, -8),
        ("PCMU", 0xCF, 924),
        ("PCMA", 0xAA, 32256),
        ("PCMA", 0x2A, -32256),
        ("PCMA", 0xD5, 8),
        ("PCMA", 0x55, -8),
    ],
)
def test_codes_decode_to_the_values_of_the_standard(law: str, code: int, sample: int) -> None:
    assert LAWS[law].decode(bytes([code]))[0] == sample


@pytest.mark.parametrize("law", ["PCMU", "PCMA"])
def test_every_code_survives_decoding_and_encoding(law: str) -> None:
    codes = bytes(c for c in range(256) if (law, c) != ("PCMU", 0x7F))  # the other zero
    assert LAWS[law].encode(LAWS[law].decode(codes)) == codes


@pytest.mark.parametrize("law", ["PCMU", "PCMA"])
def test_no_sample_is_further_off_than_half_a_step(law: str) -> None:
    samples = np.arange(-32000, 32001)  # beyond, the range ends
    error = np.abs(LAWS[law].decode(LAWS[law].encode(samples.astype(np.int16))) - samples)
    assert (error <= np.maximum(8, (np.abs(samples) + 132) / 32)).all()  # 16 steps a segment


def test_silence_is_what_a_zero_sample_encodes_to() -> None:
    assert LAWS["PCMU"].silence == 0xFF
    assert LAWS["PCMA"].silence == 0xD5
