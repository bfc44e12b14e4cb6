"""Whether each simulated link is seen and rightly named, by its ratio to the noise.

Every trial has its own seed, offset of the tuned frequency and three-path fading and, every third
time, a Wi-Fi frame beside it. All figures are simulated. `HAVIK_BENCH_TRIALS` is the number of
trials for each link and ratio.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from ..gateway.library import library
from ..signal.radio.emissions import Emission, EmissionFinder
from ..signal.radio.links.air import Burst, received
from ..signal.radio.links.catalogue import LINKS, Link
from ..signal.radio.links.multicarrier import faded
from ..signal.radio.waveforms import noise, shifted, wifi_like
from .rows import Row

RATIOS_DB = (-5, 0, 10)
LEVEL = np.float32(0.01)
OFFSET_HZ = 0.2e6
BINS = 10
THOROUGH_S = 0.1
"""Longer trials are searched as the gateway does, shorter ones as a recording."""

WIFI_RATE_HZ = 20e6
NAMELESS = {"unknown", "unknown-zadoff-chu"}
"""They claim nothing that could be right."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name that was given, what it was said to be worth, and whether it was right.

    `nats` is the surprise that decided, 0 where none did.
    """

    label: str
    nats: float
    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one trial: seen, rightly named, wrong alarms, and the names that were given."""

    seen: bool
    right: bool
    alarms: int
    names: tuple[Name, ...]


def run() -> list[Row]:
    trials = int(os.environ.get("HAVIK_BENCH_TRIALS", "1"))
    found = {
        (name, ratio_db): [trial(name, ratio_db, nth) for nth in range(trials)]
        for name in LINKS
        if name != "noise"
        for ratio_db in RATIOS_DB
    }
    return [*_curves(found), *_together(found)]


def trial(name: str, ratio_db: float, nth: int, *, training: bool = False) -> Trial:
    """One trial; training has seeds that the scored ones never have."""
    link = LINKS[name]
    rng = np.random.default_rng([crc32(name.encode()), int(ratio_db) + 100, nth, int(training)])
    seconds = link.seconds
    tuned_hz = link.tuned_hz + float(rng.uniform(-OFFSET_HZ, OFFSET_HZ))
    sent = list(link.sends(link.rate_hz, seconds, rng))
    band, heard = received(sent, link.rate_hz, tuned_hz, seconds)
    width_hz = max(1e3, heard[0].bandwidth_hz) if heard else 1e6
    gain = np.float32(np.sqrt(10 ** (ratio_db / 10) * width_hz / link.rate_hz))
    wave = noise(rng, len(band)) + faded(band, link.rate_hz, rng) * gain
    beside_s = 0.0
    if nth % 3 == 2 and link.rate_hz >= WIFI_RATE_HZ:
        frame = shifted(wifi_like(link.rate_hz, rng, 30), link.rate_hz, link.rate_hz / 4)
        wave[1000 : 1000 + len(frame)] += frame[: len(wave) - 1000] * np.float32(2)
        beside_s = (2000 + len(frame)) / link.rate_hz
    thorough = seconds <= THOROUGH_S
    finder = EmissionFinder(link.rate_hz, tuned_hz, thorough=thorough, library=library())
    told = finder.feed((wave * LEVEL).astype(np.complex64)) + finder.close()
    told = [one for one in told if not _is_beside(one, beside_s)]
    near = [one for one in told if any(_meets(one, burst) for burst in heard)]
    named = [one for one in near if not one.label.startswith("unknown")] or near
    best = max(named, key=lambda one: one.duration_s * one.bandwidth_hz, default=None)
    return Trial(
        seen=bool(near),
        right=best is not None and best.label == link.label,
        alarms=sum(_is_alarm(one, link) for one in told),
        names=tuple(
            Name(
                one.label,
                float(one.evidence.get("surprise_nats", 0.0)),
                one.confidence,
                one.label == link.label,
            )
            for one in named
            if one.label not in NAMELESS
        ),
    )


def _is_alarm(one: Emission, link: Link) -> bool:
    return one.family in {"drone", "controller"} and one.label != link.label


def _is_beside(one: Emission, until_s: float) -> bool:
    """Whether it is the Wi-Fi frame that was put beside the link, rightly named."""
    return one.label == "wifi" and one.start_s < until_s


def _meets(one: Emission, burst: Burst) -> bool:
    in_time = one.start_s < burst.start_s + 0.1 and burst.start_s < one.start_s + one.duration_s
    apart_hz = abs(one.center_hz - burst.center_hz)
    return in_time and apart_hz <= (one.bandwidth_hz + burst.bandwidth_hz) / 2


def _curves(found: dict[tuple[str, int], list[Trial]]) -> Iterator[Row]:
    for (name, ratio_db), trials in found.items():
        for what, value in (("seen", "seen"), ("rightly named", "right")):
            share = float(np.mean([getattr(one, value) for one in trials]))
            yield Row(bench="radio-labels", name=f"{name} {what} at {ratio_db} dB in-band",
                      value=share, unit=f"share of {len(trials)}", simulated=True)  # fmt: skip


def _together(found: dict[tuple[str, int], list[Trial]]) -> Iterator[Row]:
    labels = sorted({link.label for link in LINKS.values() if link.label})
    for ratio_db in RATIOS_DB:
        by_label = [
            np.mean([
                one.right for name, at in found if at == ratio_db and LINKS[name].label == label
                for one in found[name, at]
            ])
            for label in labels
        ]  # fmt: skip
        yield Row(
            bench="radio-labels",
            name=f"balanced accuracy at {ratio_db} dB in-band",
            value=float(np.mean(by_label)),
            unit="share",
            floor=None if ratio_db else 0.95,
            floor_name="the goal",
            simulated=True,
        )
    every = [one for trials in found.values() for one in trials]
    yield Row(bench="radio-labels", name="expected calibration error",
              value=calibration_error(
                  [(name.confidence, name.right) for one in every for name in one.names]), unit="",
              floor=0.05, floor_name="the goal", simulated=True)  # fmt: skip
    yield Row(bench="radio-labels", name="wrong drone or controller labels, all trials",
              value=float(sum(one.alarms for one in every)), unit="", simulated=True)  # fmt: skip


def calibration_error(sure: list[tuple[float, bool]]) -> float:
    """The mean distance of confidence from truth, over ten bins (Guo et al., ICML 2017)."""
    if not sure:
        return 0.0
    confidence, right = (np.array(column, float) for column in zip(*sure, strict=True))
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [
        abs(float(confidence[place == nth].sum() - right[place == nth].sum()))
        for nth in range(BINS)
    ]
    return sum(gaps) / len(sure)
