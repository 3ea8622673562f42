"""Our lines in files made up at random: what they do to the rest, and how they come out again."""

from pathlib import PurePosixPath

from hypothesis import assume, given
from hypothesis import strategies as st

from installer.conf_reader import read_config
from installer.conf_text import BlockError, with_block, without_block
from installer.model import Kind, Manifest, Node
from installer.plan import Planner

INCLUDE = "voiceagent.d/extensions.conf"
BOM = b"\xef\xbb\xbf"
LINES = [
    b"[a]",
    b"[b](!)",
    b"[c](b)",
    b"[a](+)",
    b"x = y",
    b"exten => s,1,NoOp()",
    b"; only a comment",
    b";-- a block --;",
    b";--",
    b"--;",
    b";---- a ruler",
    b"#include sub.conf",
    b"#tryinclude gone.conf",
    b"\tcaf\xe9 = \xff \\; z",
    b"",
    b"[old]\r[ends]",
    b"z=" + b"z" * 9000,
]


def meaning(text, ours=b""):
    """Return what Asterisk makes of a file without our section, and of ours."""
    files = {"main.conf": text, "sub.conf": b"q = r\n[sub]\nx = y\n", INCLUDE: ours}
    config = read_config("main.conf", lambda name: [(name, files[name])] if name in files else [])
    sections = [
        (one.name, one.template, [(s.name, s.value) for s in one.settings])
        for one in config.sections
    ]
    unread = config.refused or config.open_comment or config.stray_end
    mine = [one for one in sections if one[0] == "voiceagent-in"]
    return unread, [one for one in sections if one not in mine], mine


@given(
    st.lists(st.sampled_from(LINES), max_size=12),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
    st.booleans(),
)
def test_our_lines_are_read_and_nobody_elses_mean_anything_else_for_it(lines, eol, marked, ended):
    text = BOM * marked + eol.join([b"[general]", *lines]) + eol * ended
    unread, theirs, _ = meaning(text)
    assume(not unread)  # the installer refuses such a file
    own = b"[voiceagent-in]\nexten => s,1,Hangup()\n"
    after = with_block(text, INCLUDE)
    assert meaning(after, own) == (
        unread,
        theirs,
        [("voiceagent-in", False, [("exten", "s,1,Hangup()")])],
    )
    back = without_block(after)
    assert back == text or back == text + eol_of(text)
    assert meaning(back) == (unread, theirs, [])


def eol_of(text):
    return b"\r\n" if text.partition(b"\n")[0].endswith(b"\r") else b"\n"


@given(st.binary(), st.integers(0, 0o7777), st.integers(0, 2**63 - 1))
def test_undoing_an_untouched_file_restores_it_to_the_last_byte(before, mode, mtime_ns):
    parent = PurePosixPath("/etc/asterisk/extensions.conf")
    node = Node(Kind.FILE, mode, 7, 8, before, mtime_ns)
    try:
        assume(without_block(before) == before)
    except BlockError:
        return  # refused, which is tested with the rest of its module
    one = Planner({parent: node}, Manifest(), {})
    one.want_block(parent, INCLUDE)
    plan = one.plan()
    (change,) = plan.changes
    undo = Planner({parent: change.new}, plan.manifest, plan.originals)
    undo.give_back()
    (back,) = undo.plan().changes
    assert back.new == node and back.new.mtime_ns == mtime_ns
