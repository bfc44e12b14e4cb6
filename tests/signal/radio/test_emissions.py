from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import resample_poly

from havik.signal.radio.emissions import PAGE_S, Emission, EmissionFinder
from havik.signal.radio.iq import Samples, quantise, to_complex64
from havik.signal.radio.waveforms import droneid_burst, gfsk, noise, shifted, wifi_like

REAL_RATE_HZ = 50e6
REAL_STARTS_S = (1.8595e-3, 2.5721e-3)
REAL_CARRIER_HZ = 2.0074e6


def emissions(
    wave: Samples, rate_hz: float, *, pieces: Sequence[int] = (), thorough: bool = False
) -> list[Emission]:
    """What is found when the samples come in pieces of some sizes, over and over."""
    finder = EmissionFinder(rate_hz, thorough=thorough)
    found: list[Emission] = []
    at = nth = 0
    while at < len(wave):
        size = pieces[nth % len(pieces)] if pieces else len(wave)
        found += finder.feed(wave[at : at + size])
        at, nth = at + size, nth + 1
    return found + finder.close()


def drones(found: list[Emission]) -> list[Emission]:
    return [one for one in found if one.family == "drone"]


def put(wave: Samples, part: Samples, start_s: float, rate_hz: float, power: float) -> None:
    """Add `part` at a time with a mean power."""
    first = round(start_s * rate_hz)
    room = wave[first : first + len(part)]
    room += part[: len(room)] * np.complex64(np.sqrt(power))


def in_band(snr_db: float, rate_hz: float) -> float:
    """The power of a burst over noise of power 1, whose ratio in its own 9 MHz is given."""
    return float(10 ** (snr_db / 10) * min(1.0, 9.015e6 / rate_hz))


@pytest.fixture(scope="module")
def mavic(recordings: Path) -> Samples:
    return np.fromfile(recordings / "rf/droneid_mavic_air_2_50MSps_cf32.iq", np.complex64)


def assert_both_bursts(found: list[Emission], shift_s: float = 0.0) -> None:
    assert [(one.label, one.family) for one in drones(found)] == [("dji-droneid", "drone")] * 2
    for one, start_s in zip(drones(found), REAL_STARTS_S, strict=True):
        assert one.start_s == pytest.approx(start_s + shift_s, abs=5e-6)
        assert one.duration_s == pytest.approx(643.2e-6, abs=1e-6)
        assert one.center_hz == pytest.approx(REAL_CARRIER_HZ, abs=20e3)
        assert one.confidence > 0.99
    controllers = {one.label for one in found if one.family == "controller"}
    assert controllers <= {"dji-ocusync-control"}  # two real ones, as far as they lie in the band


def test_the_real_recording_has_two_bursts(mavic: Samples) -> None:
    found = emissions(mavic, REAL_RATE_HZ)
    assert_both_bursts(found)
    assert [one.snr_db for one in drones(found)] == pytest.approx([30.1, 29.0], abs=1)
    control = [one for one in found if one.family == "controller"]
    assert [one.center_hz for one in control] == pytest.approx([2.5e6, -7.4e6], abs=0.1e6)
    assert [one.start_s for one in control] == pytest.approx([0.065e-3, 0.685e-3], abs=50e-6)
    assert [one.bandwidth_hz for one in control] == pytest.approx([1.15e6, 1.15e6], abs=0.1e6)


@pytest.mark.parametrize(
    ("rate_hz", "up", "down"), [(61.44e6, 768, 625), (20e6, 2, 5), (15.36e6, 192, 625)]
)
def test_the_real_recording_at_other_rates(
    mavic: Samples, rate_hz: float, up: int, down: int
) -> None:
    wave = resample_poly(mavic, up, down).astype(np.complex64)
    assert_both_bursts(emissions(wave, rate_hz))


@pytest.mark.parametrize("sample_type", ["ci16", "ci8", "cu8"])
def test_the_real_recording_in_fewer_bits(mavic: Samples, sample_type: str) -> None:
    scaled = mavic / np.float32(np.abs(mavic.view(np.float32)).max())
    wave = to_complex64(quantise(scaled.astype(np.complex64), sample_type), sample_type)
    assert_both_bursts(emissions(wave, REAL_RATE_HZ))


def test_the_real_recording_over_and_over(mavic: Samples) -> None:
    """Its two bursts lie 69 us apart: only a thorough search looks between the two."""
    found = drones(emissions(np.tile(mavic, 7), REAL_RATE_HZ, thorough=True))
    expected = [3.24e-3 * turn + start_s for turn in range(7) for start_s in REAL_STARTS_S]
    assert [one.start_s for one in found] == pytest.approx(expected, abs=5e-6)


@pytest.mark.parametrize("start_s", [2e-3, PAGE_S - 2.2e-3])
def test_the_real_burst_in_a_longer_stream(mavic: Samples, start_s: float) -> None:
    """The second page has its start or its end; the background is the recording's own noise."""
    rng = np.random.default_rng(61)
    quiet = float(np.mean(np.abs(mavic[-8000:]) ** 2))  # after the second burst
    wave = noise(rng, int(45e-3 * REAL_RATE_HZ), quiet)
    burst = mavic[round(1.8e-3 * REAL_RATE_HZ) : round(2.51e-3 * REAL_RATE_HZ)]
    put(wave, burst, start_s, REAL_RATE_HZ, 1.0)
    (one,) = drones(emissions(wave, REAL_RATE_HZ))
    assert one.start_s == pytest.approx(start_s + REAL_STARTS_S[0] - 1.8e-3, abs=5e-6)


LOOK_ALIKES = [
    ("lte_downlink_1815.3MHz_19.2MSps_ci8.iq", "ci8", 19.2e6),
    ("lte_enb_1.92MSps_cf32.iq", "cf32", 1.92e6),
    ("cv2x_sidelink_5920MHz_15.36MSps_cf32.iq", "cf32", 15.36e6),
    ("wifi_radiated_dot11n_6.5mbps_20MSps_ci16.iq", "ci16", 20e6),
    ("wifi_radiated_dot11n_26mbps_20MSps_ci16.iq", "ci16", 20e6),
    ("wifi_conducted_dot11a_6mbps_20MSps_ci16.iq", "ci16", 20e6),
    ("wifi_80211p_simulated_15dB_20MSps_cf32.iq", "cf32", 20e6),
    ("gps_l1_1575.42MHz_4MSps_cf32.iq", "cf32", 4e6),
    ("subghz_two_participants_ci8.iq", "ci8", 2e6),
    ("subghz_enocean_cf32.iq", "cf32", 1e6),
    ("analog_fpv_ntsc_5925MHz_10MSps_cf32.iq", "cf32", 10e6),
]


@pytest.mark.parametrize(("name", "sample_type", "rate_hz"), LOOK_ALIKES)
def test_real_look_alikes_are_no_drone(
    recordings: Path, name: str, sample_type: str, rate_hz: float
) -> None:
    wave = to_complex64((recordings / "rf" / name).read_bytes(), sample_type)
    families = {one.family for one in emissions(wave, rate_hz, thorough=True)}
    assert families <= {"background", "unknown"}


def test_real_signals_have_their_names(recordings: Path) -> None:
    """Wi-Fi by its training, LTE and C-V2X by their prefix: each a few boxes, not scraps."""
    for name, sample_type, rate_hz in LOOK_ALIKES[:5]:
        wave = to_complex64((recordings / "rf" / name).read_bytes(), sample_type)
        labels = [one.label for one in emissions(wave, rate_hz)]
        assert ("wifi" if "wifi" in name else "unknown-ofdm") in labels, name
        assert labels.count("unknown") <= 2, name


@pytest.mark.parametrize("rate_hz", [10e6, 15.36e6, 20e6, 30.72e6, 50e6, 56e6, 61.44e6])
def test_simulated_bursts_are_found_over_the_band_at_every_rate(rate_hz: float) -> None:
    rng = np.random.default_rng(62)
    room_hz = rate_hz / 2 - 4.6e6
    wave = noise(rng, int(32e-3 * rate_hz))
    expected: list[tuple[float, float]] = []
    for nth, share in enumerate((-1.0, -0.6, -0.01, 0.3, 0.75, 1.0)):
        start_s, carrier_hz = (1 + 5 * nth) * 1e-3 + rng.uniform(0, 1e-3), share * room_hz
        burst = shifted(droneid_burst(rate_hz, rng, symbols=9 - nth % 2), rate_hz, carrier_hz)
        put(wave, burst, start_s, rate_hz, in_band(-3, rate_hz))
        expected.append((start_s, carrier_hz))
    found = drones(emissions(wave, rate_hz))
    assert [one.start_s for one in found] == pytest.approx([s for s, _ in expected], abs=2e-6)
    assert [one.center_hz for one in found] == pytest.approx([c for _, c in expected], abs=5e3)


@pytest.mark.parametrize(
    ("snr_db", "least", "most"), [(-8, 24, 24), (-12, 23, 24), (-14, 19, 24), (-20, 0, 3)]
)
def test_detection_of_simulated_bursts_by_their_ratio(snr_db: float, least: int, most: int) -> None:
    """Of 24: both symbols' matched filters need -15.7 dB for 0.9 at 1e-9 (theory, in-band)."""
    rng, rate_hz = np.random.default_rng(63), 20e6
    wave = noise(rng, int(24 * 10e-3 * rate_hz))
    expected: list[tuple[float, float]] = []
    for nth in range(24):
        start_s, carrier_hz = nth * 10e-3 + rng.uniform(0, 9e-3), rng.uniform(-5e6, 5e6)
        burst = shifted(droneid_burst(rate_hz, rng), rate_hz, carrier_hz)
        put(wave, burst, start_s, rate_hz, in_band(snr_db, rate_hz))
        expected.append((start_s, carrier_hz))
    told = emissions(wave, rate_hz, thorough=True)
    found = [one for one in told if one.label in {"dji-droneid", "unknown-zadoff-chu"}]
    hits = sum(
        any(abs(one.start_s - s) < 5e-6 and abs(one.center_hz - c) < 20e3 for one in found)
        for s, c in expected
    )
    assert least <= hits <= most
    assert len(found) == hits  # and none where there is none


def test_seconds_of_noise_have_no_drone_and_hardly_a_box() -> None:
    """The stated rate: 1e-7 of 200,000 smoothed cells a page, that is 0.02 boxes a page."""
    rng, rate_hz = np.random.default_rng(64), 20e6
    finder = EmissionFinder(rate_hz)
    found = [one for _ in range(20) for one in finder.feed(noise(rng, int(0.1 * rate_hz)))]
    found += finder.close()
    assert drones(found) == []
    assert len(found) <= 2


def busy_band(rate_hz: float) -> Samples:
    """Three pages of bursts, frames and a carrier, some of them across the pages' edges."""
    rng = np.random.default_rng(65)
    wave = noise(rng, int(50e-3 * rate_hz))
    for start_s in (3e-3, PAGE_S - 0.3e-3, 2 * PAGE_S + 0.2e-3):
        put(wave, droneid_burst(rate_hz, rng), start_s, rate_hz, in_band(12, rate_hz))
    for start_s in (9e-3, PAGE_S + 4e-3):
        put(wave, wifi_like(rate_hz, rng, 200), start_s, rate_hz, 50)
    put(wave, shifted(gfsk(rate_hz, rng, bits=400), rate_hz, 6e6), 33e-3, rate_hz, 10)
    put(wave, shifted(np.ones(len(wave), np.complex64), rate_hz, -7e6), 0.0, rate_hz, 0.1)
    return wave


BUSY = busy_band(20e6)
BUSY_AT_ONCE = emissions(BUSY, 20e6)


def test_a_busy_band_is_told_truly() -> None:
    labels = [one.label for one in sorted(BUSY_AT_ONCE, key=lambda one: one.start_s)]
    assert labels == ["carrier", "dji-droneid", "wifi", "dji-droneid", "wifi", "unknown-fsk",
                      "dji-droneid"]  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 500_000), min_size=1, max_size=6))
def test_pieces_of_any_size_give_the_same_answer(pieces: list[int]) -> None:
    if sum(pieces) < 5_000:
        pieces = [*pieces, 100_000]
    assert emissions(BUSY, 20e6, pieces=pieces) == BUSY_AT_ONCE


def test_a_hole_moves_what_comes_after_it() -> None:
    rng, rate_hz = np.random.default_rng(66), 20e6
    wave = noise(rng, int(12e-3 * rate_hz))
    put(wave, droneid_burst(rate_hz, rng), 4e-3, rate_hz, in_band(10, rate_hz))
    finder = EmissionFinder(rate_hz, 2.4e9)
    first = finder.feed(wave) + finder.skip(int(0.5 * rate_hz))
    second = finder.feed(wave) + finder.close()
    assert [one.start_s for one in drones(first)] == pytest.approx([4e-3], abs=1e-6)
    assert [one.start_s for one in drones(second)] == pytest.approx([0.516], abs=1e-6)
    assert drones(second)[0].center_hz == pytest.approx(2.4e9, abs=2e3)


@pytest.mark.parametrize("samples", [0, 1, 100, 2047])
def test_too_few_samples_have_no_emissions(samples: int) -> None:
    assert emissions(np.ones(samples, np.complex64), 20e6) == []


def test_silence_has_no_emissions() -> None:
    assert emissions(np.zeros(900_000, np.complex64), 20e6) == []


def test_what_is_too_much_for_a_page_is_counted() -> None:
    rng, rate_hz = np.random.default_rng(67), 20e6
    wave = noise(rng, int(20e-3 * rate_hz), 0.01)
    for nth in range(90):
        burst = shifted(gfsk(rate_hz, rng, bits=400), rate_hz, -9e6 + (nth % 9) * 2.2e6)
        put(wave, burst, 1e-3 + (nth // 9) * 1.8e-3, rate_hz, 1.0)
    finder = EmissionFinder(rate_hz)
    found = finder.feed(wave) + finder.close()
    assert len(found) + finder.boxes_left_out == pytest.approx(90, abs=2)
    assert finder.boxes_left_out > 20
