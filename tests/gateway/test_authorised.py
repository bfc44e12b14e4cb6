from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from havik.config.loader import SettingsError
from havik.config.settings import Authorised, Settings, SiteSection, Zone
from havik.drivers.readings import Position, RemoteIdReport
from havik.gateway.authorised import authorised_problems, expired
from havik.gateway.check import load_site
from havik.gateway.detect import ClaimEvidence
from havik.gateway.fusion import Fusion, Told
from havik.gateway.messages import Incident, NotedFlight

SITE = SiteSection(name="noord", latitude_deg=54.0, longitude_deg=4.0)
BEGINS = datetime(2026, 11, 25, 18, tzinfo=UTC)
ENTRY = Authorised(
    serial_number="MFR1C123456789ABC",
    begins=BEGINS,
    ends=BEGINS + timedelta(hours=1),
    approved_by="perm-17",
)
YARD = Zone(id="yard-b", kind="yard", corners_m=((-50, -50), (50, -50), (50, 50), (-50, 50)))
NOW_NS = int(BEGINS.timestamp() * 1e9)


def told(entry: Authorised, after_s: float = 60.0, **values: object) -> list[Told]:
    """What one claim of an aircraft in the air over the site leads to."""
    fusion = Fusion(Settings(site=SITE, zones=(YARD,), authorised=(entry,)))
    time_ns = NOW_NS + int(after_s * 1e9)
    report = RemoteIdReport(
        time_ns=time_ns,
        transmitter="AA",
        serial_number="MFR1C123456789ABC",
        operational_status=2,
        position=Position(latitude_deg=54.0, longitude_deg=4.0, altitude_hae_m=40.0),
    )
    return fusion.take(ClaimEvidence("rid", time_ns, replace(report, **values), SITE))


def noted(messages: list[Told]) -> list[NotedFlight]:
    return [one for one in messages if isinstance(one, NotedFlight)]


def alarms(messages: list[Told]) -> list[Incident]:
    return [one for one in messages if isinstance(one, Incident)]


def test_a_match_is_noted_and_says_that_it_rests_on_the_claim_alone() -> None:
    messages = told(ENTRY)
    (note,) = noted(messages)
    assert (note.approved_by, note.basis, note.claim) == (
        "perm-17",
        "claimed",
        "serial:MFR1C123456789ABC",
    )
    assert alarms(messages) == []


@pytest.mark.parametrize(
    ("entry", "after_s"),
    [
        (ENTRY, -1.0),
        (ENTRY, 3601.0),
        (replace(ENTRY, serial_number="MFR1C123456789ABD"), 60.0),
        (replace(ENTRY, serial_number=None, operator_id="OP-2"), 60.0),
        (replace(ENTRY, zone="elsewhere"), 60.0),
    ],
    ids=["too early", "too late", "another aircraft", "another operator", "another zone"],
)
def test_whatever_does_not_match_is_an_alarm(entry: Authorised, after_s: float) -> None:
    messages = told(entry, after_s)
    assert noted(messages) == []
    assert len(alarms(messages)) == 1


def test_an_operator_and_a_zone_match_too() -> None:
    entry = replace(ENTRY, serial_number=None, operator_id="OP-1", zone="yard-b")
    assert len(noted(told(entry, operator_id="OP-1"))) == 1


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ((replace(ENTRY, operator_id="OP-1"),), "name either"),
        ((replace(ENTRY, serial_number=None),), "name either"),
        ((replace(ENTRY, ends=BEGINS),), "ends before it begins"),
        ((replace(ENTRY, zone="yard-c"),), "no zone yard-c; there are: yard-b"),
        ((ENTRY, replace(ENTRY, approved_by="perm-18")), "overlaps with authorised[0]"),
        ((replace(ENTRY, ends=datetime(2026, 11, 26, 18)),), "need an offset"),  # noqa: DTZ001
    ],
)
def test_a_wrong_entry_is_named(entries: tuple[Authorised, ...], problem: str) -> None:
    (line,) = authorised_problems(entries, (YARD,))
    assert problem in line


def test_entries_that_follow_each_other_do_not_overlap() -> None:
    later = replace(ENTRY, begins=ENTRY.ends, ends=ENTRY.ends + timedelta(hours=1))
    assert list(authorised_problems((ENTRY, later), ())) == []


def test_an_entry_that_is_over_is_named() -> None:
    assert list(expired((ENTRY,), ENTRY.ends - timedelta(seconds=1))) == []
    (line,) = expired((ENTRY,), ENTRY.ends)
    assert line.startswith("`authorised[0].ends`") and "remove" in line


def test_a_list_may_lie_in_a_file_of_its_own(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(
        'authorised_file = "flights.toml"\n[site]\n'
        'name = "n"\nlatitude_deg = 54\nlongitude_deg = 4\n'
    )
    flights = tmp_path / "flights.toml"
    flights.write_text(
        '[[authorised]]\nserial_number = "S"\nbegins = 2026-11-25T18:00:00Z\n'
        'ends = 2026-11-25T19:00:00Z\napproved_by = "perm-17"\n'
    )
    assert load_site(site).authorised == (
        Authorised(
            serial_number="S",
            begins=BEGINS,
            ends=BEGINS + timedelta(hours=1),
            approved_by="perm-17",
        ),
    )
    flights.write_text('[[authorised]]\napproved_by = "Jan de Vries"\n')
    with pytest.raises(SettingsError, match=r"flights\.toml: `authorised\[0\]"):
        load_site(site)
