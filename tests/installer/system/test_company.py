"""What can be told of a company's file without being the agent."""

import pytest

from installer.system import NewCompany
from installer.system.company import numbers_in, render


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ('dids: ["+441632960777", "200"]\n', ["+441632960777", "200"]),
        ("key: a\r\ndids: [200,\r\n  201]\r\n", ["200", "201"]),
        ("dids:\r\n  - '+49 30-123'\r\n  - 7\r\nareas:\n  - 8\n", ["+4930123", "7"]),
        ("dids:\n# the old one: 100\n- 200 # or 300\n", ["200"]),
        ("# dids: [1]\n", []),
        ("dids: nobody\n", []),
        ("\xff", []),
    ],
)
def test_its_numbers_are_found_however_the_list_is_written(text, numbers):
    assert numbers_in(text.encode("latin-1")) == numbers


def test_a_new_one_has_the_number_it_was_made_for():
    new = NewCompany(name="Bright", did="+44 1632 960777")
    assert numbers_in(render(new)) == [new.number]
