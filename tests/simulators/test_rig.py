from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from havik.config.scenes import Scene, load_scene
from havik.config.settings import Settings
from havik.simulators.catalogue import TWINS
from havik.simulators.clock import Clock
from havik.simulators.instrument import Instrument, Stamp, Timed
from havik.simulators.rig import Device, in_order, play, tell
from havik.simulators.scene import World
from havik.simulators.truth import truth

SCENE = Path(__file__).parents[2] / "config/scenes/night-drop.toml"


def stamp(time_s: float) -> int:
    return 1_790_000_000_000_000_000 + round(time_s * 1e9)


@pytest.fixture(scope="module")
def night_drop() -> tuple[Scene, Settings]:
    return load_scene(SCENE)


def instruments(scene: Scene, site: Settings) -> dict[str, Instrument]:
    world = World(scene)
    return {s.id: TWINS[s.driver](world, site.site, s) for s in site.sensors}


def digests(scene: Scene, site: Settings) -> dict[str, str]:
    hashes = {sensor.id: hashlib.sha256() for sensor in site.sensors}
    for name, sent in in_order(instruments(scene, site), stamp):
        hashes[name].update(repr(sent.time_s).encode() + sent.what)
    return {name: digest.hexdigest() for name, digest in hashes.items()}


def test_the_same_seed_gives_the_same_bytes(night_drop: tuple[Scene, Settings]) -> None:
    scene, site = night_drop
    scene = replace(scene, length_s=25.0)
    first, again = digests(scene, site), digests(scene, site)
    other = digests(replace(scene, seed=scene.seed + 1), site)
    assert first == again
    assert not set(first.values()) & set(other.values())


def test_devices_do_not_disturb_each_other(night_drop: tuple[Scene, Settings]) -> None:
    scene, site = night_drop
    scene = replace(scene, length_s=3.0)
    alone = digests(scene, replace(site, sensors=site.sensors[:1]))
    assert alone.items() <= digests(scene, site).items()


def test_everything_comes_in_order_of_time(night_drop: tuple[Scene, Settings]) -> None:
    scene, site = night_drop
    script = list(in_order(instruments(replace(scene, length_s=5.0), site), stamp))
    times = [sent.time_s for _, sent in script]
    assert times == sorted(times)
    assert {name for name, _ in script} == {sensor.id for sensor in site.sensors}


class Metronome:
    """Sends its name at each whole second up to three."""

    def __init__(self, name: str) -> None:
        self.name = name

    def observe(self, stamp: Stamp) -> Iterator[Timed[bytes]]:
        for second in range(4):
            yield Timed(float(second), f"{self.name} {stamp(second)}".encode())


def at_once() -> Clock:
    return Clock(0, 0.0, monotonic=lambda: 100.0)


async def test_every_device_plays_to_its_end() -> None:
    sent: list[bytes] = []

    async def send(payload: bytes) -> None:
        sent.append(payload)

    await play([Device(name, Metronome(name), send) for name in "ab"], at_once())
    expected = {f"{name} {second}000000000".encode() for name in "ab" for second in range(4)}
    expected = {text.replace(b" 0000000000", b" 0") for text in expected}
    assert set(sent) == expected and len(sent) == 8


async def test_a_wire_that_fails_ends_the_scene() -> None:
    waiting = asyncio.Event()

    async def fail(_: bytes) -> None:
        raise ConnectionError("gone")

    async def hang(_: bytes) -> None:
        await waiting.wait()

    devices = [Device("a", Metronome("a"), hang), Device("b", Metronome("b"), fail)]
    with pytest.raises(ExceptionGroup) as caught:
        await play(devices, at_once())
    assert caught.group_contains(ConnectionError)


async def test_the_truth_is_told_row_by_row(night_drop: tuple[Scene, Settings]) -> None:
    scene, _ = night_drop
    rows = list(truth(World(replace(scene, length_s=2.0)), stamp))
    told: list[object] = []
    await tell(rows, at_once(), told.append)
    assert told == rows
