"""Against the scene's truth and the formula of free-space loss; the figures are simulated."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from havik.config.scenes import Drone, Leg, Scene
from havik.config.settings import Mounting
from havik.drivers.radio.iq_blocks import DRIVER
from havik.drivers.readings import IqBlock
from havik.signal.radio.emissions import EmissionFinder
from havik.signal.radio.iq import to_complex64
from havik.simulators.radio.iq_receiver import BLOCK_S, Burst, IqReceiver, in_blocks
from havik.simulators.scene import World

START_NS = 1_790_000_000_000_000_000
RATE_HZ = 15.36e6
BURST_S = 643.2e-6  # RF: nine symbols of DroneID


def stamp(time_s: float) -> int:
    return START_NS + round(time_s * 1e9)


def hovering(distance_m: float) -> Drone:
    place = (0.0, distance_m, 0.0)
    return Drone(
        name="drone-1",
        serial_number="ZZZZC0000001",
        operator_m=(0, 0, 0),
        from_m=place,
        acceleration_m_s2=5,
        legs=(Leg(to_m=place, speed_m_s=1, wait_s=60),),
    )


def receiver(*drones: Drone, length_s: float = 5.0) -> IqReceiver:
    scene = Scene(name="test", site="none", seed=433, length_s=length_s, things=drones)
    return IqReceiver(World(scene), "receiver", Mounting())


def blocks(device: IqReceiver) -> list[IqBlock]:
    return [block.what for block in device.blocks(stamp)]


def end_ns(block: IqBlock) -> float:
    return block.time_ns + len(block.samples) / 2 / RATE_HZ * 1e9


def test_blocks_are_numbered_without_a_hole_and_never_overlap() -> None:
    sent = blocks(receiver(hovering(80), length_s=20.0))
    assert [block.sequence for block in sent] == list(range(len(sent)))
    for before, after in itertools.pairwise(sent):
        assert end_ns(before) <= after.time_ns + 1000
    assert {(b.sample_rate_hz, b.center_hz, b.sample_type) for b in sent} == {
        (RATE_HZ, 2.4295e9, "ci8")
    }


def test_a_block_a_second_holds_nothing_but_noise() -> None:
    powers = [
        float(np.mean(np.abs(to_complex64(block.samples, "ci8")) ** 2))
        for block in blocks(receiver(length_s=20.0))
    ]
    floor = 10 * math.log10(min(powers))
    assert floor == pytest.approx(-40, abs=0.5)
    assert sum(10 * math.log10(power) < floor + 0.5 for power in powers) >= 19


def test_every_droneid_burst_is_found_and_nothing_else_alarms() -> None:
    finder = EmissionFinder(RATE_HZ, 2.4295e9)
    starts: list[float] = []
    for block in blocks(receiver(hovering(80), length_s=5.0)):
        origin_s = (block.time_ns - START_NS) / 1e9
        told = finder.feed(to_complex64(block.samples, "ci8")) + finder.close()
        drones = [emission for emission in told if emission.family == "drone"]
        assert all(e.label == "dji-droneid" and e.confidence > 0.9 for e in drones)
        assert all(abs(e.center_hz - 2.4295e9) < 5000 for e in drones)
        assert all(e.duration_s == pytest.approx(BURST_S, rel=0.02) for e in drones)
        starts += [origin_s for _ in drones]
        finder = EmissionFinder(RATE_HZ, 2.4295e9)
    assert len(starts) in (7, 8)  # 5 s hold 7.8 periods
    assert np.diff(starts) == pytest.approx(0.64, abs=BLOCK_S)


def test_without_a_drone_nothing_alarms() -> None:
    for block in blocks(receiver(length_s=10.0)):
        finder = EmissionFinder(RATE_HZ, 2.4295e9)
        told = finder.feed(to_complex64(block.samples, "ci8")) + finder.close()
        assert not [e for e in told if e.family in ("drone", "controller")]


def test_the_level_falls_with_distance() -> None:
    """A burst's power over the noise, from truth: 14 dBm, free space, 10 dB of antennas."""
    for distance_m in (40.0, 160.0):
        with_drone = blocks(receiver(hovering(distance_m)))
        loudest: list[float] = []
        for block in with_drone:
            power = np.abs(to_complex64(block.samples, "ci8")) ** 2
            window = round(BURST_S * RATE_HZ)
            sums = np.convolve(power, np.ones(window) / window, mode="valid")
            loudest.append(10 * math.log10(float(sums.max())))
        loss_db = 32.45 + 20 * math.log10(2429.5) + 20 * math.log10(distance_m / 1000)
        noise_dbm = -174 + 10 * math.log10(RATE_HZ) + 8
        expected_dbfs = -40 + 14 - loss_db - 10 - noise_dbm
        near = [level for level in loudest if abs(level - expected_dbfs) < 0.6]
        assert len(near) >= 7


def test_its_driver_reads_what_it_sends() -> None:
    device = receiver(hovering(80), length_s=2.0)
    decoder = DRIVER.decoder()
    read = [r for sent in device.observe(stamp) for r in decoder.feed(sent.what, 0)]
    assert not decoder.refused
    assert read == blocks(device)
    assert all(isinstance(r, IqBlock) and r.missed_blocks == 0 for r in read)


def test_a_block_holds_each_of_its_bursts_whole() -> None:
    def burst(time_s: float) -> Burst:
        return Burst(time_s, np.ones(round(1e-3 * RATE_HZ), np.complex64))

    gathered = list(in_blocks([burst(0.1), burst(0.1014), burst(0.1030), burst(0.2)]))
    spans = [(block.start_s, block.end_s) for block in gathered]
    assert spans[0] == pytest.approx((0.0995, 0.1029))
    assert spans[1] == pytest.approx((0.1029, 0.1049))  # the next begins where that one ends
    assert spans[2] == pytest.approx((0.1995, 0.2015))
    assert [len(block.bursts) for block in gathered] == [2, 1, 1]
