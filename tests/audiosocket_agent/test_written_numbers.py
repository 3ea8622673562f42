"""Numbers in the ways people write them."""

import pytest

from audiosocket_agent.written_numbers import as_number


@pytest.mark.parametrize(
    ("name", "written", "told"),
    [
        ("price_pounds", "\u00a350", "50"), ("price_pounds", "50 GBP", "50"),
        ("price_pounds", "\u00a31,250.50", "1250.50"), ("price_pounds", "50 pounds", "50"),
        ("price_pounds", "50,00", "50.00"), ("price_pounds", "1,250", "1250"),
        ("price_pounds", "50p", "0.50"), ("minutes", "1h", "60"), ("minutes", "1h30", "90"),
        ("minutes", "1:30", "90"), ("minutes", "1.5 hours", "90"), ("lead_min", "2 hours", "120"),
        ("minutes", "1 hour and 30 minutes", "90"), ("max_call_s", "10 min", "600"),
        ("timeout_s", "500ms", "0.5"), ("latency_ms", "1.5s", "1500"),
        ("keep_days", "2 weeks", "14"),
    ],
)  # fmt: skip
def test_the_number_that_is_meant_is_told(name, written, told):
    line = as_number(written, repr(written), name)
    assert line.endswith(f": {told}") and line.startswith(repr(written))


@pytest.mark.parametrize(
    ("name", "written", "says"),
    [
        ("price_pounds", "from 50", "write digits only, like 90"),
        ("price_pounds", "50,0,0", "write digits only, like 90"),
        ("minutes", "half an hour", "write how many minutes, in digits only, like 90"),
        ("minutes", "", "write how many minutes"),
        ("max_misses", "three", "write digits only"),
        ("max_misses", [3], "write digits only"),
        ("max_misses", None, "is empty; write a number"),
    ],
)
def test_what_may_mean_anything_is_told_how_a_number_looks(name, written, says):
    assert says in as_number(written, repr(written), name)
