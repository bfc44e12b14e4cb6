from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from havik.signal.radio.channel import Segment
from havik.signal.radio.control_burst import DURATION_S, control_burst_wave, measure_control
from havik.signal.radio.emissions import EmissionFinder
from havik.signal.radio.iq import Samples, to_complex64
from havik.signal.radio.waveforms import gfsk, lte_like, noise, shifted

RATE_HZ = 15.36e6
START_S = 0.4e-3
ENOUGH = 0.2


def heard(snr_db: float, *, root: int = 25, carrier_hz: float = 1.2e6, seed: int = 1) -> Samples:
    """A simulated burst; the ratio is in its own 1.08 MHz."""
    rng = np.random.default_rng(seed)
    narrow = Segment(np.pad(control_burst_wave(rng, root), (200, 200)), 1.92e6)
    wide, _, _ = narrow.channel(0.0, RATE_HZ, 1.9e6)
    wave = noise(rng, int(1.5e-3 * RATE_HZ))
    gain = np.complex64(np.sqrt(10 ** (snr_db / 10) * 1.08e6 / RATE_HZ))
    first = round((START_S - 200 / 1.92e6) * RATE_HZ)
    wave[first : first + len(wide)] += shifted(wide, RATE_HZ, carrier_hz) * gain
    return wave


def test_the_length_is_the_published_one() -> None:
    assert pytest.approx(500.5e-6, abs=0.1e-6) == DURATION_S


@pytest.mark.parametrize("root", [1, 7, 25, 72])
@pytest.mark.parametrize("carrier_hz", [-5.0031e6, 0.0, 1.2e6])
def test_start_carrier_and_root_of_a_simulated_burst(root: int, carrier_hz: float) -> None:
    segment = Segment(heard(15, root=root, carrier_hz=carrier_hz), RATE_HZ)
    burst = measure_control(segment, START_S + 20e-6, 0.49e-3, carrier_hz + 60e3)
    assert burst is not None
    assert burst.root == root
    assert burst.share > 0.8
    assert burst.start_s == pytest.approx(START_S, abs=2e-6)
    assert burst.carrier_hz == pytest.approx(carrier_hz, abs=1e3)


def test_at_0_db_it_is_still_told() -> None:
    """Simulated; a sequence at 0 dB has half of the power in its symbol."""
    shares: list[float] = []
    for seed in range(10):
        segment = Segment(heard(0, seed=seed), RATE_HZ)
        burst = measure_control(segment, START_S, DURATION_S, 1.2e6)
        shares.append(0.0 if burst is None else burst.share)
    assert sum(share >= ENOUGH for share in shares) >= 9


@pytest.mark.parametrize("duration_s", [0.3e-3, 0.65e-3, 1e-3])
def test_another_length_is_none(duration_s: float) -> None:
    assert measure_control(Segment(heard(20), RATE_HZ), START_S, duration_s, 1.2e6) is None


def turned(phase: NDArray[np.float64]) -> Samples:
    wave: Samples = np.exp(1j * phase).astype(np.complex64)
    return wave


def others(kind: str, rng: np.random.Generator) -> Samples:
    samples = int(DURATION_S * RATE_HZ)
    match kind:
        case "noise":
            return noise(rng, samples)
        case "lte":
            return lte_like(RATE_HZ, rng, 2)[:samples]
        case "carrier":
            return shifted(np.ones(samples, np.complex64), RATE_HZ, 0.1e6)
        case "chirp":
            at_s = np.arange(samples) / RATE_HZ
            return turned(np.pi * 1.08e6 / DURATION_S * at_s**2)
        case "short chirps":
            at_s = np.arange(samples) / RATE_HZ % 71.35e-6
            return turned(np.pi * 1.08e6 / 71.35e-6 * at_s**2)
        case _:
            return gfsk(RATE_HZ, rng, bits=500)[:samples]


@pytest.mark.parametrize("kind", ["noise", "lte", "carrier", "chirp", "short chirps", "gfsk"])
def test_what_is_as_long_and_as_wide_is_not_one(kind: str) -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        wave = noise(rng, int(1.5e-3 * RATE_HZ), 1e-3)
        made = others(kind, rng)
        first = int(START_S * RATE_HZ)
        wave[first : first + len(made)] += made
        burst = measure_control(Segment(wave, RATE_HZ), START_S, DURATION_S, 0.0)
        assert burst is None or burst.share < ENOUGH


def test_silence_is_not_one() -> None:
    silence = Segment(np.zeros(20_000, np.complex64), RATE_HZ)
    assert measure_control(silence, START_S, DURATION_S, 0.0) is None


def controls(file: Path, sample_type: str, rate_hz: float) -> list[tuple[float, float, float]]:
    finder = EmissionFinder(rate_hz, thorough=True)
    found = finder.feed(to_complex64(file.read_bytes(), sample_type)) + finder.close()
    return [
        (one.start_s, one.start_s + one.duration_s, one.center_hz)
        for one in found if one.label == "dji-ocusync-control" and one.family == "controller"
    ]  # fmt: skip


def test_the_two_of_the_real_recording_are_named(recordings: Path) -> None:
    file = recordings / "rf/droneid_mavic_air_2_50MSps_cf32.iq"
    first, second = controls(file, "cf32", 50e6)
    assert first == pytest.approx((0.065e-3, 0.573e-3, 2.5e6), rel=0.02, abs=20e-6)
    assert second == pytest.approx((0.685e-3, 1.2e-3, -7.4e6), rel=0.02, abs=20e-6)


@pytest.mark.parametrize(
    ("name", "sample_type", "rate_hz"),
    [
        ("cv2x_sidelink_5920MHz_15.36MSps_cf32.iq", "cf32", 15.36e6),
        ("lte_enb_1.92MSps_cf32.iq", "cf32", 1.92e6),
        ("lte_downlink_1815.3MHz_19.2MSps_ci8.iq", "ci8", 19.2e6),
        ("wifi_radiated_dot11n_26mbps_20MSps_ci16.iq", "ci16", 20e6),
        ("subghz_two_participants_ci8.iq", "ci8", 2e6),
    ],
)
def test_none_in_real_backgrounds(
    recordings: Path, name: str, sample_type: str, rate_hz: float
) -> None:
    assert controls(recordings / "rf" / name, sample_type, rate_hz) == []
