"""A or an, by how a name is spoken."""

import pytest

from audiosocket_agent.workflow.articles import article
from audiosocket_agent.workflow.templates import fill

AN = ["MOT test", "eye test", "hour", "honest opinion", "ECU check", "X-ray", "oil change",
      "8-week", "18 point check", "11 point check", "LED lamp", "Audi service", "uninstall",
      "A-level"]  # fmt: skip
A = ["boiler service", "full service", "unit", "used tyre", "UPVC window", "uPVC window",
     "one-off", "house call", "European tour", "TV", "BMW service", "180 point check", "Union flag",
     "CT scan", "utility visit", ""]  # fmt: skip


@pytest.mark.parametrize(("name", "wanted"), [*((n, "an") for n in AN), *((n, "a") for n in A)])
def test_the_article_is_the_spoken_one(name, wanted):
    assert article(name) == wanted


def test_a_sentence_takes_the_article_of_what_is_filled_in():
    sentence = "A {service} for a {car}, an {service} in {area}: a bargain."
    values = {"service": "MOT test", "car": "van", "area": "Truro"}
    filled = "An MOT test for a van, an MOT test in Truro: a bargain."
    assert fill(sentence, values) == filled
    assert fill("An {car} and ba {car}", values) == "A van and ba van"
    assert fill("A {service} {area}", {"service": "a {area}", "area": "b"}) == "An a {area} b"
