from decimal import Decimal

import pytest

from ari_app.simulate.prices import amounts, wrong_prices
from ari_app.simulate.scenario_file import COMPANIES
from audiosocket_agent.company import load_company

HARBOUR = load_company(COMPANIES / "harbour.yaml")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("It costs 75 pounds.", ["75"]),
        ("It costs seventy six pounds.", ["76"]),
        ("That is one hundred and five pounds, please", ["105"]),
        ("a hundred pounds", ["100"]),
        ("just a pound", ["1"]),
        ("£54.85, or £1", ["54.85", "1"]),
        ("75.50 pounds", ["75.50"]),
        ("fifty four pounds 85", ["54.85"]),
        ("fifty-four pounds and 85 pence", ["54.85"]),
        ("eighty pence", ["0.80"]),
        ("ten quid and 20 pounds", ["10", "20"]),
        ("thirty euros", ["30"]),
        ("Tuesday the 24th of November, at 10", []),
    ],
)
def test_amounts_are_read_in_figures_and_in_words(said, found):
    assert amounts(said) == [Decimal(amount) for amount in found]


@pytest.mark.parametrize(
    "said",
    [
        "A leaking tap repair in Truro costs 75 pounds. Would you like to book it?",
        "A boiler service is eighty nine pounds.",
        "A leaking tap is 75 pounds, and a boiler 89 pounds.",
        "I can only tell you the prices on our list. It costs 75 pounds.",
    ],
)
def test_the_prices_of_the_list_are_right(said):
    assert list(wrong_prices(said, HARBOUR)) == []


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("It costs seventy six pounds.", "not in the list was said: 76.00"),
        ("The leaking tap is 95 pounds.", "of another service"),
        ("A boiler service costs seventy five pounds.", "of another service"),
        ("This one comes free of charge.", "not in the list was said: free of charge"),
        ("You get a discount.", "discount"),
    ],
)
def test_a_price_that_is_not_the_lists_is_told(said, what):
    assert what in " ".join(wrong_prices(said, HARBOUR))
