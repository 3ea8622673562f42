"""The contexts callers are put through into, as a running Asterisk has them."""

from __future__ import annotations

import pytest

from tests.installer.doctor.console import asked

NONE = "There is no existence of '{0}' context\nCommand 'dialplan show {0}' failed.\n"
THERE = """\
[ Context '{0}' created by 'pbx_config' ]
  '100' =>          1. Dial(PJSIP/100)                         [extensions.conf:9]
"""


def places(extensions: str, outside: str) -> dict[str, str]:
    return {
        "dialplan show voiceagent-place": f"""\
[ Context 'voiceagent-place' created by 'pbx_config' ]
  'dial' =>         1. Answer()                                [extensions.conf:147]
                    2. Set(VA_TO=${{FILTER(0-9,${{VA_TARGET}})}})   [extensions.conf:149]
  'extension' =>    1. Set(VA_INTO={extensions})                 [extensions.conf:143]
                    2. Goto(dial,1)                            [extensions.conf:144]
  'outside' =>      1. Set(VA_INTO={outside})                  [extensions.conf:145]
                    2. Goto(dial,1)                            [extensions.conf:146]
"""
    }


def context(name: str, text: str) -> dict[str, str]:
    return {f"dialplan show {name}": text.format(name)}


def test_contexts_that_are_there(tmp_path):
    answers = places("phones", "out") | context("phones", THERE) | context("out", THERE)
    (one,) = asked(tmp_path, "transfer-contexts", answers)
    assert one.verdict.value == "green"
    assert "phones (extensions), out (outside numbers)" in one.what


@pytest.mark.parametrize(
    ("gone", "flag"), [("phones", "--extensions-context"), ("out", "--outside-context")]
)
def test_a_context_that_is_not_there(tmp_path, gone, flag):
    answers = places("phones", "out") | context("phones", THERE) | context("out", THERE)
    (one,) = asked(tmp_path, "transfer-contexts", answers | context(gone, NONE))
    assert one.verdict.value == "red"
    assert f"no context {gone}," in one.what and flag in one.what_to_do


def test_contexts_nobody_set(tmp_path):
    (one,) = asked(tmp_path, "transfer-contexts", places("", ""))
    assert one.verdict.value == "green" and "none is set" in one.what


def test_without_our_dialplan_nobody_can_tell(tmp_path):
    (one,) = asked(tmp_path, "transfer-contexts", context("voiceagent-place", NONE))
    assert one.verdict.value == "grey"
