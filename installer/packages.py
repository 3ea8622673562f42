"""Which Asterisk a tree has, by the package databases in it; nothing is run.

A build from source is in neither, and rpm's older databases (before 4.16) are not read: then the
version is unknown until Asterisk runs and can be asked.
"""

from __future__ import annotations

import re
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from asterisk_conf.version import AsteriskVersion
from installer.tree import Tree

_DPKG = PurePosixPath("/var/lib/dpkg/status")
_RPM = (
    PurePosixPath("/usr/lib/sysimage/rpm/rpmdb.sqlite"),
    PurePosixPath("/var/lib/rpm/rpmdb.sqlite"),
)
# asterisk, and the names of FreePBX's packages: asterisk22, asterisk22-core.
_PACKAGE = re.compile(r"asterisk\d*(?:-core)?\Z")
_NAME, _VERSION = 1000, 1001  # RPMTAG_NAME, RPMTAG_VERSION
_STRING = 6  # RPM_STRING_TYPE


def installed_version(tree: Tree) -> AsteriskVersion | None:
    """Return the version of the tree's Asterisk, or None where no package tells."""
    for name, version in (*_dpkg(tree), *_rpm(tree)):
        if _PACKAGE.match(name):
            return AsteriskVersion.parse(version)
    return None


def _dpkg(tree: Tree) -> Iterator[tuple[str, str]]:
    """Yield name and version of every installed Debian package."""
    text = (tree.read(_DPKG) or b"").decode("utf-8", "replace")
    for stanza in text.split("\n\n"):
        rows = dict(re.findall(r"^(Package|Status|Version): (.+)$", stanza, re.MULTILINE))
        if rows.get("Status", "").endswith(" installed"):
            yield rows.get("Package", ""), rows.get("Version", "")


def _rpm(tree: Tree) -> Iterator[tuple[str, str]]:
    """Yield name and version of every installed rpm."""
    for path in _RPM:
        place = tree.host(tree.locate(path))
        if not place.is_file():
            continue
        for blob in _headers(place):
            rows = _strings(blob)
            yield rows.get(_NAME, ""), rows.get(_VERSION, "")


def _headers(database: Path) -> list[bytes]:
    # Immutable: no lock and no journal are left beside it.
    uri = f"{database.as_uri()}?immutable=1"
    try:
        connection = sqlite3.connect(uri, uri=True)
        try:
            found = connection.execute("SELECT blob FROM Packages").fetchall()
        finally:
            connection.close()
    except sqlite3.Error:
        return []
    return [row[0] for row in found if isinstance(row[0], bytes)]


def _strings(blob: bytes) -> dict[int, str]:
    """Read the plain strings of an rpm header.

    It is two counts, as many entries of tag, type, offset and count, then the data: all numbers
    of 32 bits, the most significant byte first.
    """
    if len(blob) < 8:
        return {}
    entries, _ = struct.unpack_from(">II", blob)
    data = 8 + 16 * entries
    if len(blob) < data:
        return {}
    found = {}
    for tag, kind, offset, _ in struct.iter_unpack(">IIII", blob[8:data]):
        if kind == _STRING:
            value = blob[data + offset :].partition(b"\0")[0]
            found[tag] = value.decode("utf-8", "replace")
    return found
