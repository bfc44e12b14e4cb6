from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from havik.signal.radio.channel import Segment
from havik.signal.radio.droneid import DroneIdBurst, find_bursts
from havik.signal.radio.droneid_link import air_bits, decode_burst, decode_soft
from havik.signal.radio.droneid_payload import DroneIdMessage
from havik.signal.radio.droneid_symbols import soft_bits
from havik.signal.radio.iq import Samples
from havik.signal.radio.waveforms import droneid_burst, noise, shifted

RATE_HZ = 15.36e6
START_S = 0.35e-3
MESSAGE = DroneIdMessage(
    kind="telemetry", length=88, serial_number="SIMULATED0001", sequence_number=4711,
    latitude_deg=52.1, longitude_deg=4.3,
)  # fmt: skip


def heard(
    snr_db: float, *, carrier_hz: float = 0.0, symbols: int = 9, rate_hz: float = RATE_HZ,
    seed: int = 1, clock_ppm: float = 0.0, echo: complex = 0,
) -> Samples:  # fmt: skip
    """A simulated burst in noise; the ratio is in the burst's own 9 MHz."""
    rng = np.random.default_rng(seed)
    made = droneid_burst(rate_hz * (1 + clock_ppm * 1e-6), rng, symbols=symbols,
                         bits=air_bits(MESSAGE))  # fmt: skip
    if echo:
        made[9:] += np.complex64(echo) * made[:-9]
    wave = noise(rng, int(1.4e-3 * rate_hz))
    gain = np.complex64(np.sqrt(10 ** (snr_db / 10) * min(1.0, 9.015e6 / rate_hz)))
    first = round(START_S * rate_hz)
    wave[first : first + len(made)] += shifted(made, rate_hz, carrier_hz) * gain
    return wave


def read(wave: Samples, rate_hz: float = RATE_HZ) -> list[DroneIdMessage | None]:
    segment = Segment(wave, rate_hz)
    room_hz = max(0.0, rate_hz / 2 - 4.6e6)
    return [_read(segment, burst) for burst in find_bursts(segment, -room_hz, room_hz)]


def _read(segment: Segment, burst: DroneIdBurst) -> DroneIdMessage | None:
    return decode_burst(segment, burst.start_s, burst.carrier_hz, burst.symbols)


@pytest.mark.parametrize("symbols", [9, 8])
@pytest.mark.parametrize(
    ("rate_hz", "carrier_hz", "clock_ppm", "echo"),
    [
        (15.36e6, 0, 0, 0), (15.36e6, 50e3, 20, 0), (15.36e6, -50e3, -20, 0),
        (20e6, 3.3071e6, 20, 0.5j), (50e6, -17.0033e6, -20, 0),
    ],
)  # fmt: skip
def test_a_simulated_burst_is_read(
    rate_hz: float, carrier_hz: float, clock_ppm: float, echo: complex, symbols: int
) -> None:
    wave = heard(3, carrier_hz=carrier_hz, symbols=symbols, rate_hz=rate_hz, clock_ppm=clock_ppm,
                 echo=echo)  # fmt: skip
    (message,) = read(wave, rate_hz)
    assert message is not None
    assert (message.serial_number, message.sequence_number) == ("SIMULATED0001", 4711)


def test_at_0_db_nine_of_ten_are_read() -> None:
    """Simulated; the code's own limit is about -3 dB."""
    told = [read(heard(0, carrier_hz=7e3, seed=seed)) for seed in range(10)]
    assert sum(any(message is not None for message in messages) for messages in told) >= 9


def test_the_real_bursts_are_read(recordings: Path) -> None:
    """Truth: both CRCs of both; type 0x11 of length 141, then telemetry with sequence 589."""
    raw = recordings / "rf/droneid_mavic_air_2_50MSps_cf32.iq"
    segment = Segment(np.fromfile(raw, np.complex64), 50e6)
    bursts = find_bursts(segment, 0, 4e6)
    first, second = (_read(segment, burst) for burst in bursts if burst.duration_s > 0.64e-3)
    assert first is not None
    assert (first.kind, first.length) == ("identity", 141)
    assert second is not None
    assert (second.kind, second.length, second.sequence_number) == ("telemetry", 88, 589)
    assert first.serial_number == second.serial_number is not None


@pytest.mark.parametrize("carrier_hz", [0.0, 15e3, -15e3, 31e3])
def test_a_carrier_off_by_whole_subcarriers_is_mended(carrier_hz: float) -> None:
    segment = Segment(heard(12), RATE_HZ)
    message = decode_burst(segment, START_S, min(carrier_hz, 30e3), 9)
    assert message is not None
    assert message.sequence_number == 4711


@pytest.mark.parametrize("start_s", [-0.2e-3, 0.9e-3])
def test_a_cut_burst_gives_nothing(start_s: float) -> None:
    segment = Segment(heard(20), RATE_HZ)
    assert soft_bits(segment, start_s, 0.0, 9) is None
    assert decode_burst(segment, start_s, 0.0, 9) is None


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_silence_and_noise_give_nothing(level: float) -> None:
    wave = noise(np.random.default_rng(2), 20_000) * np.float32(level)
    assert decode_burst(Segment(wave, RATE_HZ), 0.3e-3, 0.0, 9) is None


def test_a_burst_of_other_bits_is_undecodable() -> None:
    """As an encrypted one: the shell is right, the transport block is not."""
    rng = np.random.default_rng(5)
    wave = noise(rng, 20_000, 1e-3)
    made = droneid_burst(RATE_HZ, rng)
    wave[5000 : 5000 + len(made)] += made
    assert read(wave) == [None]
    assert decode_soft(np.zeros(7200, np.float32)) is None
