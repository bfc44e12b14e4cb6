from __future__ import annotations

import numpy as np
import pytest

from havik.signal.radio.iq import Samples
from havik.signal.radio.links import chirps, multicarrier, shift_keyed, steady
from havik.signal.radio.links.air import received
from havik.signal.radio.links.catalogue import LINKS

RATE_HZ = 4e6


def rng() -> np.random.Generator:
    return np.random.default_rng(61)


def occupied_hz(wave: Samples, rate_hz: float) -> float:
    """The bandwidth that holds 99 % of the power."""
    spectrum = np.fft.fftshift(np.abs(np.fft.fft(wave * np.hanning(len(wave)))) ** 2)
    share = np.cumsum(spectrum) / spectrum.sum()
    first, last = np.searchsorted(share, [0.005, 0.995])
    return float(last - first) * rate_hz / len(wave)


@pytest.mark.parametrize("name", LINKS)
def test_a_link_sends_bursts_of_power_one_in_its_band(name: str) -> None:
    link = LINKS[name]
    bursts = list(link.sends(link.rate_hz, 0.03, rng()))
    band, heard = received(bursts, link.rate_hz, link.tuned_hz, 0.03)
    assert len(band) == round(0.03 * link.rate_hz)
    assert np.isfinite(band).all()
    assert bool(bursts) == bool(link.label)
    assert len(heard) <= len(bursts)
    for burst in bursts[:3]:
        assert burst.wave.dtype == np.complex64
        assert np.mean(np.abs(burst.wave) ** 2) == pytest.approx(1, rel=0.02)
        assert burst.start_s < 0.03


@pytest.mark.parametrize("name", ["elrs-2g4-250", "frsky-d16", "wifi", "pal", "spektrum-dsmx"])
def test_the_same_seed_gives_the_same_link(name: str) -> None:
    link = LINKS[name]
    once, again = (list(link.sends(link.rate_hz, 0.01, rng())) for _ in range(2))
    assert [one.center_hz for one in once] == [one.center_hz for one in again]
    assert all(np.array_equal(a.wave, b.wave) for a, b in zip(once, again, strict=True))


@pytest.mark.parametrize(
    ("sf", "bandwidth_hz", "slope_hz_s"),
    [(5, 812_500, 20.6e9), (6, 812_500, 10.3e9), (7, 500e3, 1.95e9), (9, 500e3, 0.488e9)],
)
def test_chirps_have_their_slope(sf: int, bandwidth_hz: float, slope_hz_s: float) -> None:
    """Slopes: RF.md, section 2."""
    mode = chirps.Chirps(bandwidth_hz, sf, 8, 12 * 2**sf / bandwidth_hz, 1.0, 1)
    wave = chirps.packet(RATE_HZ, mode, rng())
    one = wave[: int(mode.chirp_s * RATE_HZ) - 2]
    hertz = np.diff(np.unwrap(np.angle(one))) * RATE_HZ / (2 * np.pi)
    assert np.polyfit(np.arange(len(hertz)) / RATE_HZ, hertz, 1)[0] == pytest.approx(
        slope_hz_s, rel=0.02
    )
    assert hertz[0] == pytest.approx(-bandwidth_hz / 2, rel=0.05)


def test_a_preamble_repeats_and_the_data_does_not() -> None:
    mode = chirps.ELRS_900["elrs-900-200"]
    wave = chirps.packet(RATE_HZ, mode, rng())
    n = round(mode.chirp_s * RATE_HZ)
    first, second, late = wave[:n], wave[n : 2 * n], wave[-n:]
    assert abs(np.vdot(first, second)) > 0.99 * n
    assert abs(np.vdot(first, late)) < 0.5 * n


@pytest.mark.parametrize(
    ("name", "airtime_s", "period_s"),
    [("frsky-d16", 4.7e-3, 9e-3), ("flysky", 0.512e-3, 1.51e-3), ("crossfire", 3.5e-3, 6.667e-3)],
)
def test_a_hopping_controller_keeps_its_period(
    name: str, airtime_s: float, period_s: float
) -> None:
    mode = shift_keyed.MODES[name]
    bursts = list(shift_keyed.hopping(mode, RATE_HZ, 0.1, rng()))
    starts = [one.start_s for one in bursts]
    assert np.diff(starts) == pytest.approx(period_s)
    assert len(bursts[0].wave) / RATE_HZ == pytest.approx(airtime_s, rel=0.03)
    assert len({one.center_hz for one in bursts}) > 5


def test_spektrum_sends_pairs() -> None:
    starts = [one.start_s for one in shift_keyed.spektrum(RATE_HZ, 0.06, rng())]
    assert np.diff(starts[::2]) == pytest.approx(11e-3)
    assert np.subtract(starts[1::2], starts[::2]) == pytest.approx(4.01e-3)


def test_bluetooth_keeps_its_slots() -> None:
    starts = [one.start_s for one in shift_keyed.bluetooth(RATE_HZ, 0.05, rng())]
    slots = np.subtract(starts, starts[0]) / 625e-6
    assert slots == pytest.approx(np.rint(slots), abs=1e-6)


@pytest.mark.parametrize(("standard", "line_hz"), [("ntsc", 15734.27), ("pal", 15625.0)])
def test_video_has_its_lines(standard: str, line_hz: float) -> None:
    level = steady.composite(10e6, 40e-3, steady.STANDARDS[standard], rng())
    power = np.abs(np.fft.rfft(level - level.mean(), 1 << 22)) ** 2
    hertz = np.fft.rfftfreq(1 << 22, 1e-7)
    near = (hertz > 15e3) & (hertz < 16.5e3)
    assert hertz[near][int(np.argmax(power[near]))] == pytest.approx(line_hz, abs=15)
    assert level.min() == pytest.approx(-0.4, abs=0.05)


@pytest.mark.parametrize(("width", "carriers"), [(10, 600), (20, 1200)])
def test_video_of_the_drone_maker_has_its_width_and_frame(width: int, carriers: int) -> None:
    bursts = list(multicarrier.video(30.72e6, 0.02, rng(), width=width))
    assert occupied_hz(bursts[1].wave, 30.72e6) == pytest.approx(carriers * 15e3, rel=0.02)
    assert bursts[2].start_s - bursts[0].start_s == pytest.approx(5e-3)


def test_a_cars_burst_lasts_a_subframe_without_its_last_symbol() -> None:
    burst = next(iter(multicarrier.cv2x(15.36e6, 0.01, rng())))
    assert len(burst.wave) / 15.36e6 == pytest.approx(1e-3 - 1096 / 15.36e6, abs=1e-6)


def test_fading_keeps_the_power() -> None:
    wave = chirps.packet(RATE_HZ, chirps.ELRS_2G4["elrs-2g4-500"], rng())
    out = multicarrier.faded(wave, RATE_HZ, rng())
    assert np.mean(np.abs(out) ** 2) == pytest.approx(1, rel=1e-3)
    assert not np.allclose(out, wave)


def test_what_lies_outside_the_band_is_not_heard() -> None:
    sent = list(shift_keyed.bluetooth(RATE_HZ, 0.05, rng()))
    band, heard = received(sent, RATE_HZ, 2440e6, 0.05)
    assert 0 < len(heard) < len(sent)
    assert all(abs(one.center_hz - 2440e6) <= 1.5e6 for one in heard)
    assert np.abs(band).max() > 0.9
