"""Simulated senders of events over MQTT; the wire formats are drivers/contraband's.

A fence feels a person near it and, now and then, the wind. Telephones and results at the gate come
at rates that are made up: nobody measured any.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...config.settings import Mounting
from ...drivers.contraband import fence_zone, phone_energy, screening_result
from ...drivers.readings import (
    Decision,
    FenceEvent,
    ImageReference,
    Instrument,
    PhoneEnergy,
    ScreeningResult,
    Substance,
)
from ..instrument import Stamp, Timed, place_m
from ..scene import World, generator

FELT_M = 3.0
WIND = 0.02  # the chance of a false alarm in one second
PHONES = 0.8  # of bursts in one window
GSM_BURST_S, GSM_PERIOD_S = 577e-6, 4.615e-3  # 3GPP TS 45.002
WINDOW_S = 1.0
INSTRUMENTS: tuple[Instrument, ...] = ("xray_baggage", "trace", "raman", "dog")
DECISIONS: tuple[Decision, ...] = ("clear", "clear", "clear", "suspect", "alarm")


class Fence:
    """One zone of a fence, beside its mounting."""

    def __init__(self, world: World, sensor: str, mounting: Mounting) -> None:
        self._world = world
        self._sensor = sensor
        self._place_m = place_m(mounting)

    def observe(self, stamp: Stamp) -> Iterator[Timed[bytes]]:
        """Give an event at each change, and one at the start."""
        was: bool | None = None
        for second in range(int(self._world.scene.length_s) + 1):
            rng = generator(self._world.scene.seed, self._sensor, second)
            climbed = any(
                body.kind == "person"
                and float(np.linalg.norm(body.position_m[:2] - self._place_m[:2])) < FELT_M
                for body in self._world.at(second)
            )
            alarm = climbed or bool(rng.random() < WIND)
            if alarm == was:
                continue
            was = alarm
            event = FenceEvent(
                time_ns=stamp(second),
                zone="F1",
                state="alarm" if alarm else "secure",
                cause="climb" if climbed else "vibration" if alarm else "unknown",
                distance_m=12.5 if alarm else None,
                wind_m_s=round(float(rng.weibull(2.0) * 6), 1),
            )
            yield Timed(float(second), fence_zone.encode(event, second, self._sensor))


class Phones:
    """A detector of energy in one band."""

    def __init__(self, world: World, sensor: str) -> None:
        self._world = world
        self._sensor = sensor

    def observe(self, stamp: Stamp) -> Iterator[Timed[bytes]]:
        """Give one event for each window in which anything sent."""
        for second in range(int(self._world.scene.length_s) + 1):
            rng = generator(self._world.scene.seed, self._sensor, second)
            if rng.random() >= PHONES:
                continue
            energy = PhoneEnergy(
                time_ns=stamp(second),
                band="880-915",
                technology="gsm",
                peak_dbm=round(float(rng.normal(-50, 8)), 1),
                floor_dbm=-92.0,
                burst_s=GSM_BURST_S,
                bursts=int(WINDOW_S / GSM_PERIOD_S),
                window_s=WINDOW_S,
            )
            yield Timed(float(second), phone_energy.encode(energy, second, self._sensor))


class Screening:
    """The instruments at the gate: a result a second, most of them clear."""

    def __init__(self, world: World, sensor: str) -> None:
        self._world = world
        self._sensor = sensor

    def observe(self, stamp: Stamp) -> Iterator[Timed[bytes]]:
        """Give each result."""
        for second in range(int(self._world.scene.length_s) + 1):
            rng = generator(self._world.scene.seed, self._sensor, second)
            device = INSTRUMENTS[int(rng.integers(len(INSTRUMENTS)))]
            decision = DECISIONS[int(rng.integers(len(DECISIONS)))]
            positive = decision in ("suspect", "alarm")
            result = ScreeningResult(
                time_ns=stamp(second),
                device=device,
                decision=decision,
                threat_classes=("drugs",) if positive else (),
                substances=(Substance(name="cocaine", cas="50-36-2"),)
                if positive and device in ("trace", "raman")
                else (),
                operator_ref="op-7",
                image=ImageReference(sha256=rng.bytes(32).hex(), uid="1.2.3")
                if device == "xray_baggage"
                else None,
            )
            yield Timed(float(second), screening_result.encode(result, second, self._sensor))
