import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from installer.conf_text import (
    BEGIN,
    END,
    BlockError,
    has_block,
    is_edited,
    with_block,
    without_block,
)

INCLUDE = "voiceagent.d/extensions.conf"
BOM = b"\xef\xbb\xbf"


def block(eol=b"\n"):
    return BEGIN + eol + b"#tryinclude voiceagent.d/extensions.conf" + eol + END + eol


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", block()),
        (BOM, BOM + block()),
        (b"[a]\n", b"[a]\n" + block()),
        (b"[a]", b"[a]\n" + block()),
        (b"[a]\r\nb=c\r\n", b"[a]\r\nb=c\r\n" + block(b"\r\n")),
        (b"[a]\r\nb=c", b"[a]\r\nb=c\r\n" + block(b"\r\n")),
        (BOM + b"[a]\n\xff\xfe\x00", BOM + b"[a]\n\xff\xfe\x00\n" + block()),
        (b"\n\n", b"\n\n" + block()),
    ],
)
def test_the_block_goes_to_the_end_in_the_files_own_line_ends(before, after):
    assert with_block(before, INCLUDE) == after


def test_a_block_is_brought_up_to_date_where_it_stands():
    moved = b"[a]\n" + block() + b"[b]\n"
    changed = with_block(moved, "voiceagent.d/other.conf")
    assert changed == moved.replace(b"extensions.conf", b"other.conf")
    edited = moved.replace(b"#tryinclude", b"; #tryinclude")
    assert with_block(edited, INCLUDE) == moved


def test_an_indented_block_with_foreign_line_ends_is_still_ours():
    text = b"[a]\r\n  " + block(b"\r\n").replace(END, b"\t" + END) + b"x=y\r\n"
    assert has_block(text)
    assert without_block(text) == b"[a]\r\nx=y\r\n"


@pytest.mark.parametrize(
    "text",
    [
        BEGIN + b"\n",
        END + b"\n",
        END + b"\n" + BEGIN + b"\n",
        block() + block(),
        block() + END + b"\n",
    ],
)
def test_damaged_marks_are_refused_by_everything(text):
    for act in (without_block, lambda it: with_block(it, INCLUDE)):
        with pytest.raises(BlockError):
            act(text)


@given(st.binary())
def test_any_file_comes_back_but_for_the_newline_it_lacked(before):
    try:
        assume(not has_block(before))
    except BlockError:
        return  # it is ours to refuse, and tested above
    after = with_block(before, INCLUDE)
    assert has_block(after)
    assert with_block(after, INCLUDE) == after
    assert after.startswith(before)
    back = without_block(after)
    assert back in (before, before + b"\n", before + b"\r\n")
    if before.endswith(b"\n") or not before:
        assert back == before


@given(st.lists(st.sampled_from([b"[a]", b"x = y", b"", b"; >>>", b"caf\xe9"])), st.booleans())
def test_without_our_block_a_file_is_returned_as_it_is(lines, crlf):
    text = (b"\r\n" if crlf else b"\n").join(lines)
    assert without_block(text) == text
    assert not has_block(text)


def test_a_block_is_known_for_ours_whatever_its_line_ends_and_for_edited_otherwise():
    for text in (b"", b"[a]\r\n", b"[a]"):
        whole = with_block(text, INCLUDE)
        assert has_block(whole) and not is_edited(whole)
        assert not has_block(text) and not is_edited(text)
        for old, new in ((b"#tryinclude", b"#include"), (END, b"#include mine.conf\n" + END)):
            assert is_edited(whole.replace(old, new))
