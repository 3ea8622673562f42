"""The script of the simulated ears: what is read, and what is said about a bad line."""

import pytest

from audiosocket_agent.simulators.script import ScriptError, Segment, parse_script

GOOD = '{"segments": [["my post code is", 820], ["M one", 410]]}'


def test_one_line_a_call():
    assert parse_script(f'{GOOD}\n\n{{"segments": []}}\n') == (
        (Segment(("my", "post", "code", "is"), 820.0), Segment(("M", "one"), 410.0)),
        (),
    )


def test_an_empty_text_is_a_noise():
    assert parse_script('{"segments": [["", 250]]}') == ((Segment((), 250.0),),)


def test_an_empty_script_has_no_calls():
    assert parse_script("\n") == ()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "not JSON"),
        ("[]", "the one field segments"),
        ('{"segment": []}', "the one field segments"),
        ('{"segments": {}}', "not a list"),
        ('{"segments": ["yes"]}', "not a pair"),
        ('{"segments": [["yes"]]}', "not a pair"),
        ('{"segments": [["  ", 100]]}', "neither words nor"),
        ('{"segments": [[5, 100]]}', "neither words nor"),
        ('{"segments": [[null, 100]]}', "neither words nor"),
        ('{"segments": [["", 0]]}', "not a number above 0"),
        ('{"segments": [["yes", 0]]}', "not a number above 0"),
        ('{"segments": [["yes", "100"]]}', "not a number above 0"),
        ('{"segments": [["yes", true]]}', "not a number above 0"),
    ],
)
def test_a_bad_line_is_named(line, what):
    with pytest.raises(ScriptError) as caught:
        parse_script(f"{GOOD}\n{line}")
    assert "VOICEAGENT_SIM_TRANSCRIPTS: line 2: " in str(caught.value)
    assert what in str(caught.value)
