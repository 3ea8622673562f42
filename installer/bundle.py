"""What a PBX should have: every file, link and marked line, with its mode and owner.

Gathers the rendered Asterisk files, our `agi` package and the parts of pyst2 it stands on. The
last two go into one folder below agi-bin, so that the script needs nothing of this machine's
Python but the interpreter, and nothing of ours outside that folder.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path, PurePosixPath

from asterisk_conf import (
    Base,
    BundleParams,
    RenderedFile,
    render,
    render_ari,
    render_http,
    render_manager,
    render_modules,
    render_queue,
)
from asterisk_conf.render import (
    FOLDER,
    FREEPBX_PARENTS,
    SCRIPT,
    SPOOL_RECORDINGS,
    SPOOL_SOUNDS,
)
from installer.control import Control, refuse_no_place, switches_ami_on, switches_http_on
from installer.errors import NotAPbxError
from installer.facts import Facts
from installer.model import Kind, Node
from installer.tree import Tree

SCRIPT_FOLDER = "voiceagent"
# The FastAGI server runs in the agent, never in agi-bin.
_SERVER_ONLY = frozenset({"fastagi.py"})
_VENDORED = ("asterisk/__init__.py", "asterisk/agi.py")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One path as it should be.

    Attributes:
        path: Where.
        node: What should be there.
        bulk: Whether its text is of no interest to the admin.
        settings: Whether it is a file that the admin is meant to edit.
    """

    path: PurePosixPath
    node: Node
    bulk: bool = False
    settings: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One file of the PBX's that should include one of ours.

    Attributes:
        parent: The file, in the configuration directory.
        include: What it includes, relative to that directory.
        made: What it is made as where there is none; None: it has to be there.
    """

    parent: str
    include: str
    made: Node | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything one PBX should have.

    Attributes:
        wanted: Folders before what goes into them.
        blocks: Marked lines.
        scripts: The folder to precompile; None if the tree has no Python for it.
    """

    wanted: tuple[Wanted, ...]
    blocks: tuple[Block, ...]
    scripts: PurePosixPath | None


def agi_package() -> Path:
    """Return the folder of our `agi` package, which is copied and never run from here.

    Raises:
        NotAPbxError: If it is not installed beside us.
    """
    spec = importlib.util.find_spec("agi")
    if spec is None or spec.origin is None:
        raise _incomplete("the agi package")
    return Path(spec.origin).parent


def assemble(params: BundleParams, facts: Facts, control: Control, agi_source: Path) -> Bundle:
    """List what a PBX should have.

    Args:
        params: The admin's choices, complete with secrets.
        facts: The PBX.
        control: Its AMI and ARI.
        agi_source: The folder of our `agi` package.

    Raises:
        NotAPbxError: If pyst2 is not installed beside us.
    """
    rendered = _rendered(params, facts, control)
    parts = _Parts(facts)
    # Asterisk reads its configuration, nobody else needs to: some of the files carry secrets.
    parts.folder(facts.config / FOLDER, 0o750, facts.config_group)
    for one in rendered:
        if one.base is Base.CONFIG:
            refuse_no_place(one, params, control)
            parts.file(facts.config / one.path, one.content, 0o640, facts.config_group)
        else:
            for folder in reversed(PurePosixPath(one.path).parents[:-1]):
                parts.folder(facts.data / folder)
            parts.file(facts.data / one.path, one.content, bulk=True)
    _spool_folders(parts, facts)
    blocks = tuple(
        Block(one.parent, one.path, _made(one.parent, facts)) for one in rendered if one.parent
    )
    if facts.python is None:
        return Bundle(tuple(parts.wanted), blocks, None)
    _script(parts, facts, facts.python, agi_source)
    return Bundle(tuple(parts.wanted), blocks, facts.agi_bin / SCRIPT_FOLDER)


def located(bundle: Bundle, tree: Tree) -> Bundle:
    """Return the bundle with the symbolic links in its paths followed, except where it ends."""
    wanted = []
    for one in bundle.wanted:
        is_folder = one.node.kind is Kind.FOLDER
        path = tree.locate(one.path, follow_last=is_folder)
        wanted.append(replace(one, path=path))
    scripts = None if bundle.scripts is None else tree.locate(bundle.scripts)
    return Bundle(tuple(wanted), bundle.blocks, scripts)


def _rendered(params: BundleParams, facts: Facts, control: Control) -> list[RenderedFile]:
    rendered = list(render(params))
    if control.ami:
        on = control.manager.lacking if switches_ami_on(params, control) else None
        rendered.append(render_manager(params, on, adds=control.manager.has_general))
    if control.ari:
        rendered.append(render_ari(params))
    if switches_http_on(params, control):
        rendered.append(render_http(params, control.http.lacking, adds=control.http.has_general))
    if params.queue_stub:
        rendered.append(render_queue(params))
    missing = [one for one in facts.missing if params.routing or not one.routing]
    # FreePBX has no file for lines of the admin's own about modules; a note says where it wants it.
    if missing and not facts.freepbx:
        rendered.append(render_modules(missing))
    return rendered


def _made(parent: str, facts: Facts) -> Node | None:
    """Return what a file that includes ours is made as, if Asterisk does without it."""
    if parent in FREEPBX_PARENTS.values() or parent in ("http.conf", "queues.conf"):
        return Node(Kind.FILE, 0o640, facts.user, facts.config_group)
    return None


def _spool_folders(parts: _Parts, facts: Facts) -> None:
    """Add where Asterisk and the agent leave each other sounds and recordings."""
    for folder in reversed(facts.spool.parents[:-1]):
        parts.folder(folder)
    parts.asterisks(facts.spool, 0o750)
    for name in (SPOOL_SOUNDS, SPOOL_RECORDINGS):
        for folder in reversed(PurePosixPath(name).parents[:-1]):
            parts.asterisks(facts.spool / folder, 0o750)
        # What either makes belongs to Asterisk's group, so that the agent in it can read, replace
        # and delete it.
        parts.asterisks(facts.spool / name, 0o2770)


class _Parts:
    """Collects wanted paths; a folder is listed once, before what goes into it."""

    def __init__(self, facts: Facts) -> None:
        self.wanted: list[Wanted] = []
        # FreePBX gives all it finds in its directories to Asterisk, again and again.
        self._owner = facts.user if facts.freepbx else facts.owner
        self._group = facts.config_group if facts.freepbx else facts.owner_group
        self._user = facts.user
        self._users_group = facts.config_group

    def folder(self, path: PurePosixPath, mode: int = 0o755, group: int | None = None) -> None:
        if not any(one.path == path for one in self.wanted):
            self._add(path, Kind.FOLDER, mode, group, b"", False)

    def asterisks(self, path: PurePosixPath, mode: int) -> None:
        """Add a folder that is Asterisk's own to write in."""
        node = Node(Kind.FOLDER, mode, self._user, self._users_group)
        self.wanted.append(Wanted(path, node))

    def file(
        self,
        path: PurePosixPath,
        content: bytes,
        mode: int = 0o644,
        group: int | None = None,
        *,
        bulk: bool = False,
    ) -> None:
        self._add(path, Kind.FILE, mode, group, content, bulk)

    def link(self, path: PurePosixPath, target: str) -> None:
        self._add(path, Kind.LINK, 0o777, None, target.encode(), False)

    def _add(
        self,
        path: PurePosixPath,
        kind: Kind,
        mode: int,
        group: int | None,
        content: bytes,
        bulk: bool,
    ) -> None:
        gid = self._group if group is None else group
        self.wanted.append(Wanted(path, Node(kind, mode, self._owner, gid, content), bulk))


def _script(parts: _Parts, facts: Facts, python: PurePosixPath, source: Path) -> None:
    folder = facts.agi_bin / SCRIPT_FOLDER
    # FreePBX makes everything in its agi-bin executable, and takes a relative link for a broken one
    # and deletes it: both with "fwconsole chown".
    mode = 0o755 if facts.freepbx else 0o644
    for path in (facts.agi_bin, folder, folder / "agi", folder / "asterisk"):
        parts.folder(path)
    for place in sorted(source.glob("*.py")):
        if place.name not in _SERVER_ONLY:
            parts.file(folder / "agi" / place.name, place.read_bytes(), mode, bulk=True)
    for name, content in _vendored():
        parts.file(folder / name, content, mode, bulk=True)
    script = with_interpreter((source / SCRIPT).read_bytes(), python)
    parts.file(folder / SCRIPT, script, 0o755)
    target = folder / SCRIPT if facts.freepbx else f"{SCRIPT_FOLDER}/{SCRIPT}"
    parts.link(facts.agi_bin / SCRIPT, str(target))


def with_interpreter(script: bytes, python: PurePosixPath) -> bytes:
    """Put another interpreter into a script's first line; its options stay.

    Raises:
        ValueError: If the first line names none.
    """
    first, newline, rest = script.partition(b"\n")
    if not first.startswith(b"#!"):
        raise ValueError("the script does not begin with #!")
    _, *options = first[2:].split(None, 1)
    return b" ".join([b"#!" + str(python).encode(), *options]) + newline + rest


def _vendored() -> Iterator[tuple[str, bytes]]:
    """Read pyst2's AGI class and six, and say whose they are."""
    spec = importlib.util.find_spec("asterisk")
    six = importlib.util.find_spec("six")
    if spec is None or spec.origin is None or six is None or six.origin is None:
        raise _incomplete("pyst2")
    packages = Path(spec.origin).parent.parent
    for name in _VENDORED:
        yield name, (packages / name).read_bytes()
    yield "six.py", Path(six.origin).read_bytes()
    yield "THIRD-PARTY.txt", _notice().encode()


def _notice() -> str:
    lines = ["Copied unchanged from other projects, under their own licences:", ""]
    for name, files in (("pyst2", "asterisk/"), ("six", "six.py")):
        about = metadata.metadata(name)
        lines.append(f"{files}  {name} {about['Version']}, {about['Home-page']}")
        lines.append(f"    {about['Author']}. Licence: {about['License']}")
    return "\n".join(lines) + "\n"


def _incomplete(name: str) -> NotAPbxError:
    return NotAPbxError(
        f"{name} is not installed beside this program",
        where="the Python environment",
        what_to_do="Install asterisk-voiceagent with its dependencies.",
    )
