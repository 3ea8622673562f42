import pytest
from hypothesis import given
from hypothesis import strategies as st

from asterisk_conf import TemplateError
from asterisk_conf.template import substitute


def test_asterisks_own_syntax_is_left_alone():
    text = "Set(A=${B:1}$[1 + 2]%d@x)@@NAME@@ ${@@NAME@@}\n"
    assert substitute(text, {"NAME": "v"}) == "Set(A=${B:1}$[1 + 2]%d@x)v ${v}\n"


def test_a_value_is_not_looked_into_again():
    assert substitute("@@A@@ @@B@@", {"A": "${B}", "B": "\\1"}) == "${B} \\1"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("@@A@@", {}),
        ("plain", {"A": "1"}),
        ("@@A@@ @@b@@", {"A": "1"}),
        ("@@A@@", {"A": "x\ny"}),
        ("@@A@@", {"A": "@@B@@"}),
    ],
)
def test_a_template_and_values_that_do_not_match_are_refused(text, values):
    with pytest.raises(TemplateError):
        substitute(text, values)


@given(st.text(alphabet=st.characters(blacklist_characters="@")))
def test_text_without_placeholders_comes_back_unchanged(text):
    assert substitute(text, {}) == text
