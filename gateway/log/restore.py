"""What a gateway that starts again must know of the time before: read from the central log."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec

from ..messages import Alarm, Audit, Custody, Find, Incident, Proposal
from . import folder as place
from .entries import schema_of
from .reading import LogReader

_logger = logging.getLogger(__name__)

Kind = TypeVar("Kind", Incident, Find, Audit, Alarm, Custody, Proposal)


def open_incidents(folder: Path) -> list[Incident]:
    """Give the newest version of each incident that is not closed, by its first contact.

    Without a log there are none.

    Raises
    ------
    UsageError
        If the log cannot be read.
    """
    newest: dict[str, Incident] = {}
    for incident in _recorded(folder, Incident):
        known = newest.get(incident.incident)
        if known is None or incident.version >= known.version:
            newest[incident.incident] = incident
    still_open = [incident for incident in newest.values() if incident.state != "closed"]
    return sorted(still_open, key=lambda incident: incident.first_contact_ns)


def newest_records(folder: Path, most: int = 2_000) -> list[Find | Incident | Custody]:
    """Give the newest `most` finds, incidents and handovers, of all sites, oldest first.

    Raises
    ------
    UsageError
        If the log cannot be read.
    """
    kept: list[Find | Incident | Custody] = []
    with closing(_recorded(folder, Find, newest_first=True)) as finds:
        kept += islice(finds, most)
    with closing(_recorded(folder, Incident, newest_first=True)) as incidents:
        kept += islice(incidents, most)
    with closing(_recorded(folder, Custody, newest_first=True)) as handovers:
        kept += islice(handovers, most)
    return kept[::-1]


def shelved_alarms(folder: Path, most: int = 10_000) -> list[Alarm]:
    """Give the newest word of each alarm source that is on a shelf, of the newest `most`.

    Raises
    ------
    UsageError
        If the log cannot be read.
    """
    newest: dict[str, Alarm] = {}
    with closing(_recorded(folder, Alarm, newest_first=True)) as alarms:
        for alarm in islice(alarms, most):
            newest.setdefault(f"{alarm.site}/{alarm.source}", alarm)
    return [alarm for alarm in newest.values() if alarm.shelved is not None]


def open_proposals(folder: Path, most: int = 10_000) -> list[Proposal]:
    """Give the proposals that wait for a person, of the newest `most` words about any.

    Raises
    ------
    UsageError
        If the log cannot be read.
    """
    newest: dict[str, Proposal] = {}
    with closing(_recorded(folder, Proposal, newest_first=True)) as proposals:
        for proposal in islice(proposals, most):
            newest.setdefault(proposal.proposal, proposal)
    return [one for one in newest.values() if one.state == "open"][::-1]


def answered_commands(folder: Path, most: int = 10_000) -> dict[str, str]:
    """Give the subject of each of the newest `most` commands by the command's id, oldest first.

    Raises
    ------
    UsageError
        If the log cannot be read.
    """
    answered: dict[str, str] = {}
    with closing(_recorded(folder, Audit, newest_first=True)) as audits:
        while len(answered) < most and (audit := next(audits, None)) is not None:
            if audit.action == "command" and audit.text is not None:
                answered.setdefault(audit.text, audit.subject or "")
    return dict(reversed(answered.items()))


def _recorded(folder: Path, kind: type[Kind], *, newest_first: bool = False) -> Generator[Kind]:
    """Read all messages of one kind; one that cannot be read does not stop the others."""
    if not (folder / place.LOG).is_file():
        return
    kinds = [schema_of(kind)]
    with LogReader.open(folder) as log:
        entries = log.newest(kinds) if newest_first else log.entries(kinds=kinds)
        for entry in entries:
            try:
                message = entry.message()
            except msgspec.DecodeError as error:
                _logger.warning("entry %d of the central log is left out: %s", entry.index, error)
                continue
            if isinstance(message, kind):
                yield message
