"""Environment files, as systemd 252 itself read these lines when it was given them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installer.errors import ConflictError
from installer.system.env_file import UnclosedQuoteError, quoted, read, settings_in, with_values

READ = [
    ("A=1\n", {"A": "1"}),
    ("A = 1\n", {"A": "1"}),
    ("  A=1  \n", {"A": "1"}),
    ("A=1", {"A": "1"}),
    ("A=\n", {"A": ""}),
    ('A=""\n', {"A": ""}),
    ("A=a b  c \n", {"A": "a b  c"}),
    ("A=\tx\ty\t\n", {"A": "x\ty"}),
    ('A="a b" \n', {"A": "a b"}),
    ('A="a  "  \n', {"A": "a  "}),
    ("A='a $b \\ \"'\n", {"A": 'a $b \\ "'}),
    ('A="a\\"b\\\\c\\$d\\`e\\f"\n', {"A": 'a"b\\c$d`e\\f'}),
    ('A=a\\ b\\\\c\\"\n', {"A": 'a b\\c"'}),
    ("A=a\\\nb\n", {"A": "ab"}),
    ("A=\\\nx\n", {"A": "x"}),
    ("A=x \\\n  y\n", {"A": "x   y"}),
    ('A="a\\\nb"\n', {"A": "ab"}),
    ('A="a\nb"\n', {"A": "a\nb"}),
    ('A="x\\\r\ny"\n', {"A": "x\\\r\ny"}),
    ("A=x\\\r\nB=2\n", {"A": "x", "B": "2"}),
    ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
    ("A=1\nA=2\n", {"A": "2"}),
    ("#A=1\n;A=2\nA=3\n", {"A": "3"}),
    ("A=x#y ;z\n", {"A": "x#y ;z"}),
    ("A=%n $HOME ~ *\n", {"A": "%n $HOME ~ *"}),
    ('A="a"b\n', {"A": "ab"}),
    ('A="a" "b"\n', {"A": "ab"}),
    ('A=a"b"c\n', {"A": 'a"b"c'}),
    ("A='x'y'z'\n", {"A": "xy'z'"}),
    ('A=ä "ü"\n', {"A": 'ä "ü"'}),
    ("export A=1\nB=2\n", {"B": "2"}),
    ("1A=1\nB=2\n", {"B": "2"}),
    ("A\nB=2\n", {"B": "2"}),
    ("\ufeffA=1\nB=2\n", {"B": "2"}),
]


@pytest.mark.parametrize(("text", "values"), READ)
def test_a_file_means_what_it_means_to_systemd(text, values):
    assert read(text) == values


@pytest.mark.parametrize("text", ['A=1\nB="x\nC=2\n', "A=1\nB='x\nC=2\n"])
def test_a_quote_that_is_never_closed_is_refused(text):
    with pytest.raises(UnclosedQuoteError, match="line 2"):
        read(text)
    with pytest.raises(ConflictError, match="voiceagent.env: the quote .* line 2"):
        with_values(text.encode(), {"A": "2"}, "voiceagent.env")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_what_is_quoted_is_read_back(value):
    assert read(f"A={quoted(value)}\nB=2\n") == {"A": value, "B": "2"}


CHANGES = [
    # (before, values, after)
    (b"A=1\nB=2\n", {"A": "3"}, b"A=3\nB=2\n"),
    (b"A=1\nB=2\n", {"A": "1"}, b"A=1\nB=2\n"),
    (b'A="1"\n', {"A": "1"}, b'A="1"\n'),
    (b"  A =  1  \r\nB=2\r\n", {"A": "3"}, b"  A =  3  \r\nB=2\r\n"),
    (b"A=1\nA=2\n", {"A": "3"}, b"A=1\nA=3\n"),
    (b"# A: what it is\n#A=9\n", {"A": "3"}, b"# A: what it is\n#A=9\nA=3\n"),
    (b"#A=9\r\n#B=\r\n", {"A": "3"}, b"#A=9\r\nA=3\r\n#B=\r\n"),
    (b"#A=9", {"A": "3"}, b"#A=9\nA=3"),
    (b"B=2\n", {"A": "a b"}, b'B=2\nA="a b"\n'),
    (b"B=2", {"A": "3"}, b"B=2\nA=3\n"),
    (b"", {"A": "3"}, b"A=3\n"),
    (b'B="\n#A=1\n"\n', {"A": "3"}, b'B="\n#A=1\n"\nA=3\n'),
    (b"\xff\xfe odd\nA=1\n", {"A": "ä"}, b'\xff\xfe odd\nA="\xc3\xa4"\n'),
    (b'A="x y" # not a comment\n', {"A": "3"}, b"A=3\n"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "values", "after"), CHANGES)
def test_only_the_value_changes(before, values, after):
    assert with_values(before, values, "f") == after


LINES = ["A=1", "#A=2", "# text", "", "B='x y'", ";C=", "C = 5 ", "nonsense", 'D="1\n2"', "A=old"]


@given(st.lists(st.sampled_from(LINES)), st.sampled_from(["\n", "\r\n"]))
def test_every_other_line_stays(lines, newline):
    before = "".join(line + newline for line in lines)
    after = with_values(before.encode(), {"A": "new $value"}, "f").decode()
    assert read(after) == {**read(before), "A": "new $value"}
    assert with_values(after.encode(), {"A": "new $value"}, "f").decode() == after
    kept = [line for line in before.split("\n") if not line.startswith("A=")]
    assert [line for line in after.split("\n") if not line.startswith("A=")] == kept


def test_bytes_that_are_no_text_are_no_reason_to_fail():
    assert settings_in(b"A=1\n#\xff\n", "f") == {"A": "1"}
