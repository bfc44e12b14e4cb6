"""What each reading of the gate and the yard means to the alarm rules."""

from __future__ import annotations

import pytest

from havik.drivers.readings import (
    ContactStates,
    FenceEvent,
    PanelEvent,
    PortalCount,
    Reading,
    ScreeningResult,
)
from havik.gateway.signals import is_foreign, signals

FENCE = FenceEvent(time_ns=0, zone="F1", state="alarm")
PANEL = PanelEvent(time_ns=0, account="4711", sequence=1, code="BA", zone="012")
PORTAL = PortalCount(time_ns=0, passages=9, alarms=2, alarms_metal=1)

TABLE: dict[str, tuple[Reading, list[tuple[str, str, bool]]]] = {
    "a fence": (FENCE, [("s-F1", "intrusion", True), ("s-F1-fault", "fault", False)]),
    "a fence that is cut off": (
        FenceEvent(time_ns=0, zone="F1", state="comm_fail"),
        [("s-F1-fault", "fault", True)],
    ),
    "burglary": (PANEL, [("s-4711-012-B", "intrusion", True)]),
    "its restoral": (
        PanelEvent(time_ns=0, account="4711", sequence=2, code="BR", zone="012"),
        [("s-4711-012-B", "intrusion", False)],
    ),
    "a code without meaning here": (
        PanelEvent(time_ns=0, account="4711", sequence=2, code="RP"),
        [],
    ),
    "a cut wire is a fault, not an alarm's end": (
        ContactStates(time_ns=0, states=("open",)),
        [("s-0-fault", "fault", True), ("s-fault", "fault", False)],
    ),
    "no new alarm": (PORTAL, []),
    "a clear result": (ScreeningResult(time_ns=0, device="dog", decision="clear"), []),
    "a positive result": (
        ScreeningResult(time_ns=0, device="dog", decision="alarm"),
        [("s", "screening", True), ("s", "screening", False)],
    ),
}


@pytest.mark.parametrize(("reading", "expected"), TABLE.values(), ids=TABLE)
def test_each_reading_gives_its_signals(
    reading: Reading, expected: list[tuple[str, str, bool]]
) -> None:
    assert [(one.source, one.kind, one.active) for one in signals("s", reading, 5)] == expected


def test_a_contact_means_what_the_site_says() -> None:
    opened = ContactStates(time_ns=0, states=("alarm",))
    first = next(signals("s", opened, 5, "screening"))
    assert (first.kind, first.active) == ("screening", True)


def test_a_test_never_reaches_a_live_site() -> None:
    tested = FenceEvent(time_ns=0, zone="F1", state="alarm", mode="test")
    assert is_foreign(tested, "live") and not is_foreign(tested, "test")
    assert not is_foreign(FENCE, "live")
