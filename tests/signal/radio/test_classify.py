from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from havik.signal.radio.channel import Segment
from havik.signal.radio.classify import (
    Emission,
    Seen,
    carrier_emission,
    classify,
    droneid_emission,
)
from havik.signal.radio.droneid import DroneIdBurst
from havik.signal.radio.iq import Samples
from havik.signal.radio.waveforms import gfsk, lte_like, noise, shifted, wifi_like

RATE_HZ = 40e6
SEEN = Seen(0.5e-3, 1.5e-3, 6e6, 9e6, snr=100.0, filled=0.9)
BURST = DroneIdBurst(1e-3, 643.2e-6, 2e6, 9, 100.0, (0.8, 0.7))


def named(wave: Samples, bandwidth_hz: float, *, tuned_hz: float = 0.0) -> Emission:
    """The name of a wave at +6 MHz from 0.5 ms on, in a segment that starts at 7 s."""
    rng = np.random.default_rng(51)
    band = noise(rng, int(3e-3 * RATE_HZ), 0.01)
    first = int(0.5e-3 * RATE_HZ)
    band[first : first + len(wave)] += shifted(wave, RATE_HZ, 6e6)[: len(band) - first]
    seen = replace(SEEN, start_s=7.5e-3, duration_s=len(wave) / RATE_HZ, bandwidth_hz=bandwidth_hz)
    return classify(seen, Segment(band, RATE_HZ), 7e-3, tuned_hz)


@pytest.mark.parametrize(
    ("label", "family", "bandwidth_hz"),
    [
        ("wifi", "background", 16.5e6), ("unknown-ofdm", "unknown", 9e6),
        ("unknown-fsk", "unknown", 1e6), ("unknown", "unknown", 20e6),
    ],
)  # fmt: skip
def test_a_name_is_given_by_structure(label: str, family: str, bandwidth_hz: float) -> None:
    rng = np.random.default_rng(52)
    wave = {
        16.5e6: wifi_like(RATE_HZ, rng, 60),
        9e6: lte_like(RATE_HZ, rng, 3),
        1e6: gfsk(RATE_HZ, rng, bits=500),
        20e6: noise(rng, 40_000),
    }[bandwidth_hz]
    emission = named(wave, bandwidth_hz)
    assert (emission.label, emission.family) == (label, family)


def test_what_was_measured_is_handed_on() -> None:
    emission = named(gfsk(RATE_HZ, np.random.default_rng(53), bits=500), 1e6, tuned_hz=2.4e9)
    assert emission.start_s == pytest.approx(7.5e-3, abs=2e-6)
    assert emission.duration_s == pytest.approx(0.5e-3, abs=3e-6)
    assert emission.center_hz == pytest.approx(2.4e9 + 6e6, abs=30e3)
    assert emission.bandwidth_hz == 1e6
    assert emission.snr_db == pytest.approx(20)
    assert emission.evidence["filled"] == 0.9


def test_a_feature_that_means_nothing_for_a_width_is_not_measured() -> None:
    narrow = named(gfsk(RATE_HZ, np.random.default_rng(54), bits=200), 0.5e6)
    assert narrow.label == "unknown-fsk"
    assert "short_training" not in narrow.evidence


def test_a_confirmed_burst_is_a_drone() -> None:
    emission = droneid_emission(BURST, 1000.0, 2.4e9)
    assert (emission.label, emission.family) == ("dji-droneid", "drone")
    assert emission.start_s == 1e-3
    assert emission.center_hz == 2.402e9
    assert emission.snr_db == pytest.approx(30)
    assert emission.evidence["coherence_root_600"] == 0.8
    assert 0.999 < emission.confidence <= 1


def test_confidence_falls_with_the_surprise() -> None:
    """(1 + s) exp(-s) is noise's probability of a pair that fits so well."""
    levels = [replace(BURST, surprise=s) for s in (60.0, 45.0, 40.0)]
    sure = [droneid_emission(level, 1.0, 0.0).confidence for level in levels]
    assert sure == sorted(sure, reverse=True)
    assert sure[2] == pytest.approx(1 / (1 + 41 * np.exp(-40) * 1e13))
    assert sure[2] > 0.99


@pytest.mark.parametrize("surprise", [39.9, 30.0, 26.0])
def test_a_pair_that_noise_gives_now_and_then_is_no_alarm(surprise: float) -> None:
    """20 MHz have 2 * 15,360 starts a ms and 1,465 carriers: 1e11 chances of exp(-26) an hour."""
    emission = droneid_emission(replace(BURST, surprise=surprise), 1.0, 0.0)
    assert (emission.label, emission.family) == ("unknown-zadoff-chu", "unknown")


def test_a_burst_without_power_has_a_low_ratio_and_not_minus_infinity() -> None:
    assert droneid_emission(BURST, -0.2, 0.0).snr_db == pytest.approx(-30)


def test_a_carrier_is_background() -> None:
    emission = carrier_emission(SEEN, 868e6)
    assert (emission.label, emission.family) == ("carrier", "background")
    assert emission.center_hz == 874e6
    assert emission.evidence == {"lasting_s": 1.5e-3}
