"""One moving thing, as the sensors together know it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ..signal.tracking.motion import Motion
from .claims import ClaimedAircraft
from .plan import Vector
from .support import Verdict

ThingClass = Literal["drone", "bird", "person", "vehicle", "unknown"]
CLASSES: tuple[ThingClass, ...] = ("drone", "bird", "person", "vehicle", "unknown")
"""In the order of the class likelihoods that come with a radar's plots."""

SURE = 0.95
"""A class by what radars see of it counts when it is so probable, all classes alike before."""

BY_MOTION = 0.9  # of simulated nights, nearly all; what a kestrel in the wind leaves
BY_CLAIM = 0.7


@dataclass(slots=True)
class Thing:
    """One moving thing."""

    track: str
    first_seen_ns: int
    last_seen_ns: int
    motion: Motion  # as the radars measured it
    claimed_motion: Motion
    radar: int | None = None
    claim: ClaimedAircraft | None = None
    sensors: set[str] = field(default_factory=set[str])
    place_m: Vector | None = None
    velocity_m_s: Vector | None = None
    accuracy_m: float | None = None
    covariance_m2: Vector | None = None
    height_known: bool = True
    measured_ns: int = 0
    claimed_ns: int = 0
    class_logs: Vector | None = None
    agreements: dict[int, int] = field(default_factory=dict[int, int])
    offsets_m: dict[int, Vector] = field(default_factory=dict[int, Vector])
    verdict: Verdict = field(default_factory=Verdict)
    told_ns: int = 0

    @property
    def is_drone(self) -> bool:
        """Whether it is a drone by its motion or its echo.

        A claim to move like one is believed too: nobody gains by it.
        """
        moves = "drone" in (self.motion.classify(), self.claimed_motion.classify())
        return moves or (self.motion.airborne and self._seen_as()[0] == "drone")

    @property
    def hovering(self) -> bool:
        """Whether it hovers now, by measurement or by its own claim."""
        return self.motion.hovering or self.claimed_motion.hovering

    @property
    def airborne(self) -> bool:
        """Whether it flies, by measurement or by its own claim."""
        return self.motion.airborne or self.claimed_motion.airborne

    def judged(self) -> tuple[ThingClass, float | None]:
        """What it is, and how sure that is; a class that is not known has no confidence."""
        by_motion = self.motion.classify()
        seen, confidence = self._seen_as()
        if by_motion == "drone":
            return "drone", max(BY_MOTION, confidence if seen == "drone" else 0.0)
        if self.claim is not None:
            return "drone", BY_CLAIM
        if by_motion == "unknown" and seen != "unknown":
            return seen, confidence
        return by_motion, None if by_motion == "unknown" else BY_MOTION

    def _seen_as(self) -> tuple[ThingClass, float]:
        """The class by the radars' likelihoods, if it is sure."""
        logs = self.class_logs
        if logs is None or not logs.any():
            return "unknown", 0.0
        shares = np.exp(logs - logs.max())
        best = int(shares.argmax())
        confidence = round(float(shares[best] / shares.sum()), 3)
        return (CLASSES[best], confidence) if confidence >= SURE else ("unknown", 0.0)
