import multiprocessing
import socket
from pathlib import Path

import pytest

from installer.sandbox.errors import SandboxError
from installer.sandbox.ports import PortBlock, PortRegistry


def _folder(tmp_path: Path, name: str) -> Path:
    path = tmp_path / name
    path.mkdir()
    return path


def test_a_block_names_distinct_ports_inside_itself() -> None:
    block = PortBlock(12000)
    ports = [block.sip, block.ami, block.ari, block.audiosocket, block.agi, block.http]
    assert len(set(ports)) == 6
    assert all(block.base <= port < block.rtp_start for port in ports)
    assert block.rtp_start < block.rtp_end < block.base + 1000


def test_two_owners_never_share_and_each_finds_its_own_again(tmp_path: Path) -> None:
    registry = PortRegistry(tmp_path / "cache")
    one, two = _folder(tmp_path, "one"), _folder(tmp_path, "two")
    first = registry.claim(one, None)
    second = registry.claim(two, first.base)  # wants what is not its own
    assert first != second
    assert registry.claim(one, first.base) == first
    assert PortRegistry(tmp_path / "cache").claim(two, second.base) == second


def test_a_block_is_free_again_when_released_or_its_folder_is_gone(tmp_path: Path) -> None:
    registry = PortRegistry(tmp_path / "cache")
    one, two, three = (_folder(tmp_path, name) for name in ("one", "two", "three"))
    first = registry.claim(one, None)
    registry.release(one)
    assert registry.claim(two, first.base) == first
    two.rmdir()
    assert registry.claim(three, first.base) == first


@pytest.mark.parametrize(
    ("kind", "port_name"),
    [(socket.SOCK_STREAM, "ami"), (socket.SOCK_STREAM, "http"), (socket.SOCK_DGRAM, "sip")],
)
def test_a_block_with_a_port_in_use_is_passed_over(
    tmp_path: Path, kind: socket.SocketKind, port_name: str
) -> None:
    registry = PortRegistry(tmp_path / "cache")
    owner = _folder(tmp_path, "owner")
    wanted = registry.claim(owner, None)
    with socket.socket(socket.AF_INET, kind) as stranger:
        stranger.bind(("127.0.0.1", getattr(wanted, port_name)))
        if kind is socket.SOCK_STREAM:
            stranger.listen()
        assert registry.claim(owner, wanted.base) != wanted


def test_a_block_that_was_tried_in_vain_is_avoided(tmp_path: Path) -> None:
    registry = PortRegistry(tmp_path / "cache")
    owner = _folder(tmp_path, "owner")
    first = registry.claim(owner, None)
    assert registry.claim(owner, first.base, avoid={first.base}) != first


def test_a_damaged_file_is_no_obstacle(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "ports.json").write_text("{half")
    registry = PortRegistry(cache)
    owner = _folder(tmp_path, "owner")
    assert registry.claim(owner, registry.claim(owner, None).base)


def test_when_every_block_is_reserved_the_error_says_what_to_do(tmp_path: Path) -> None:
    registry = PortRegistry(tmp_path / "cache")
    with pytest.raises(SandboxError, match="down --purge"):
        for number in range(100):
            registry.claim(_folder(tmp_path, str(number)), None)


def _claim_base(cache: Path, owner: Path) -> int:
    return PortRegistry(cache).claim(owner, None).base


def test_owners_that_claim_at_the_same_moment_get_different_blocks(tmp_path: Path) -> None:
    owners = [_folder(tmp_path, str(number)) for number in range(6)]
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        bases = pool.starmap(_claim_base, [(tmp_path / "cache", owner) for owner in owners])
    assert len(set(bases)) == len(owners)


def test_every_desk_phone_has_a_port_of_the_block_of_its_own() -> None:
    block = PortBlock(10_000)
    desks = [block.desk(number) for number in range(4)]
    others = {block.sip, block.ami, block.ari, block.audiosocket, block.agi, block.http}
    assert len(set(desks) - others - {block.vendors}) == 4
    assert all(block.base < port < block.rtp_start for port in desks)
    with pytest.raises(ValueError, match="4 desk phones"):
        block.desk(4)
