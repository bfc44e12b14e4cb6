"""The one list of simulated links: what each is called, where it is heard, what it sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..waveforms import droneid_burst
from . import chirps, multicarrier, shift_keyed, steady
from .air import Burst

Sends = Callable[[float, float, np.random.Generator], Iterator[Burst]]
"""By the receiver's rate and a duration in seconds."""


@dataclass(frozen=True, slots=True)
class Link:
    """One kind of signal.

    Parameters
    ----------
    label, family : str
        What it is to be called.
    rate_hz, tuned_hz : float
        A receiver's that hears it.
    seconds : float
        How long one listens: a receiver of 20 MHz hears a fourth of the hops at 2.4 GHz, and a
        pattern takes four of its packets.
    sends : callable
        Its bursts.
    """

    label: str
    family: str
    rate_hz: float
    tuned_hz: float
    seconds: float
    sends: Sends


def _droneid(rate_hz: float, seconds: float, rng: np.random.Generator) -> Iterator[Burst]:
    """One burst in so short a time: they come every 640 ms."""
    at_s = float(rng.uniform(0.1, 0.8)) * seconds
    yield Burst(at_s, 2444.5e6, 9.015e6, droneid_burst(rate_hz, rng))


def _remote_id(rate_hz: float, seconds: float, rng: np.random.Generator) -> Iterator[Burst]:
    return shift_keyed.advertising(rate_hz, seconds, rng)


def _carrier(rate_hz: float, seconds: float, rng: np.random.Generator) -> Iterator[Burst]:
    return steady.carrier(rate_hz, seconds, 2450e6 + float(rng.uniform(-4e6, 4e6)))


def _silence(_rate_hz: float, _seconds: float, _rng: np.random.Generator) -> Iterator[Burst]:
    """Nothing at all."""
    return iter(())


def _hopping(name: str, seconds: float) -> Link:
    label = name.partition("-")[0]
    sends = partial(shift_keyed.hopping, shift_keyed.MODES[name])
    tuned = {"frsky": 2414e6, "flysky": 2440e6, "crossfire": 866e6}[label]
    return Link(label, "controller", 20e6, tuned, seconds, sends)


LINKS: dict[str, Link] = {
    "droneid": Link("dji-droneid", "drone", 20e6, 2444e6, 0.02, _droneid),
    "ocusync-10": Link("dji-ocusync-video", "drone", 20e6, 2450e6, 0.03, multicarrier.video),
    "ocusync-20": Link(
        "dji-ocusync-video", "drone", 30.72e6, 2450e6, 0.03, partial(multicarrier.video, width=20)
    ),
    **{
        name: Link("elrs", "controller", 20e6, 2440e6, 0.3 if mode.period_s < 9e-3 else 1.0,
                   partial(chirps.elrs, mode, chirps.ISM_2G4))
        for name, mode in chirps.ELRS_2G4.items()
    },
    **{
        name: Link("elrs", "controller", 10e6, 867e6, 0.1 if mode.period_s < 9e-3 else 0.3,
                   partial(chirps.elrs, mode, chirps.EU_868))
        for name, mode in chirps.ELRS_900.items()
    },
    "crossfire": _hopping("crossfire", 0.2),
    "frsky-d16": _hopping("frsky-d16", 0.5),
    "frsky-d8": _hopping("frsky-d8", 0.5),
    "flysky": _hopping("flysky", 0.12),
    "flysky-2a": _hopping("flysky-2a", 0.25),
    "spektrum-dsmx": Link("spektrum", "controller", 20e6, 2440e6, 0.4, shift_keyed.spektrum),
    "ntsc": Link("analog-video", "drone", 10e6, 5800e6, 0.025,
                 partial(steady.video, standard="ntsc")),
    "pal": Link("analog-video", "drone", 10e6, 5800e6, 0.025,
                partial(steady.video, standard="pal")),
    "wifi-10": Link("wifi-drone", "drone", 20e6, 5785e6, 0.02,
                    partial(multicarrier.wifi, center_hz=5785e6, clock_hz=10e6)),
    "wifi-5": Link("wifi-drone", "drone", 20e6, 2437e6, 0.02,
                   partial(multicarrier.wifi, clock_hz=5e6)),
    "wifi": Link("wifi", "background", 20e6, 2437e6, 0.02, multicarrier.wifi),
    "wifi-p": Link("wifi", "background", 20e6, 5900e6, 0.02,
                   partial(multicarrier.wifi, center_hz=5900e6, clock_hz=10e6)),
    "bluetooth": Link("bluetooth", "background", 20e6, 2440e6, 0.08, shift_keyed.bluetooth),
    "bluetooth-le": Link("bluetooth", "background", 20e6, 2427e6, 0.08, _remote_id),
    "lte": Link("lte", "background", 20e6, 1815e6, 0.02, multicarrier.lte),
    "lte-tdd": Link("lte", "background", 20e6, 2350e6, 0.02, multicarrier.lte_tdd),
    "nr": Link("nr", "background", 30.72e6, 3500e6, 0.02, multicarrier.nr),
    "cv2x": Link("cv2x", "background", 15.36e6, 5920e6, 0.02, multicarrier.cv2x),
    "lora-meter-125": Link("unknown-chirp", "unknown", 2e6, 868.3e6, 0.4,
                           partial(chirps.meter, chirps.METER["lora-meter-125"])),
    "lora-meter-250": Link("unknown-chirp", "unknown", 2e6, 868.3e6, 0.3,
                           partial(chirps.meter, chirps.METER["lora-meter-250"])),
    "oven": Link("microwave-oven", "background", 20e6, 2455e6, 0.08, steady.oven),
    "carrier": Link("carrier", "background", 20e6, 2450e6, 0.04, _carrier),
    "noise": Link("", "", 20e6, 2440e6, 0.04, _silence),
}  # fmt: skip
"""By the name of the mode."""
