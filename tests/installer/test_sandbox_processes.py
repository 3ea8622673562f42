import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from installer.sandbox import processes

# Says "ready" once its signal handling stands, then waits for ever.
_DEAF = (
    "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('ready', flush=True); signal.pause()"
)
_PARENT = (
    "import subprocess, sys, signal;"
    "p = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()']);"
    "print('ready', p.pid, flush=True); signal.pause()"
)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Start a marked Python program and return its log once it said that it is ready."""
    count = iter(range(100))

    def run(code: str) -> Path:
        pipe = tmp_path / f"pipe{next(count)}"
        os.mkfifo(pipe)
        # Opened for both, so that neither this nor the program's opening of it blocks.
        with open(os.open(pipe, os.O_RDWR)) as words:
            processes.start_detached(
                [sys.executable, "-c", code],
                directory=tmp_path,
                part="test",
                env={"PATH": os.environ["PATH"]},
                log=pipe,
            )
            assert words.readline().startswith("ready")
        return pipe

    yield run
    processes.stop(tmp_path, "test", [], 0)


def test_finds_what_it_started_by_its_mark_and_nothing_else(
    start: Callable[[str], Path], tmp_path: Path
) -> None:
    start(_DEAF)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        (found,) = processes.find(tmp_path)
        assert found.part == "test" and found.name.startswith("python")
        assert found.pid not in (stranger.pid, os.getpid())
        assert 0 <= found.uptime_s < 60
        assert processes.find(tmp_path, "other part") == []
        assert processes.find(tmp_path / "other") == []
        assert stranger.stdin is not None
        stranger.stdin.close()
        stranger.wait()


def test_a_process_is_found_at_every_moment_of_its_start(tmp_path: Path) -> None:
    # Each program replaces itself by the next: looked at often enough, some exec is half-way.
    chain = "exec " + "env " * 400 + "sleep 60"
    processes.start_detached(
        ["/bin/sh", "-c", chain],
        directory=tmp_path,
        part="test",
        env={"PATH": os.environ["PATH"]},
        log=tmp_path / "log",
    )
    names: set[str] = set()
    try:
        while names != {"sleep"}:
            names = {process.name for process in processes.find(tmp_path)}
            assert names, "lost sight of it"
    finally:
        processes.stop(tmp_path, "test", [], 0)


def test_children_carry_the_mark_and_only_the_top_is_asked(
    start: Callable[[str], Path], tmp_path: Path
) -> None:
    start(_PARENT)
    found = processes.find(tmp_path)
    assert len(found) == 2
    (head,) = processes.heads(found)
    assert {process.parent_pid for process in found if process != head} == {head.pid}


def test_orphans_are_still_found_and_stopped(start: Callable[[str], Path], tmp_path: Path) -> None:
    start(_PARENT)
    (head,) = processes.heads(processes.find(tmp_path))
    processes.send([head], tmp_path, signal.SIGKILL)
    (orphan,) = (p for p in processes.find(tmp_path) if p.pid != head.pid)
    processes.stop(tmp_path, "test", [orphan], 5)
    assert processes.find(tmp_path) == []


def test_a_process_that_ignores_the_request_is_killed(
    start: Callable[[str], Path], tmp_path: Path
) -> None:
    start(_DEAF)
    found = processes.find(tmp_path)
    processes.send(found, tmp_path, signal.SIGTERM)
    assert not processes.wait_gone(tmp_path, "test", 0.1)
    processes.stop(tmp_path, "test", found, 0.1)
    assert processes.find(tmp_path) == []


def test_a_number_that_now_belongs_to_a_stranger_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        stale = processes.Process(stranger.pid, 1, "test", "python", 1.0)
        processes.send([stale], tmp_path, signal.SIGKILL)
        assert stranger.stdin is not None
        stranger.stdin.write(b"\n")
        stranger.stdin.close()
        assert stranger.wait() == 0  # ended by itself


def test_a_number_that_is_gone_is_no_error(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    gone = processes.Process(ended.pid, 1, "test", "true", 1.0)
    processes.send([gone], tmp_path, signal.SIGKILL)
    assert processes.wait_gone(tmp_path, None, 0)
