"""Simulated I/Q receiver; the wire format is drivers/radio/iq_blocks.py's.

It is tuned to one DroneID channel and sends a block around what it hears, and one block of noise a
second, so that a small broker can carry it. Levels follow free-space loss. Simplified against the
real signal: drones stay on this channel instead of changing it every 8 s, and their payload bits
are random. All figures are simulated.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ...config.scenes import Drone
from ...config.settings import Mounting
from ...drivers.radio.iq_blocks import encode
from ...drivers.readings import IqBlock
from ...signal.radio.iq import Samples, quantise
from ...signal.radio.waveforms import droneid_burst, noise, shifted, wifi_like
from ..instrument import Stamp, Timed, place_m
from ..physics import free_space_loss_db, noise_dbm
from ..scene import World, generator

SAMPLE_RATE_HZ = 15.36e6
CENTER_HZ = 2.4295e9
BLOCK_S = 2e-3  # a block is longer where a burst needs it
LEAD_S = 0.5e-3  # before the burst that triggers, and after the last
NOISE_PERIOD_S = 1.0
NOISE_FIGURE_DB = 8.0
NOISE_DBFS = -40.0  # about one step of ci8: full scale lies 40 dB above the noise
ANTENNA_LOSS_DB = 10.0  # polarisation, patterns and cable together

DRONEID_PERIOD_S = 0.64  # Bender, 2022
OSCILLATOR_PPM = 2.0

WIFI_OFFSET_HZ = 2.5e6  # channel 5, 2.432 GHz
WIFI_RATE_HZ = 3.0  # frames a second, at random
WIFI_SNR_DB = (5.0, 25.0)
WIFI_SYMBOLS = (20, 120)


@dataclass(frozen=True, slots=True)
class Burst:
    """Something on the air: when it begins, and its samples over a noise of power 1."""

    time_s: float
    wave: Samples


@dataclass(slots=True)
class Block:
    """What the receiver sends in one piece, in scene seconds."""

    start_s: float
    end_s: float
    bursts: list[Burst]


class IqReceiver:
    """The receiver of one mounting in one world."""

    def __init__(self, world: World, sensor: str, mounting: Mounting) -> None:
        self._world = world
        self._sensor = sensor
        self._place_m = place_m(mounting)

    def observe(self, stamp: Stamp) -> Iterator[Timed[bytes]]:
        """Give the blocks as payloads."""
        return (Timed(sent.time_s, encode(sent.what)) for sent in self.blocks(stamp))

    def blocks(self, stamp: Stamp) -> Iterator[Timed[IqBlock]]:
        """Give blocks around bursts, numbered without a hole; a block is sent when it is full."""
        for sequence, block in enumerate(in_blocks(self._on_air())):
            rng = self._generator("noise", sequence)
            reading = IqBlock(
                time_ns=stamp(block.start_s),
                sequence=sequence,
                sample_rate_hz=SAMPLE_RATE_HZ,
                center_hz=CENTER_HZ,
                sample_type="ci8",
                samples=quantise(received(block, rng), "ci8"),
            )
            yield Timed(block.end_s, reading)

    def _on_air(self) -> Iterator[Burst]:
        things = self._world.scene.things
        drones = [self._droneid(thing.name) for thing in things if isinstance(thing, Drone)]
        return heapq.merge(self._silence(), self._wifi(), *drones, key=lambda burst: burst.time_s)

    def _silence(self) -> Iterator[Burst]:
        """Nothing at all, once a second: it lets the gateway learn the noise."""
        for time_s in np.arange(0.25, self._world.scene.length_s, NOISE_PERIOD_S).tolist():
            yield Burst(time_s, np.zeros(0, np.complex64))

    def _wifi(self) -> Iterator[Burst]:
        rng = self._generator("wifi")
        time_s = rng.exponential(1 / WIFI_RATE_HZ)
        while time_s < self._world.scene.length_s:
            wave = wifi_like(SAMPLE_RATE_HZ, rng, int(rng.integers(*WIFI_SYMBOLS)))
            level = np.float32(10 ** (rng.uniform(*WIFI_SNR_DB) / 20))
            yield Burst(time_s, level * shifted(wave, SAMPLE_RATE_HZ, WIFI_OFFSET_HZ))
            time_s += rng.exponential(1 / WIFI_RATE_HZ)

    def _droneid(self, name: str) -> Iterator[Burst]:
        """A burst every 640 ms as long as the drone `name` is there."""
        rng = self._generator("droneid", name)
        offset_hz = rng.uniform(-1, 1) * OSCILLATOR_PPM * 1e-6 * CENTER_HZ
        first_s = rng.uniform(0, DRONEID_PERIOD_S)
        for time_s in np.arange(first_s, self._world.scene.length_s, DRONEID_PERIOD_S).tolist():
            for body in self._world.at(time_s):
                if body.name == name and body.drone is not None:
                    wave = droneid_burst(SAMPLE_RATE_HZ, rng)
                    distance_m = float(np.linalg.norm(body.position_m - self._place_m))
                    level = np.float32(10 ** (_snr_db(body.drone.droneid_dbm, distance_m) / 20))
                    yield Burst(time_s, level * shifted(wave, SAMPLE_RATE_HZ, offset_hz))

    def _generator(self, *names: str | int) -> np.random.Generator:
        return generator(self._world.scene.seed, self._sensor, *names)


def in_blocks(bursts: Iterable[Burst]) -> Iterator[Block]:
    """Gather bursts, in order of time, into blocks that hold each of them whole."""
    block = Block(-BLOCK_S, 0.0, [])
    for burst in bursts:
        if burst.time_s >= block.end_s:
            if block.bursts:
                yield block
            start_s = max(burst.time_s - LEAD_S, block.end_s)
            block = Block(start_s, start_s + BLOCK_S, [])
        block.bursts.append(burst)
        over_s = burst.time_s + len(burst.wave) / SAMPLE_RATE_HZ
        block.end_s = max(block.end_s, over_s + LEAD_S)
    if block.bursts:
        yield block


def received(block: Block, rng: np.random.Generator) -> Samples:
    """Noise and bursts of one block, scaled to the converter; complex64."""
    samples = noise(rng, round((block.end_s - block.start_s) * SAMPLE_RATE_HZ))
    for burst in block.bursts:
        first = round((burst.time_s - block.start_s) * SAMPLE_RATE_HZ)
        samples[first : first + len(burst.wave)] += burst.wave
    return samples * np.float32(10 ** (NOISE_DBFS / 20))


def _snr_db(radiated_dbm: float, distance_m: float) -> float:
    """Over the receiver's noise in all of its band."""
    level_dbm = radiated_dbm - free_space_loss_db(distance_m, CENTER_HZ) - ANTENNA_LOSS_DB
    return level_dbm - noise_dbm(SAMPLE_RATE_HZ, NOISE_FIGURE_DB)
