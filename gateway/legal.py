"""Whether the maker's DroneID payload may be read: what the site's settings say, and until when.

The payload holds the serial number of an aircraft and where its operator stands: personal data.
Seeing that such a burst is there needs no permission (docs/decisions/0005).
"""

from __future__ import annotations

from datetime import UTC, datetime

from ..config.settings import LegalSection
from ..drivers.readings import RemoteIdReport

NOT_STATED = "not read: the settings state no legal basis"


def may_read_droneid(legal: LegalSection, now_ns: int) -> bool:
    """Whether a basis is stated that has not run out; its last day counts whole, in UTC."""
    basis = legal.droneid_payload
    return basis is not None and datetime.fromtimestamp(now_ns / 1e9, UTC).date() <= basis.expires


def droneid_in_words(legal: LegalSection, now_ns: int) -> str:
    """What is to be said of it in the health, in the log and at the command line."""
    basis = legal.droneid_payload
    if basis is None:
        return NOT_STATED
    if may_read_droneid(legal, now_ns):
        return f"read until {basis.expires}: {basis.basis}; approved by {basis.approved_by}"
    return f"not read: the legal basis ran out on {basis.expires}"


def is_droneid(report: RemoteIdReport) -> bool:
    """Whether a receiver read this out of a DroneID burst for us."""
    return report.transport == "dji-droneid"


def without_payload(report: RemoteIdReport) -> RemoteIdReport:
    """Give of a DroneID burst that a receiver read only that it was there, and how loud."""
    return RemoteIdReport(
        time_ns=report.time_ns,
        receiver=report.receiver,
        transmitter="droneid",
        transport=report.transport,
        level_dbm=report.level_dbm,
        channel=report.channel,
    )
