"""Numbers in every form somebody may write or send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_app.numbers import e164, is_region


@pytest.mark.parametrize(
    "written",
    [
        "+44 1632 960001",
        "+44 (0)1632 960001",
        "+44(0)1632-960001",
        "00441632960001",
        "0044 (0) 1632 960001",
        "01632-960001",
        "(01632) 960001",
        "01632 960 001",
        "01632.960.001",
        "01632/960001",
        "01632\u2013960001",
        "1632960001",
        "441632960001",
        "44 1632 960001",
        "4401632960001",
        "tel:+44-1632-960001",
        "tel:+441632960001;phone-context=x",
        "sip:01632960001@10.0.0.1:5060;transport=udp",
        "SIP:+441632960001@pbx",
        "01632 960001 ext. 5",
        "01632 960001 x5",
        "+441632960001;ext=5",
        "  01632 960001\t",
        "\uff0b44 1632 960001",
        "\uff10\uff11\uff16\uff13\uff12960001",
    ],
)
def test_one_british_number_in_any_form(written):
    assert e164(written, "GB") == "441632960001"


@pytest.mark.parametrize(
    ("written", "region", "digits"),
    [
        ("441632960001", "US", "441632960001"),  # a country code without plus, abroad
        ("00441632960001", "US", "441632960001"),
        ("011441632960001", "US", "441632960001"),
        ("(212) 555-0100", "US", "12125550100"),
        ("2125550100", "US", "12125550100"),
        ("33123456789", "GB", "33123456789"),
        ("+33 1 23 45 67 89", "GB", "33123456789"),
        ("030 123456", "DE", "4930123456"),
        ("06 1234567", "IT", "39061234567"),  # Italy keeps its zero
        ("+39 06 1234567", "GB", "39061234567"),
        ("0800 FLOWERS", "GB", "448003569377"),
        ("020 7946 0000", "GB", "442079460000"),
        ("32 12 34 56", "DK", "4532123456"),  # Denmark has no prefix
    ],
)
def test_other_countries(written, region, digits):
    assert e164(written, region) == digits


@pytest.mark.parametrize("internal", ["1", "100", "2001", "960001", "0", "999", "01632"])
@pytest.mark.parametrize("region", ["GB", "US", "DE", "XX"])
def test_an_extension_keeps_its_digits(internal, region):
    assert e164(internal, region) == internal


@pytest.mark.parametrize(
    "written",
    [
        "", " ", "+", "anonymous", "unknown", "Restricted", "s", "i", "h", "abc01632960001",
        "+44 1632", "+100", "+0", "+9999 123456789", "0" * 16, "9" * 64, "9" * 10_000, "<script>",
        "Bob <100>", "100 ext 5", "100a", "$(reboot)", "${EXTEN}", "\x00", "01632960001\x00x",
        "\u00b2", "sip:bob@example.com", "tel:", "@", ";", "()", "-", "100\r\nAction: Hangup",
    ],
)  # fmt: skip
def test_what_is_no_number(written):
    assert e164(written, "GB") is None


@given(st.text(max_size=80), st.sampled_from(["GB", "US", "IT", "DE", "XX", ""]))
def test_anything_at_all_gives_digits_or_none(written, region):
    digits = e164(written, region)
    assert digits is None or (digits.isascii() and digits.isdigit() and 1 <= len(digits) <= 15)


@given(
    st.text("0123456789+()-. /;@xX:#*,\u0660\uff0b\u200b\n", max_size=40),
    st.sampled_from(["GB", "US", "IT", "DE"]),
)
def test_what_nearly_is_a_number_gives_digits_or_none(written, region):
    digits = e164(written, region)
    assert digits is None or (digits.isascii() and digits.isdigit() and 1 <= len(digits) <= 15)


@given(st.from_regex(r"\+44[1-9][0-9]{9}", fullmatch=True))
def test_what_it_says_once_it_says_again(written):
    digits = e164(written, "GB")
    assert digits is None or e164(digits, "GB") == digits == e164(f"+{digits}", "GB")


def test_regions():
    assert is_region("GB") and is_region("US")
    assert not is_region("XX") and not is_region("gb") and not is_region("")
