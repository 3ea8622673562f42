"""Who asks for a person, and who only speaks of people."""

import pytest

from audiosocket_agent.person_words import wants_person

ASK = """
a person please
can i have a word with someone
can i speak to a member of staff
can i speak to one of your advisers
can i speak to someone
can i speak with your manager please
can i talk to the team
can you connect me with an operator
could i talk to somebody please
could you put me through
customer services please
get me a human
i don't want this robot i want to speak to somebody
i don't want to talk to a robot
i hate talking to robots
i need to speak to the boss
i want to speak to the manager about my boiler service
i want to talk to a manager
i would like to chat to someone
i'd like to speak to someone
i'd rather talk to a human
i'm not talking to a machine
is there anyone i can speak to
is there somebody there i could talk to
is there someone available to talk to
let me talk to a human being
no i want to speak to someone
not you i want to speak to someone
operator
put me through please
put me through to someone
put me through to the office
receptionist please
speak to a person
speaking to a person would be better
stop i want a person
talk to a real person
transfer me to an agent
""".split("\n")[1:-1]
DO_NOT = """
a haircut for one person
a lady please
it's for the office please
a haircut with the owner
can i book without talking to anyone
can somebody come on tuesday
can you get somebody round here
do i have to come in person
get me an appointment
get me someone to look at the boiler
how much is it per person
human hair extensions
i don't have a washing machine
i don't need a person
i don't want a machine service
i don't want to speak to someone
i have to speak to my wife first
i need someone to fix my tap
i spoke to someone last week
i'd like to talk about my boiler
is there anyone free on tuesday
it's a coffee machine
it's for the office
leaking tap in the office
let me speak to my husband
my computer is broken
my washing machine isn't working
no need to speak to anyone
not the machine the tap
people are coming round
put me through the details again
someone called me
the boss wants a haircut
the man came last week
the office in truro
the robot vacuum is broken
the team was great
yes please
""".split("\n")[1:-1]


@pytest.mark.parametrize("words", ASK)
def test_who_asks_for_a_person_is_understood(words):
    assert wants_person(words)


@pytest.mark.parametrize("words", DO_NOT)
def test_who_speaks_of_people_asks_for_none(words):
    assert not wants_person(words)
