from __future__ import annotations

import numpy as np
import pytest

from havik.signal.radio.channel import Segment
from havik.signal.radio.chirp import Preamble, find_preamble
from havik.signal.radio.iq import Samples
from havik.signal.radio.links.chirps import ELRS_2G4, ELRS_900, packet
from havik.signal.radio.waveforms import gfsk, noise, shifted

RATE_HZ = 4e6
MODES = ELRS_2G4 | ELRS_900


def found(wave: Samples, width_hz: float, snr_db: float) -> Preamble | None:
    """In a box that begins 0.1 ms early, at an offset of 20 kHz."""
    rng = np.random.default_rng(94)
    gain = np.float32(np.sqrt(10 ** (snr_db / 10) * width_hz / RATE_HZ))
    band = noise(rng, len(wave) + 4000)
    band[2000 : 2000 + len(wave)] += gain * shifted(wave, RATE_HZ, 0.52e6)
    return find_preamble(Segment(band, RATE_HZ), 0.5e6, width_hz, 0.4e-3, 12e-3)


@pytest.mark.parametrize("name", MODES)
def test_a_preamble_tells_bandwidth_and_factor_at_minus_4_db(name: str) -> None:
    """Theory for eight chirps of factor 5 in 32 bins: -8 dB (RF.md, 2)."""
    mode = MODES[name]
    one = found(packet(RATE_HZ, mode, np.random.default_rng(95)), mode.bandwidth_hz, -4)
    assert one is not None
    assert (one.bandwidth_hz, one.spreading_factor) == (mode.bandwidth_hz, mode.spreading_factor)


@pytest.mark.parametrize("kind", ["noise", "gfsk", "tone"])
def test_what_is_no_chirp_has_no_preamble(kind: str) -> None:
    rng = np.random.default_rng(96)
    wave = {
        "noise": noise(rng, 40_000),
        "gfsk": gfsk(RATE_HZ, rng, bits=10_000),
        "tone": np.ones(40_000, np.complex64),
    }[kind]
    assert found(wave, 0.8e6, 20) is None
