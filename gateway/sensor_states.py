"""When each sensor came and went, for the log: every change, but no flood of a sensor that flaps.

Six changes in ten minutes are a sensor that flaps: that is told once, and what it is again when it
has kept one state for ten minutes. In between it counts as out of service: nobody can rely on it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from .health import State

FLAPS_AT = 6
FLAPS_WITHIN_NS = 600 * 10**9
QUIET_NS = 600 * 10**9

SENSOR = "sensor-"
"""Before the state, the action of an audit entry: `sensor-offline`."""
FLAPPING = "sensor-flapping"


class Change(NamedTuple):
    """An audit entry's action, subject and text."""

    action: str
    sensor: str
    text: str | None


@dataclass(slots=True)
class _Known:
    state: State | None = None
    changed_ns: int = 0
    recent: deque[int] = field(default_factory=lambda: deque[int](maxlen=FLAPS_AT))
    flapping: bool = False
    changes: int = 0  # while it flaps


class SensorStates:
    """States in, changes worth a record out; time is passed in."""

    def __init__(self) -> None:
        self._sensors: dict[str, _Known] = {}

    def take(self, sensor: str, state: State, reason: str | None, now_ns: int) -> Change | None:
        """Note the state of now; give the change if it is to be recorded."""
        known = self._sensors.setdefault(sensor, _Known())
        if state == known.state:
            if known.flapping and now_ns - known.changed_ns >= QUIET_NS:
                known.flapping = False
                known.recent.clear()
                return Change(SENSOR + state, sensor, f"after {known.changes} changes")
            return None
        known.state, known.changed_ns = state, now_ns
        known.recent.append(now_ns)
        if known.flapping:
            known.changes += 1
            return None
        if len(known.recent) == FLAPS_AT and now_ns - known.recent[0] <= FLAPS_WITHIN_NS:
            known.flapping, known.changes = True, FLAPS_AT
            return Change(FLAPPING, sensor, f"{FLAPS_AT} changes in ten minutes")
        return Change(SENSOR + state, sensor, reason)
