"""The events of the gate's and the yard's sensors as columns for people."""

from __future__ import annotations

from ...drivers.readings import (
    ContactStates,
    FenceEvent,
    PanelEvent,
    PhoneEnergy,
    PortalCount,
    ScreeningResult,
)

Event = PanelEvent | PortalCount | ContactStates | FenceEvent | PhoneEnergy | ScreeningResult


def event_columns(event: Event) -> list[str]:
    """Give what a person looks for in an event."""
    match event:
        case PanelEvent():
            number = f"no. {event.sequence:04d}"
            return [event.account, number, event.code, f"zone {event.zone or '-'}"]
        case PortalCount():
            reset = "counters reset" if event.counter_reset else ""
            told = f"{event.alarms} alarms, {event.alarms_metal} by metal"
            return [f"{event.passages} passages", told, reset]
        case ContactStates():
            faults = [*["tamper"] * event.tamper, *["power fail"] * event.power_fail]
            return [" ".join(event.states), *faults]
        case FenceEvent():
            return [event.zone, event.state, event.cause]
        case PhoneEnergy():
            return [f"{event.band} MHz", f"{event.peak_dbm:.1f} dBm", f"{event.bursts} bursts"]
        case ScreeningResult():
            names = [one.name for one in event.substances]
            return [event.device, event.decision, " ".join((*event.threat_classes, *names))]
