"""What the sensors of the gate and the yard say, as signals for the alarm rules.

Never a find: a portal or an instrument that goes off is an event that people hear of, and a person
records what was found. What comes in another mode than the site's is let go of.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..drivers.readings import (
    ContactStates,
    FenceEvent,
    PanelEvent,
    PhoneEnergy,
    PortalCount,
    Reading,
    ScreeningResult,
)
from .alarms import Signal
from .messages import AlarmKind, Mode

POSITIVE = ("suspect", "alarm")
FAULTS = ("fault", "tamper", "comm_fail", "diag_warning", "diag_fatal")

PANEL_CODES: dict[str, tuple[AlarmKind, bool]] = {
    "BA": ("intrusion", True),  # burglary, and its restoral (SIA DC-03)
    "BR": ("intrusion", False),
    "PA": ("intrusion", True),  # panic
    "PR": ("intrusion", False),
    "TA": ("fault", True),  # tamper
    "TR": ("fault", False),
    "YT": ("fault", True),  # the system's battery
    "YR": ("fault", False),
}


def is_foreign(reading: Reading, mode: Mode) -> bool:
    """Whether an event was made in another mode than the site's, such as a test."""
    if not isinstance(reading, FenceEvent | PhoneEnergy | ScreeningResult):
        return False
    return reading.mode not in ("live", mode)


def signals(
    sensor: str, reading: Reading, time_ns: int, contact: AlarmKind = "intrusion"
) -> Iterator[Signal]:
    """Give the signals in one reading of `sensor`.

    Parameters
    ----------
    sensor : str
    reading : Reading
    time_ns : int
        When it was true (UTC).
    contact : {"intrusion", "screening"}
        What it means when a contact of this sensor opens.
    """
    signal = partial(_signal, sensor, time_ns)
    match reading:
        case FenceEvent():
            name = f"{sensor}-{reading.zone}"
            fault = reading.state in FAULTS
            if not fault:
                yield signal(name, "intrusion", active=reading.state == "alarm")
            yield signal(f"{name}-fault", "fault", active=fault)
        case PanelEvent() if reading.code in PANEL_CODES:
            kind, active = PANEL_CODES[reading.code]
            name = f"{sensor}-{reading.account}-{reading.zone or 0}-{reading.code[0]}"
            yield signal(name, kind, active=active)
        case ContactStates():
            yield from _contacts(sensor, reading, time_ns, contact)
        case PortalCount(new_alarms=new) if new > 0:
            yield from _pulse(sensor, time_ns)
        case ScreeningResult(decision=decision) if decision in POSITIVE:
            yield from _pulse(sensor, time_ns)
        case PhoneEnergy(bursts=bursts) if bursts > 0:
            yield from _pulse(sensor, time_ns)
        case _:
            pass


def _signal(sensor: str, time_ns: int, source: str, kind: AlarmKind, *, active: bool) -> Signal:
    return Signal(source=source, kind=kind, sensor=sensor, time_ns=time_ns, active=active)


def _pulse(sensor: str, time_ns: int) -> Iterator[Signal]:
    """Give what goes off and is over at once."""
    yield _signal(sensor, time_ns, sensor, "screening", active=True)
    yield _signal(sensor, time_ns, sensor, "screening", active=False)


def _contacts(
    sensor: str, reading: ContactStates, time_ns: int, contact: AlarmKind
) -> Iterator[Signal]:
    signal = partial(_signal, sensor, time_ns)
    for number, state in enumerate(reading.states):
        name = f"{sensor}-{number}"
        broken = state in ("short", "open")
        if not broken:
            yield signal(name, contact, active=state == "alarm")
        yield signal(f"{name}-fault", "fault", active=broken)
    trouble = reading.tamper or reading.power_fail
    yield signal(f"{sensor}-fault", "fault", active=trouble)
