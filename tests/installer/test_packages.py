import sqlite3
import struct

import pytest

from asterisk_conf.version import AsteriskVersion
from installer.packages import installed_version
from installer.tree import Tree

DPKG = """Package: asterisk-config
Status: install ok installed
Version: 9.9.9-1

Package: asterisk
Status: {status}
Architecture: amd64
Version: 1:22.10.1~dfsg+~cs6.16-1
Description: Open Source PBX
 Version: 7.7.7 is not it

Package: zlib1g
Status: install ok installed
Version: 1:1.3
"""


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def write(tree, name, text):
    path = tree.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def header(**tags):
    """Make an rpm header of strings and one number."""
    numbers = {"name": 1000, "version": 1001, "release": 1002}
    entries, data = [struct.pack(">IIII", 1009, 4, 0, 1)], struct.pack(">I", 4096)
    for tag, value in tags.items():
        entries.append(struct.pack(">IIII", numbers[tag], 6, len(data), 1))
        data += value.encode() + b"\0"
    return struct.pack(">II", len(entries), len(data)) + b"".join(entries) + data


def write_rpms(tree, name, *headers):
    path = tree.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(one,) for one in headers])
    connection.commit()
    connection.close()


def test_debians_package_tells(tree):
    assert installed_version(tree) is None
    write(tree, "var/lib/dpkg/status", DPKG.format(status="install ok installed"))
    assert installed_version(tree) == AsteriskVersion(22, 10, 1)


def test_a_package_that_was_removed_tells_nothing(tree):
    write(tree, "var/lib/dpkg/status", DPKG.format(status="deinstall ok config-files"))
    assert installed_version(tree) is None


@pytest.mark.parametrize("place", ["usr/lib/sysimage/rpm", "var/lib/rpm"])
@pytest.mark.parametrize("name", ["asterisk", "asterisk18", "asterisk22-core"])
def test_an_rpm_tells(tree, place, name):
    write_rpms(
        tree,
        f"{place}/rpmdb.sqlite",
        header(name="asterisk-sounds-core", version="1.6.1"),
        b"short",
        b"\0\0\xff\xff" + b"\0" * 12,
        header(name=name, version="20.9.3", release="1.el9"),
    )
    names = sorted(path.name for path in (tree.root / place).iterdir())
    assert installed_version(tree) == AsteriskVersion(20, 9, 3)
    assert sorted(path.name for path in (tree.root / place).iterdir()) == names


def test_a_database_that_is_none_tells_nothing(tree):
    write(tree, "var/lib/rpm/rpmdb.sqlite", "no database")
    assert installed_version(tree) is None
