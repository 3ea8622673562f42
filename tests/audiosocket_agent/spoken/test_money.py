"""How money is said."""

import pytest

from audiosocket_agent.spoken import SpokenText, spoken

ROWS = [
    ("£95", "ninety-five pounds"),
    ("£95.50", "ninety-five pounds fifty"),
    ("£1", "one pound"),
    ("50p", "fifty pence"),
    ("1p", "one penny"),
    ("£0.99", "ninety-nine pence"),
    ("£0.01", "one penny"),
    ("£95.05", "ninety-five pounds and five pence"),
    ("£100", "one hundred pounds"),
    ("£1,250", "one thousand two hundred and fifty pounds"),
    ("£1,250.00", "one thousand two hundred and fifty pounds"),
    ("£999.99", "nine hundred and ninety-nine pounds ninety-nine"),
    ("£1,000,000", "one million pounds"),
    ("£2m", "two million pounds"),
    ("£2 million", "two million pounds"),
    ("£1.5k", "one thousand five hundred pounds"),
    ("£1.2bn", "one point two billion pounds"),
    ("£75-£95", "seventy-five to ninety-five pounds"),
    ("£75 - £95.", "seventy-five to ninety-five pounds."),
    ("£75–95", "seventy-five to ninety-five pounds"),
    ("£75—£95", "seventy-five to ninety-five pounds"),
    ("£10–£20 an hour", "ten to twenty pounds an hour"),
    ("£75/hour", "seventy-five pounds an hour"),
    ("£45/hr", "forty-five pounds an hour"),
    ("£75/hour + VAT", "seventy-five pounds an hour plus VAT"),
    ("That's £60 + VAT, OK?", "That's sixty pounds plus VAT, OK?"),
    ("75 pounds 50", "seventy-five pounds fifty"),
    ("75 pounds and more", "seventy-five pounds and more"),
    ("GBP 75", "seventy-five pounds"),
    ("75 GBP", "seventy-five pounds"),
    ("€1.50", "one euro fifty"),
    ("$20", "twenty dollars"),
    ("£75+", "seventy-five pounds plus"),
    ("£95pp", "ninety-five pounds per person"),
    ("-£20", "minus twenty pounds"),
    ("£95, £12 and £150", "ninety-five pounds, twelve pounds and one hundred and fifty pounds"),
    ("It costs £95. Thanks.", "It costs ninety-five pounds. Thanks."),
    ("**£95**", "ninety-five pounds"),
    ('"£95"', '"ninety-five pounds"'),
    ("£5 - no more", "five pounds, no more"),
]


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said(text: str, said: str) -> None:
    assert spoken(text) == said


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said_the_same_character_by_character(text: str, said: str) -> None:
    stream = SpokenText()
    assert "".join(map(stream.feed, text)) + stream.finish() == said
