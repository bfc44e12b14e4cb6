"""A busy 2.4 GHz band, simulated: Wi-Fi, Bluetooth, one ELRS, and one OcuSync that sends video."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..signal.radio.iq import Samples
from ..signal.radio.links.air import Burst, received
from ..signal.radio.links.catalogue import LINKS
from ..signal.radio.waveforms import noise

TUNED_HZ = 2441e6
RATIOS_DB = {"wifi": 20.0, "bluetooth": 20.0, "elrs-2g4-500": 20.0, "ocusync-10": 15.0}
"""Of each link's bursts over the noise in their own band."""

NOISE_POWER = 1e-4


def busy_scene(rng: np.random.Generator, rate_hz: float, seconds: float) -> Samples:
    """The scene as a receiver at `TUNED_HZ` hears it; what does not fit its band is left out.

    Returns
    -------
    complex64, shape (round(rate_hz * seconds),)
    """
    wave = noise(rng, round(rate_hz * seconds), NOISE_POWER)
    for name, ratio_db in RATIOS_DB.items():
        bursts = LINKS[name].sends(rate_hz, seconds, rng)
        share = NOISE_POWER * 10 ** (ratio_db / 10) / rate_hz
        band, _ = received(_levelled(bursts, share), rate_hz, TUNED_HZ, seconds)
        wave += band
    return wave


def _levelled(bursts: Iterator[Burst], share: float) -> Iterator[Burst]:
    """The bursts with a power of `share` for each hertz of their band."""
    for one in bursts:
        level = np.float32(np.sqrt(share * one.bandwidth_hz))
        yield Burst(one.start_s, one.center_hz, one.bandwidth_hz, one.wave * level)
