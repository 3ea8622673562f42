"""Completeness: whole answers are answered soon, broken-off ones are waited for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiosocket_agent.completeness import Completeness, completeness, same_words
from audiosocket_agent.seams import Expectation, Expects
from audiosocket_agent.unfinished_words import lacks_words
from tests.audiosocket_agent.caller_sayings import BROKEN_OFF, OPEN_ENDED, WHOLE, asked

FINISHED, PROBABLE, UNFINISHED = Completeness
FREE = asked(Expects.FREE)
# Broken off where the words are odd but can end: told from the rest so that the rest must hold.
UNTOLD = {"when I turn the tap it", "last time you came you", "are you gas"}


def ids(rows):
    return [f"{kind.value}: {words}" for kind, words in rows]


@pytest.mark.parametrize(("kind", "words"), WHOLE, ids=ids(WHOLE))
def test_whole_turns_are_not_waited_for(kind, words):
    assert completeness(words, asked(kind)) is not UNFINISHED


@pytest.mark.parametrize(
    ("kind", "words"),
    [row for row in BROKEN_OFF if row[1] not in UNTOLD],
    ids=ids([row for row in BROKEN_OFF if row[1] not in UNTOLD]),
)
def test_broken_off_turns_are_waited_for(kind, words):
    assert completeness(words, asked(kind)) is UNFINISHED


@pytest.mark.parametrize(("kind", "words"), OPEN_ENDED, ids=ids(OPEN_ENDED))
def test_what_may_go_on_or_not_is_only_probable(kind, words):
    assert completeness(words, asked(kind)) is PROBABLE


def test_the_rates_over_all_sayings():
    late = [w for kind, w in WHOLE if completeness(w, asked(kind)) is UNFINISHED]
    cut = [w for kind, w in BROKEN_OFF if completeness(w, asked(kind)) is not UNFINISHED]
    assert len(WHOLE) >= 120
    assert len(BROKEN_OFF) >= 120
    assert len(late) <= 0.03 * len(WHOLE), late
    assert len(cut) <= 0.05 * len(BROKEN_OFF), cut


@pytest.mark.parametrize("ending", [".", "", " .", "!"])
def test_a_full_stop_proves_nothing(ending):
    assert completeness("I've got a" + ending, FREE) is UNFINISHED
    assert completeness("I've got a leak" + ending, FREE) is PROBABLE


@pytest.mark.parametrize(
    ("kind", "words", "judged"),
    [
        (Expects.YES_NO, "yes", FINISHED),
        (Expects.YES_NO, "Yes, please.", FINISHED),
        (Expects.YES_NO, "no thanks", FINISHED),
        (Expects.YES_NO, "yeah that's fine", FINISHED),
        (Expects.YES_NO, "um, well, yes", FINISHED),
        (Expects.YES_NO, "no I don't", FINISHED),
        (Expects.YES_NO, "Yes,", PROBABLE),
        (Expects.YES_NO, "I do", PROBABLE),
        (Expects.YES_NO, "no it was", UNFINISHED),
        (Expects.FREE, "yes", PROBABLE),
        (Expects.FREE, "no", PROBABLE),
        (Expects.FREE, "I do", UNFINISHED),
        (Expects.DIGITS, "no", PROBABLE),
        (Expects.CHOICE, "the leaking tap please", FINISHED),
        (Expects.CHOICE, "boiler", PROBABLE),  # "boiler service" begins so
        (Expects.CHOICE, "I have a question about my boiler service", PROBABLE),
        (Expects.POSTCODE, "Truro.", FINISHED),
        (Expects.POSTCODE, "it's in Truro please", FINISHED),
        (Expects.POSTCODE, "TR1 1AA please", FINISHED),
        (Expects.POSTCODE, "TR1 1AA,", PROBABLE),
        (Expects.DATE, "on tuesday", FINISHED),
        (Expects.DATE, "Tuesday morning would be", UNFINISHED),
        (Expects.DATE, "I can't do Tuesday", PROBABLE),
        (Expects.DATE, "the third of November", FINISHED),
        (Expects.NAME, "John", PROBABLE),
        (Expects.NAME, "it's John Smith", FINISHED),
        (Expects.NAME, "it's Mrs Smith", FINISHED),
        (Expects.NAME, "S M I T H", PROBABLE),
        (Expects.NAME, "S M", PROBABLE),
        (Expects.NAME, "S", UNFINISHED),
        (Expects.FREE, "can you come on Tuesday?", FINISHED),
        (Expects.FREE, "what's that for?", PROBABLE),
        (Expects.FREE, "could you?", PROBABLE),
        (Expects.FREE, "could you", UNFINISHED),
        (Expects.FREE, "how much is the?", UNFINISHED),
        (Expects.FREE, "it's leaking", PROBABLE),
        (Expects.FREE, "it's leaking,", UNFINISHED),
        (Expects.FREE, "it's leaking -", UNFINISHED),
        (Expects.FREE, "it's leaking...", UNFINISHED),
        (Expects.FREE, "it\u2019s", UNFINISHED),
        (Expects.FREE, "", UNFINISHED),
        (Expects.FREE, "...", UNFINISHED),
        (Expects.FREE, "HELLO?", PROBABLE),
        (Expects.FREE, "hi", UNFINISHED),
    ],
)
def test_how_surely(kind, words, judged):
    asked_as_wide = completeness(words, asked(kind))
    if judged is PROBABLE and words.endswith("?"):
        assert asked_as_wide is not UNFINISHED
    else:
        assert asked_as_wide is judged


@pytest.mark.parametrize(
    ("words", "judged"),
    [
        ("01632 960123", FINISHED),
        ("oh one six three two nine six oh one two three", FINISHED),
        ("zero seven seven double zero nine double zero one two three", FINISHED),
        ("oh eight hundred one two three four five six seven", FINISHED),
        ("+44 7700 900123", FINISHED),
        ("+44 (0)7700 900123", FINISHED),
        ("0044 7700 900123", FINISHED),
        ("plus four four seven seven double oh nine double oh one two three", FINISHED),
        ("it's, um, 07700, er, 900, uh, 123", FINISHED),
        ("07700 900123, thank you very much", FINISHED),
        ("07700 900 no sorry 07700 900123", FINISHED),
        ("07700 900124 no sorry 07700 900", UNFINISHED),
        ("07700 900 sorry", UNFINISHED),
        ("07700 900 and", UNFINISHED),
        ("07700 900 double", UNFINISHED),
        ("960123", PROBABLE),
        ("8946 0123", PROBABLE),
        ("96012", UNFINISHED),
        ("7700 900", UNFINISHED),
        ("7700 900123", PROBABLE),
        ("16329", UNFINISHED),
        ("+353 1 234 5678", PROBABLE),
        ("+353 1 234", UNFINISHED),
        ("077009001234", PROBABLE),
        ("after five", PROBABLE),
        ("I haven't got one", PROBABLE),
    ],
)
def test_a_telephone_number_that_was_asked_for(words, judged):
    assert completeness(words, asked(Expects.DIGITS)) is judged


@pytest.mark.parametrize(
    ("words", "judged"),
    [
        ("my number is 01632 960", UNFINISHED),
        ("my number is 01632 960123", FINISHED),
        ("ring me on five five five", UNFINISHED),
        ("it's oh seven seven double oh", UNFINISHED),
        ("my house number is 12", PROBABLE),
        ("my reference is 012345", PROBABLE),
        ("my account number is 4471", PROBABLE),
        ("at nine", PROBABLE),
        ("come at 10:30", PROBABLE),
        ("it was at 08:30", PROBABLE),
        ("about two hundred", PROBABLE),
        ("it's 250", PROBABLE),
        ("I need two", PROBABLE),
    ],
)
def test_figures_nobody_asked_for(words, judged):
    assert completeness(words, FREE) is judged


def test_letters_in_other_answers_are_no_postcode():
    assert completeness("it's vitamin C", FREE) is PROBABLE
    assert completeness("it's flat 3 B", FREE) is PROBABLE
    assert completeness("I'm in TR1", FREE) is PROBABLE
    assert completeness("it's TR1 1A", FREE) is UNFINISHED  # whatever was asked, one is missing


# --- properties ----------------------------------------------------------------------------------

EXPECTATIONS = st.sampled_from(list(Expects)).map(asked)
VOCABULARY = sorted({word for _, words in WHOLE + BROKEN_OFF for word in words.split()})
SAYINGS = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from(VOCABULARY), max_size=30).map(" ".join),
)


@settings(deadline=None)
@given(SAYINGS, EXPECTATIONS)
def test_every_text_is_judged_and_always_alike(text, expectation):
    first = completeness(text, expectation)
    assert first in Completeness
    assert completeness(text, expectation) is first


@pytest.mark.parametrize("word", ["maybe", "one", "um", "yes", "a", "double", "tuesday", "sorry"])
def test_a_caller_may_go_on_for_ever(word):
    text = f"{word} " * 3000
    for kind in Expects:
        assert completeness(text, asked(kind)) in Completeness
    assert same_words(text, text + ".")


@settings(deadline=None)
@given(st.lists(st.sampled_from(VOCABULARY), max_size=12).map(" ".join), EXPECTATIONS)
def test_a_hesitation_is_always_waited_for(text, expectation):
    assert completeness(text + ", um", expectation) is UNFINISHED


@settings(deadline=None)
@given(st.lists(st.sampled_from(VOCABULARY), max_size=12), EXPECTATIONS)
def test_articles_and_conjunctions_never_end_a_turn(words, expectation):
    for last in ("the", "my", "because"):
        assert completeness(" ".join([*words, last]), expectation) is UNFINISHED


@settings(deadline=None)
@given(SAYINGS, EXPECTATIONS)
def test_capitals_and_a_full_stop_change_nothing(text, expectation):
    if text.isascii() and text.strip()[-1:].isalnum():
        judged = completeness(text, expectation)
        assert completeness(text.upper(), expectation) is judged
        assert completeness(text + ".", expectation) is judged


DIGIT_WORDS = "oh one two three four five six seven eight nine".split()
PHONES = st.builds(
    lambda area, rest: "0" + area + rest,
    st.sampled_from("1237"),
    st.text("0123456789", min_size=9, max_size=9),
)


def speak(digits, doubled):
    """Say figures as a caller does, pairs as "double" when wanted."""
    said, position = [], 0
    while position < len(digits):
        digit = DIGIT_WORDS[int(digits[position])]
        if doubled and digits[position : position + 2] == digits[position] * 2:
            said.append(f"double {digit}")
            position += 2
        else:
            said.append(digit)
            position += 1
    return " ".join(said)


@settings(deadline=None)
@given(PHONES, st.booleans(), st.sampled_from(["", "it's ", "my number is ", "um, yeah "]))
def test_every_beginning_of_a_telephone_number_is_waited_for(number, doubled, lead):
    asked_for = asked(Expects.DIGITS)
    for length in range(1, 11):
        assert completeness(lead + number[:length], asked_for) is UNFINISHED
        assert completeness(lead + speak(number[:length], doubled), asked_for) is UNFINISHED
    assert completeness(lead + number, asked_for) is FINISHED
    assert completeness(lead + speak(number, doubled), asked_for) is FINISHED
    assert completeness(f"{number[:5]} {number[5:]}.", asked_for) is FINISHED


@settings(deadline=None)
@given(PHONES)
def test_a_number_after_its_country_code_is_judged_alike(number):
    for length in range(1, 10):
        begun = completeness("+44 " + number[1:][:length], asked(Expects.DIGITS))
        assert begun is UNFINISHED
    assert completeness("+44" + number[1:], asked(Expects.DIGITS)) is FINISHED


NATO = (
    "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar "
    "papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu"
).split()
OUTWARD = st.one_of(
    st.from_regex(r"\A(TR|TQ|PL|EX|BS|GU|OX|PO|SO|ST|LA|ME)(1|2|9|10|11|20|21)\Z"),
    st.from_regex(r"\A(M|B|L|S|N|E|G)(1|4|14|20)\Z"),
    st.sampled_from(["SW1A", "EC1A", "W1A", "WC2H", "E1W", "SE1P"]),
)
INWARD = st.from_regex(r"\A[0-9][ABD-HJLNP-UW-Z]{2}\Z")


def spoken_character(character, nato):
    if character.isdigit():
        return DIGIT_WORDS[int(character)]
    return NATO[ord(character) - ord("A")] if nato else character


@settings(deadline=None)
@given(OUTWARD, INWARD, st.booleans(), st.sampled_from(["", "it's ", "my postcode is "]))
def test_whole_postcodes_are_finished_however_they_are_said(outward, inward, nato, lead):
    letters = [*outward, *inward]
    forms = (
        f"{outward} {inward}",
        f"{outward}{inward}".lower(),
        " ".join(letters),
        " ".join(spoken_character(c, nato) for c in letters),
        f"{' '.join(outward)}, um, {inward}.",
    )
    for form in forms:
        assert completeness(lead + form, asked(Expects.POSTCODE)) is FINISHED
        assert nato or same_words(form, forms[0])
    doubled = f"{outward} {inward[0]} double {inward[1]}"
    if inward[1] == inward[2] != "U":
        assert completeness(doubled, asked(Expects.POSTCODE)) is FINISHED


@settings(deadline=None)
@given(OUTWARD, INWARD, st.booleans())
def test_every_beginning_of_a_postcode_is_waited_for(outward, inward, nato):
    letters = [*outward, *inward]
    for length in range(1, len(letters)):
        said = " ".join(spoken_character(c, nato) for c in letters[:length])
        assert completeness(said, asked(Expects.POSTCODE)) is UNFINISHED
        assert completeness("my postcode is " + said, FREE) is UNFINISHED


@settings(deadline=None)
@given(SAYINGS, st.sampled_from(["truro", "on tuesday", "my drain is blocked"]))
def test_no_phrase_makes_a_judgement_fail(text, phrase):
    assert completeness(text, Expectation(Expects.CHOICE, (phrase, ""))) in Completeness


@settings(deadline=None)
@given(st.lists(st.sampled_from(VOCABULARY).map(str.lower), min_size=1, max_size=12))
def test_a_question_mark_never_makes_words_lack_more(words):
    assert lacks_words(words) or not lacks_words(words, question=True)


# --- the same words ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("tuesday", "Tuesday."),
        ("Yes, please", "yes please"),
        ("um, on Tuesday", "on Tuesday"),
        ("Oh, on Tuesday", "on Tuesday"),
        ("TR1 1AA", "TR11AA"),
        ("TR1 1AA", "T R one one A A"),
        ("TR1 1AA", "t r 1 1 double a"),
        ("01632 960123", "oh one six three two nine six oh one two three"),
        ("07700 900123", "07700900123"),
        ("07700 900123", "oh double seven double oh nine double oh one two three"),
        ("07700 900123", "oh double seven double oh, nine hundred, one two three"),
        ("I'm in Truro", "I am in truro"),
        ("it's leaking", "It is leaking."),
        ("I don't know", "I do not know"),
        ("can't", "cannot"),
        ("ok", "Okay."),
        ("all right", "alright"),
        ("it’s fine", "it's fine"),
        ("about 200", "about two hundred"),
        ("about £200", "about two hundred pounds"),
        ("240", "two hundred and forty"),
        ("10:30", "ten thirty"),
        ("9 a.m.", "nine am"),
        ("the 3rd of November", "the third of november"),
        ("on the 21st", "on the twenty-first"),
        ("the 15th", "the fifteenth"),
        ("TR1 1ST", "T R one one S T"),
        ("twenty-one", "21"),
        ("I'd like 2 taps", "I would like two taps"),
        ("", ""),
        ("um", ""),
    ],
)
def test_the_same_words(a, b):
    assert same_words(a, b)
    assert same_words(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("tuesday", "thursday"),
        ("yes", "no"),
        ("yes", "yes but"),
        ("I can", "I can't"),
        ("TR1 1AA", "TR1 1AB"),
        ("TR1 1AA", "TR1"),
        ("01632 960123", "01632 960124"),
        ("01632 960123", "01632 96012"),
        ("two", "twenty"),
        ("my boiler is leaking", "my boiler is beeping"),
        ("on Tuesday", "not on Tuesday"),
        ("£200", "200"),
        ("", "yes"),
    ],
)
def test_other_words(a, b):
    assert not same_words(a, b)
    assert not same_words(b, a)


@settings(deadline=None)
@given(SAYINGS)
def test_words_are_the_same_as_themselves(text):
    assert same_words(text, text)
    if text.isascii():
        assert same_words(text, text.upper().lower())


@settings(deadline=None)
@given(SAYINGS, SAYINGS)
def test_sameness_is_mutual(a, b):
    assert same_words(a, b) == same_words(b, a)


@settings(deadline=None)
@given(SAYINGS)
def test_another_word_is_another_turn(text):
    assert not same_words(text, text + " tomorrow")
