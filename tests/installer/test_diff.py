from pathlib import PurePosixPath as P

from installer.diff import Tone, describe
from installer.model import Change, Kind, Manifest, Node, Owned, Plan, Role
from installer.system import COMPANIES, ENV_FILE

PATH = P("/etc/asterisk/a.conf")


def file(content, mode=0o640):
    return Node(Kind.FILE, mode, 0, 101, content)


def lines(*changes, **more):
    plan = Plan(changes, Manifest(), Manifest(), **more)
    return [(line.tone, line.text) for line in describe(plan)]


def test_a_changed_file_is_shown_as_a_unified_diff():
    shown = lines(Change(PATH, file(b"a\nb\n"), file(b"a\nc\n")))
    assert shown == [
        (Tone.HEAD, "change /etc/asterisk/a.conf (mode 0640, owner 0:101)"),
        (Tone.PLACE, "@@ -1,2 +1,2 @@"),
        (Tone.PLAIN, " a"),
        (Tone.REMOVED, "-b"),
        (Tone.ADDED, "+c"),
    ]


def test_a_new_file_is_shown_whole_and_a_bulky_one_by_its_size():
    assert (Tone.ADDED, "+[a]") in lines(Change(PATH, None, file(b"[a]\n")))
    assert lines(Change(PATH, None, file(b"[a]\n"), bulk=True)) == [
        (Tone.HEAD, "create /etc/asterisk/a.conf (mode 0640, owner 0:101, 4 bytes)")
    ]


def test_our_own_new_files_take_one_line_and_what_is_the_admins_is_shown():
    parent, own = P("/etc/asterisk/http.conf"), P("/etc/asterisk/voiceagent.d/http.conf")
    company, env = COMPANIES / "a.yaml", ENV_FILE
    roles = {parent: Role.PARENT, own: Role.OURS, company: Role.SETTINGS, env: Role.SETTINGS}
    new = file(b"one\ntwo\n")
    changes = [Change(path, None, new) for path in roles]
    manifest = Manifest(tuple(Owned(path, role) for path, role in roles.items()))
    plan = Plan(tuple(changes), Manifest(), manifest)
    shown = [line.text for line in describe(plan, whole=False)]
    assert shown == [
        f"create {parent} (mode 0640, owner 0:101)",
        "@@ -0,0 +1,2 @@",
        "+one",
        "+two",
        f"create {own} (mode 0640, owner 0:101, 2 lines)",
        f"create {company} (mode 0640, owner 0:101)",
        "@@ -0,0 +1,2 @@",
        "+one",
        "+two",
        f"create {env} (mode 0640, owner 0:101, 2 lines)",
        "To see every line of our own new files: --diff",
    ]
    assert [line.text for line in describe(plan)].count("+two") == 4
    later = Plan((Change(own, file(b"one\n"), new),), manifest, manifest)
    assert [line.text for line in describe(later, whole=False)][-1] == "+two"


def test_a_removal_a_link_and_a_folder_take_one_line_each():
    folder = Node(Kind.FOLDER, 0o750, 0, 101)
    link = Node(Kind.LINK, 0o777, 0, 0, b"a/b")
    shown = lines(
        Change(PATH, None, folder),
        Change(PATH, None, link),
        Change(PATH, file(b"x"), None),
        Change(PATH, link, file(b"x", 0o755)),
        emptied=(P("/d"),),
        compiled=P("/s"),
        notes=("n",),
    )
    assert [text for _, text in shown] == [
        "create /etc/asterisk/a.conf/ (mode 0750, owner 0:101)",
        "create /etc/asterisk/a.conf -> a/b",
        "remove /etc/asterisk/a.conf",
        "change /etc/asterisk/a.conf (mode 0755, owner 0:101)",
        "compile /s",
        "remove /d if nothing else is in it",
        "Note: n",
    ]


def test_a_missing_last_newline_and_line_ends_are_told_apart_from_changes():
    shown = lines(Change(PATH, file(b"a\r\nb"), file(b"a\r\nb\r\nc\r\n")))
    assert [text for _, text in shown[2:]] == [" a", " b", "+c", "\\ the last line had no newline"]


def test_a_foreign_files_control_characters_do_not_reach_the_terminal():
    shown = lines(Change(PATH, file(b"\x1b[2J caf\xe9\n"), file(b"\x1b[2J caf\xe9\nx\n")))
    assert (Tone.PLAIN, " ?[2J caf\\xe9") in shown


def test_no_secret_is_shown_neither_ours_nor_the_admins():
    old = b"[boss]\nsecret=hunter2\n  dbPassword => hunter2\npassword_format = plain\n"
    old += b"#GROQ_API_KEY=hunter2\n"
    new = old + b"secret = ours\nDEEPGRAM_API_KEY=hunter2\n"
    text = "\n".join(text for _, text in lines(Change(PATH, file(old), file(new))))
    assert "hunter2" not in text and "ours" not in text
    assert "+secret = ********" in text and " password_format = plain" in text


def test_a_secret_that_changes_is_said():
    shown = lines(Change(PATH, file(b"secret = a\n"), file(b"secret = b\n")))
    assert [text for _, text in shown[1:]] == ["  a secret changes"]
