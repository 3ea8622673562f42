"""What is built once is built by one of all that want it, and held up for none of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live_pbx import image


@pytest.fixture(autouse=True)
def _a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("VOICEAGENT_CACHE", str(tmp_path))
    monkeypatch.setattr(image, "_held", held := [])
    yield
    for lock in held:
        lock.close()


def test_who_waited_for_a_layer_has_it_while_its_builder_still_uses_it() -> None:
    built: list[Path] = []

    def build(place: Path) -> None:
        deadline = time.monotonic() + 10
        while len(image._held) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)  # all others are at the lock by now
        place.mkdir()
        built.append(place)

    found: list[Path] = []
    wanting = [
        threading.Thread(target=lambda: found.append(image._cached("layer", build)), daemon=True)
        for _ in range(4)
    ]
    for one in wanting:
        one.start()
    for one in wanting:
        one.join(timeout=10)
    assert len(found) == 4 and len(built) == 1 and found[0].is_dir()


def test_a_builder_that_fails_leaves_it_to_the_next() -> None:
    def fail(place: Path) -> None:
        place.mkdir()
        raise image.LayerError("no room")

    with pytest.raises(image.LayerError):
        image._cached("layer", fail)
    image._held.pop().close()  # as when its process ends
    assert image._cached("layer", Path.mkdir).is_dir()
