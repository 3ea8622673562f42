import random

import pytest

from ari_app.simulate.persona import HangUp, Persona, Press, Quiet, Say
from ari_app.simulate.scenario import PersonaSpec

FACTS = {"service": "leaking tap", "area": "Truro", "day": "Tuesday", "part": "morning"}
READ_BACK = (
    "So that's a leaking tap repair in {area}, on {day} the 24th of November, in the {part}, for "
    "75 pounds. Is that right?"
)
GOOD = READ_BACK.format(area="Truro", day="Tuesday", part="morning")


def persona(seed=1, **fields):
    fields = {"facts": FACTS} | fields
    return Persona(PersonaSpec.model_validate(fields), random.Random(seed))


def test_the_same_seed_is_the_same_caller():
    questions = ["How can I help?", "Which day suits you?", "Morning or afternoon?"]
    runs = [[persona(seed).hear(q) for q in questions] for seed in (1, 1, 2, 3, 4)]
    assert runs[0] == runs[1]
    assert len({str(run) for run in runs}) > 1


def test_terse_is_just_the_fact():
    assert persona(manner="terse").hear("Which day suits you?") == Say("Tuesday")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"day": "Thursday"}, "Tuesday"), ({"part": "afternoon"}, "morning"),
     ({"area": "Redruth"}, "Truro")],
)  # fmt: skip
def test_what_is_read_back_must_be_what_was_wanted(wrong, says):
    told = READ_BACK.format(**{"area": "Truro", "day": "Tuesday", "part": "morning"} | wrong)
    answer = persona(manner="terse").hear(told)
    assert answer == Say(f"No, {says}")
    assert persona(manner="terse").hear(GOOD) == Say("yes")


def test_a_mind_is_changed_once():
    caller = persona(manner=["changes_mind", "terse"], changes={"day": "Thursday"})
    assert caller.hear(GOOD) == Say("No, make it Thursday")
    assert caller.hear("Which day suits you?") == Say("Thursday")
    assert caller.hear(GOOD.replace("Tuesday", "Thursday")) == Say("yes")


def test_who_mumbles_speaks_up_when_asked_again():
    for seed in range(20):
        caller = persona(seed, manner="mumbles")
        caller.hear("Which day suits you?")
        assert caller.hear("Sorry? Please say just the day.") == Say("Tuesday", slowly=True)


def test_who_corrects_himself_slips_once():
    caller = persona(manner="corrects", slips={"day": "Monday"})
    first = caller.hear("Which day suits you?")
    assert isinstance(first, Say) and "Monday, no sorry, Tuesday" in first.text
    assert caller.hear("Sorry? Please say just the day.") == Say("Tuesday", slowly=True)


def test_keys_are_pressed_where_they_are_explained():
    caller = persona(manner="keypad", facts=FACTS | {"phone": "01632 960123"})
    assert caller.hear("Which one? Or press 1 for leaking tap repair.") in (Press("1"), Say("x"))
    assert caller.hear("Please key in your phone number, then press hash.") == Press("01632960123#")
    assert caller.hear("Shall we book it? Or press 1 for yes, 2 for no.") == Press("1")


def test_a_reply_of_the_scenario_goes_before_everything_and_wears_off():
    replies = [{"when": "which day", "say": "on Sunday"}, {"when": "75 pounds", "hang_up": True}]
    caller = persona(manner="terse", replies=replies)
    assert caller.hear("Which day suits you?") == Say("on Sunday")
    assert caller.hear("Which day suits you?") == Say("Tuesday")
    assert caller.hear("It costs 75 pounds. Shall we book it?") == HangUp()


def test_nothing_is_said_to_what_is_no_question():
    assert persona().hear("One moment, I'm booking that for you.") == Quiet()
    assert persona(goal="silence").hear("How can I help?") == Quiet()


def test_only_the_price_is_wanted():
    caller = persona(goal="price", manner="terse")
    assert caller.hear("It costs 75 pounds. Would you like to book it?") == Say("no")


def test_what_nobody_told_him_he_does_not_know():
    answer = persona().hear("What is your e-mail address?")
    assert isinstance(answer, Say) and ("know" in answer.text or "idea" in answer.text)


def test_a_code_that_is_read_back_wrong_is_said_again():
    facts = {"registration": "A B 1 2 C D E"}
    told = "So that's an MOT test for the car {}, on Tuesday, at ten o'clock. Is that right?"
    assert persona(facts=facts).hear(told.format("A B 1, 2 C")) == Say("No, A B 1 2 C D E")
    assert persona(facts=facts, manner="terse").hear(told.format("AB12 CDE")) == Say("yes")


def test_who_wants_a_person_insists():
    caller = persona(facts={}, goal="person")
    caller.hear("How can I help?")
    answer = caller.hear("Sorry, I didn't catch that. Do you need a boiler service?")
    assert isinstance(answer, Say) and ("person" in answer.text or "human" in answer.text
                                        or "perator" in answer.text)  # fmt: skip


def test_what_was_read_back_wrong_does_not_become_right_by_being_asked_again():
    caller = persona(manner="terse")
    wrong = READ_BACK.format(area="Truro", day="Thursday", part="morning")
    assert caller.hear(wrong) == Say("No, Tuesday")
    again = caller.hear("Sorry, I didn't catch that. Is that right?")
    assert again == Say("No, Tuesday", slowly=True)
    assert caller.hear(GOOD) == Say("yes", slowly=True)
