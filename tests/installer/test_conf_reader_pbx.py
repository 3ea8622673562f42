"""The reader of configuration files, held against the real Asterisk.

queues.conf is the judge: a queue shows up for every section that counts, with its strategy and
weight; when Asterisk refuses a file, the queues of the one before it stay.
"""

import re
import shutil
import time

import pytest

from asterisk_conf import BundleParams
from asterisk_conf.render import CONTEXTS
from installer.api import Installation
from installer.conf_reader import read_config
from installer.config_files import read_config_file
from installer.sandbox import Sandbox
from installer.sandbox.rootfs import ensure_image
from installer.tree import Tree
from tests.installer import pbx_trees, trees

pytestmark = pytest.mark.pbx

BEFORE = b"[general]\n[before]\nstrategy = linear\n"
Q = b"[general]\n"
CASES = {
    "plain": (Q + b"[a]\nstrategy=linear\n[b]\nweight => 3\n", {}),
    "mark": (b"\xef\xbb\xbf; x\n" + Q + b"[a]\n", {}),
    "mark at a header": (b"\xef\xbb\xbf[general]\r\n[a]\r\nweight=2\r\n", {}),
    "mark in an include": (Q + b"#include x1.conf\n[a]\n", {"x1": b"\xef\xbb\xbf[b]\n"}),
    "marks in a pattern": (
        Q + b"[a]\n#include x*.conf\n",
        {"x1": b"\xef\xbb\xbf[b]\n", "x2": b"\xef\xbb\xbf[c]\n[d]\n"},
    ),
    "mark after an empty file": (
        Q + b"[a]\n#include x*.conf\n",
        {"x1": b"", "x2": b"\xef\xbb\xbf[c]\n[d]\n"},
    ),
    "mark on line 2": (Q + b"\xef\xbb\xbf[a]\n[b]\n", {}),
    "utf-16": ("[general]\n[a]\n".encode("utf-16"), {}),
    "latin": (Q + b"[a] ; caf\xe9\n\xe9t\xe9=1\nweight=2\n", {}),
    "empty": (b"", {}),
    "no last newline": (Q + b"[a]\nweight=4", {}),
    "before a section": (b"x=1\n" + Q + b"[a]\n", {}),
    "no bracket": (Q + b"[a]\n[b\n[c]\n", {}),
    "no parenthesis": (Q + b"[a]\n[b](!\n[c]\n", {}),
    "old line ends": (b"[general]\r[a]\r[b]\r\n[c]\n", {}),
    "template": (Q + b"[t](!)\nweight=3\n[a](t)\nstrategy=linear\n", {}),
    "two templates": (Q + b"[t](!)\nweight=3\n[u](!)\nstrategy=linear\n[a](t,u)\n", {}),
    "blank in options": (Q + b"[t](!)\n[a](t, t)\n", {}),
    "blank before options": (Q + b"[t] (!)\nweight=3\n[a](t)\n[b] (a)\n", {}),
    "small and capital": (Q + b"[t](!)\nweight=3\n[a](T)\n[A](+)\nstrategy=linear\n", {}),
    "add to nothing": (Q + b"[a]\n[b](+)\n", {}),
    "add to a template": (Q + b"[t](!)\n[t](+)\nweight=2\n[a](t)\n", {}),
    "take after nothing": (Q + b"[a]\n[b](t)\n", {}),
    "add to a value": (Q + b"[a]\nstrategy=lin\nstrategy+=ear\n", {}),
    "escaped": (Q + b"[a]\n\\#weight=3\nweight=1\\;2\n[b\\;c]\n", {}),
    "escaped nothing": (Q + b"[a]\n\\\n[b]\n", {}),
    "nul": (Q + b"[a]\nweight=1\0 2\n[b]\0 x\n", {}),
    "nul in a header": (Q + b"[a]\n[b\0]\n", {}),
    "nested comments": (Q + b"[a]\n;-- 1 ;-- 2 --; 1 --;\n;--\n;--\n--;\n[b]\n--;\n[c]\n", {}),
    "comment in a line": (Q + b";-- x --;[a];-- y --;\n[b];-- z\n[c]\n--;[d]\n", {}),
    "ruler in a comment": (Q + b";-- x\n;---- y --;\n[a]\n--;\n[b]\n", {}),
    "stray end": (Q + b"[a]\n--;\n[b]\n;--\n[c]\n", {}),
    "stray end in a value": (Q + b"[a]\nweight=3--;5\n[b]\n", {}),
    "open comment": (Q + b"[a]\n;--\n[b]\n", {}),
    "long line": (Q + b"[a]\n" + b"weight=".ljust(8190) + b"5\nstrategy=linear\n", {}),
    "longest line": (Q + b"[a]\n" + b"weight=".ljust(8189) + b"5\nstrategy=linear\n", {}),
    "long last line": (Q + b"[a]\n" + b"weight=".ljust(8190) + b"5", {}),
    "after an include": (Q + b"[a]\n#include x1.conf\nweight=7\n", {"x1": b"weight=5\n[b]\n"}),
    "two includes": (
        Q + b"#include x1.conf\n#include x2.conf\n",
        {"x1": b"[a]", "x2": b"weight=2"},
    ),
    "missing include": (Q + b"[a]\n#include none.conf\n[b]\n", {}),
    "missing pattern": (Q + b"[a]\n#include none.d/*.conf\n[b]\n", {}),
    "missing and tried": (Q + b"[a]\n#tryinclude none.conf\n[b]\n", {}),
    "half quoted": (Q + b'[a]\n#include "x1.conf\n[b]\n', {"x1": b"[c]\n"}),
    "quoted": (Q + b'#include "x1.conf"\n#tryinclude <x2.conf>\n', {"x1": b"[a]", "x2": b"[b]"}),
    "missing in an include": (Q + b"#include x1.conf\n[a]\n", {"x1": b"[b]\n#include no\n[c]\n"}),
    "broken and tried": (
        Q + b"#tryinclude x*.conf\n[a]\n",
        {"x1": b"[b]\n[c\n[d]\n", "x2": b"[e]"},
    ),
    "comment across files": (
        Q + b"#include x*.conf\n[a]\n",
        {"x1": b";--\n", "x2": b"[b]\n--;[c]"},
    ),
    "braces": (Q + b"#include x{2,1}.conf\n", {"x1": b"[a]\n", "x2": b"[b](!)\n"}),
    "unknown directive": (Q + b"#hash\n# include none\n#include\n[a]\n", {}),
    "exec": (Q + b"#exec /bin/true\n[a]\n", {}),
    "folder": (Q + b"[a]\n#include /etc\n[b]\n", {}),
    "itself": (Q + b"[a]\n#include queues.conf\n[b]\n", {}),
}


@pytest.fixture(scope="module")
def box(able_machine, tmp_path_factory):
    box = Sandbox(tmp_path_factory.mktemp("reader"))
    try:
        box.up(with_agent=False)
        yield box
    finally:
        box.down(purge=True)


def shown(box, wanted):
    """Return the queues Asterisk has, with strategy and weight; waits for those wanted."""
    deadline = time.monotonic() + 5
    while True:
        rows = re.findall(
            r"^(\S+) has .*in '(\w+)' strategy .*W:(\d+)", box.pbx.cli("queue show") or "", re.M
        )
        found = {name: (strategy, weight) for name, strategy, weight in rows}
        if found == wanted or time.monotonic() > deadline:
            return found


def meant(tree, etc):
    """Return the same as our reader sees it."""
    config = read_config_file(tree, etc, "queues.conf")
    if config.refused:
        return {"before": ("linear", "0")}
    found = {}
    for section in config.sections:
        if not section.template and section.name != "general":
            values = {one.name: one.value for one in section.settings}
            weight = re.match(r"\d*", values.get("weight", ""))[0] or "0"
            found[section.name] = (values.get("strategy", "ringall"), weight)
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_real_asterisk_reads_it_likewise(box, case):
    text, files = CASES[case]
    etc = box.root / "etc/asterisk"
    (etc / "queues.conf").write_bytes(BEFORE)
    box.pbx.cli("queue reload all")
    (etc / "queues.conf").write_bytes(text)
    for name, content in files.items():
        (etc / f"{name}.conf").write_bytes(content)
    try:
        wanted = meant(Tree(box.root), trees.CONFIG)
        box.pbx.cli("queue reload all")
        assert shown(box, wanted) == wanted
    finally:
        for name in files:
            (etc / f"{name}.conf").unlink()


# In this order: a context that was made of several sections outlives a reload in Asterisk.
@pytest.mark.parametrize("name", ["debian", "handmade"])
def test_the_real_asterisk_makes_of_a_whole_tree_what_we_do(box, name, tmp_path):
    root = tmp_path / "root"
    if name == "debian":
        pbx_trees.build_debian(ensure_image(print), root)
    else:
        pbx_trees.build(name, root)
    one = Installation(root, compile_scripts=trees.compiler(root))
    one.apply(one.plan_install(BundleParams()))
    etc, tree = box.root / "etc/asterisk", Tree(root)
    aside = tmp_path / "aside"
    etc.rename(aside)
    try:
        # Where links lead, too; who may read what is this Asterisk's user's business here.
        shutil.copytree(root / str(one.facts.config)[1:], etc, symlinks=True)
        if (root / "srv").is_dir():
            shutil.copytree(root / "srv", box.root / "srv", symlinks=True, dirs_exist_ok=True)
        srv = box.root / "srv"
        for path in (etc, *etc.rglob("*"), srv, *srv.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() else 0o644)
        shutil.copy2(aside / "asterisk.conf", etc)  # its command line reads that, too
        box.pbx.cli("dialplan reload")
        box.pbx.cli("manager reload")
        config = read_config_file(tree, one.facts.config, "extensions.conf")
        assert not config.refused
        contexts = {
            section.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            for section in config.sections
            if not section.template and section.name not in ("general", "globals")
        }
        assert set(CONTEXTS) <= contexts
        until, shown = time.monotonic() + 10, set()
        while shown != contexts and time.monotonic() < until:
            answer = box.pbx.cli("dialplan show") or ""
            shown = set(re.findall(r"^\[ Context '(.*)' created by 'pbx_config' \]", answer, re.M))
        assert shown == contexts
        config = read_config_file(tree, one.facts.config, "manager.conf")
        users = {one.name for one in config.sections if one.name != "general" and not one.template}
        shown = box.pbx.cli("manager show users") or ""
        listed = [line.strip() for line in shown.splitlines()]
        assert users <= set(listed) and "voiceagent" in users
        assert f"{len(users)} manager users configured." in shown
    finally:
        shutil.rmtree(etc)
        aside.rename(etc)


def test_the_cases_are_not_all_refused():
    refused = {
        name
        for name, (text, _) in CASES.items()
        if read_config("q", lambda one, text=text: [(one, text)] if one == "q" else []).refused
    }
    assert 10 < len(refused) < len(CASES) / 2
