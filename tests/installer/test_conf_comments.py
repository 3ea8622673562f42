import pytest

from installer.conf_comments import Comments


def taken_off(*lines):
    comments = Comments()
    return [comments.taken_off(line, f"f:{i}") for i, line in enumerate(lines, 1)], comments


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ([b" a = b ; c\r\n"], [b"a = b"]),
        ([b";", b"", b"; a ;-- b", b"c"], [b"", b"", b"", b"c"]),
        ([b"a\\;b;c"], [b"a;b"]),
        ([b"a;-- b --;c;-- d --;e"], [b"ace"]),
        ([b"a;-- b", b"c", b"d --; e"], [b"a", b"", b"e"]),
        ([b";-- a ;-- b --; c", b"d --;e"], [b"", b"e"]),
        ([b";---- a", b"b"], [b"", b"b"]),
        ([b";--", b";---- a --;", b"b"], [b"", b"", b"b"]),
        ([b"a--;b", b"c", b";--", b"d"], [b"a--;b", b"", b"", b"d"]),
        ([b"a\0b;c", b"\0"], [b"a", b""]),
    ],
)
def test_what_is_left_of_a_line_is_what_asterisk_reads(lines, left):
    assert taken_off(*lines)[0] == left


def test_what_is_still_open_is_known_by_where_it_began():
    assert taken_off(b";--", b";--", b"--;")[1].opened == "f:1"
    assert taken_off(b";--", b"a ;-- b")[1].opened == "f:2"
    _, comments = taken_off(b";-- a --;", b"--;", b"b")
    assert (comments.opened, comments.stray) == ("", "f:2")
    _, comments = taken_off(b"--;", b";-- made up for")
    assert (comments.opened, comments.stray) == ("", "")
