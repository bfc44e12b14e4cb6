from __future__ import annotations

import numpy as np
import pytest

from havik.signal.radio.channel import Segment
from havik.signal.radio.droneid import DroneIdBurst, find_bursts
from havik.signal.radio.iq import Samples
from havik.signal.radio.waveforms import droneid_burst, lte_like, noise, shifted, wifi_like


def heard(
    rate_hz: float, start_s: float, carrier_hz: float, snr_db: float, *, symbols: int = 9,
    seed: int = 1, length_s: float = 2.5e-3,
) -> Samples:  # fmt: skip
    """A burst in noise; the ratio is in the burst's own 9 MHz."""
    rng = np.random.default_rng(seed)
    in_band = 9.015e6 / rate_hz
    wave = noise(rng, int(length_s * rate_hz))
    burst = shifted(droneid_burst(rate_hz, rng, symbols=symbols), rate_hz, carrier_hz)
    first = round(start_s * rate_hz)
    gain = np.sqrt(10 ** (snr_db / 10) * min(1.0, in_band))
    wave[first : first + len(burst)] += burst * np.complex64(gain)
    return wave


def search(wave: Samples, rate_hz: float) -> list[DroneIdBurst]:
    room_hz = max(0.0, rate_hz / 2 - 4.6e6)
    return find_bursts(Segment(wave, rate_hz), -room_hz, room_hz)


@pytest.mark.parametrize("symbols", [9, 8])
@pytest.mark.parametrize(
    ("rate_hz", "carrier_hz"),
    [
        (10e6, 40e3), (12.5e6, -1.1e6), (15.36e6, 7.4e3), (20e6, 3.3e6), (30.72e6, -9.001e6),
        (50e6, 18.2e6), (56e6, -20.0035e6), (61.44e6, 25.1e6),
    ],
)  # fmt: skip
def test_start_and_carrier_at_any_rate(rate_hz: float, carrier_hz: float, symbols: int) -> None:
    start_s = 0.7e-3
    (burst,) = search(heard(rate_hz, start_s, carrier_hz, 15, symbols=symbols), rate_hz)
    assert burst.symbols == symbols
    assert burst.start_s == pytest.approx(start_s, abs=1e-6)
    assert burst.carrier_hz == pytest.approx(carrier_hz, abs=1e3)


def test_weak_bursts_are_found_far_below_the_noise() -> None:
    """Pd at -12 dB in-band; the matched pair's theory needs -17.1 dB for 0.9 (simulated)."""
    found = 0
    for seed in range(20):
        wave = heard(15.36e6, 0.6e-3, 31e3, -12, seed=seed)
        found += any(abs(burst.start_s - 0.6e-3) < 5e-6 for burst in search(wave, 15.36e6))
    assert found >= 18


def test_a_strong_neighbour_and_a_tone_do_not_hide_it() -> None:
    rng = np.random.default_rng(2)
    rate_hz = 50e6
    wave = heard(rate_hz, 0.8e-3, 2e6, 10)
    wave += shifted(lte_like(rate_hz, rng, 5), rate_hz, 13e6)[: len(wave)] * np.complex64(10)
    tone = np.exp(2j * np.pi * 3.1e6 / rate_hz * np.arange(len(wave)))
    wave += (50 * tone).astype(np.complex64)
    (burst,) = search(wave, rate_hz)
    assert burst.start_s == pytest.approx(0.8e-3, abs=2e-6)
    assert burst.carrier_hz == pytest.approx(2e6, abs=20e3)


def test_two_bursts_of_two_drones_at_once() -> None:
    rate_hz = 50e6
    wave = heard(rate_hz, 0.5e-3, -12e6, 15)
    wave += heard(rate_hz, 0.65e-3, 10e6, 15, seed=7)
    first, second = search(wave, rate_hz)
    assert (round(first.carrier_hz / 1e6), round(second.carrier_hz / 1e6)) == (-12, 10)


def test_look_alikes_are_none() -> None:
    rng = np.random.default_rng(5)
    rate_hz = 20e6
    waves = {
        "noise": noise(rng, 400_000),
        "lte": lte_like(rate_hz, rng, 40),
        "wifi": np.concatenate([wifi_like(rate_hz, rng, 60) for _ in range(40)]),
        "sweep": np.exp(1j * np.pi * 135e9 / rate_hz**2 * (np.arange(400_000) % 1333) ** 2),
        "silence": np.zeros(100_000),
    }
    for name, wave in waves.items():
        assert search(wave.astype(np.complex64), rate_hz) == [], name


def test_a_burst_cut_before_its_second_sequence_is_none() -> None:
    whole = heard(15.36e6, 1e-3, 0, 20)
    root_147_ends = round((1e-3 + (3368 + 2192 + 1024) / 15.36e6) * 15.36e6)
    assert search(whole[: root_147_ends - 600], 15.36e6) == []
    assert len(search(whole[: root_147_ends + 2], 15.36e6)) == 1
