"""What consoles ask: each command is done once, and answered when its record is durable.

A command that comes again (MQTT's QoS 1 may deliver twice, and a kill may fall between record and
answer) is answered again and recorded once: its audit entry holds its id.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from ..config.settings import SiteSection
from . import workflow
from .alarms import Alarms
from .casebook import Casebook, suggest
from .commands import (
    Acknowledge,
    AnyCommand,
    Check,
    Close,
    CloseSearch,
    CorrectFind,
    Dispatch,
    HandOver,
    Link,
    Note,
    OpenSearch,
    RecordFind,
    Release,
    Shelve,
    Suspect,
    Unshelve,
    command_id,
    read,
)
from .corrections import corrected
from .custody import make_custody
from .errors import UsageError
from .finds import make_find, moment_ns, outcome_of
from .incidents import MOST_STEPS, Incidents, RefusedError
from .messages import Alarm, Audit, Custody, Find, Incident, Proposal, Recorded, Reply, new_id
from .proposals import Proposals

Change = Incident | Find | Custody | Alarm | Proposal
IncidentCommand = (
    Acknowledge | Note | Dispatch | Suspect | OpenSearch | Check | CloseSearch | Release | Close
)

MOST_REMEMBERED = 10_000
MOST_BYTES = 1 << 16
"""Of one command; a find with as many items as it may have takes less than half."""

COMMAND = "command"
"""The action of the audit entry that each accepted command leaves; its text is the command's id."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command leads to.

    Parameters
    ----------
    records : tuple of Recorded
        For the log, together or not at all.
    changes : tuple of Incident, Find, Custody, Alarm or Proposal
        For consoles.
    reply : Reply or None
        When `records` are durable; None where nobody can be answered.
    """

    records: tuple[Recorded, ...] = ()
    changes: tuple[Change, ...] = ()
    reply: Reply | None = None


class Desk:
    """Commands in, answers out; no I/O, time is passed in.

    Parameters
    ----------
    site : SiteSection
    incidents : Incidents
        Which the commands change.
    answered : mapping of str to str
        The subjects of the commands of earlier runs, by command id.
    casebook : Casebook, optional
        The finds and incidents that may be linked; those of this desk alone without it.
    alarms : Alarms, optional
        Which may be shelved.
    proposals : Proposals, optional
        Which a find may confirm.
    """

    def __init__(
        self,
        site: SiteSection,
        incidents: Incidents,
        answered: Mapping[str, str],
        casebook: Casebook | None = None,
        alarms: Alarms | None = None,
        proposals: Proposals | None = None,
    ) -> None:
        self._site = site
        self._incidents = incidents
        self._casebook = Casebook() if casebook is None else casebook
        self._alarms = Alarms(site) if alarms is None else alarms
        self._proposals = Proposals(site) if proposals is None else proposals
        self._answered: OrderedDict[str, str] = OrderedDict(answered)

    def take(self, name: str, payload: bytes, now_ns: int) -> Answer:
        """Do the command `name`."""
        try:
            if len(payload) > MOST_BYTES:
                raise UsageError(f"{len(payload)} bytes are no command; at most {MOST_BYTES}")
            command = read(name, payload)
        except UsageError as error:
            asked = command_id(payload)
            return Answer(reply=None if asked is None else self._refuse(asked, error, now_ns))
        if command.id in self._answered:
            return Answer(reply=self._accept(command.id, self._answered[command.id], now_ns))
        try:
            changes = self._do(command, now_ns)
        except (RefusedError, UsageError) as error:
            return Answer(reply=self._refuse(command.id, error, now_ns))
        subject = _subject(changes[0])
        self._remember(command.id, subject)
        audit = self._audit(command, subject, now_ns)
        return Answer((*changes, audit), changes, self._accept(command.id, subject, now_ns))

    def take_back(self, answer: Answer, reason: str) -> Reply | None:
        """Refuse after all what could not be made durable; asked again, it is tried again."""
        if answer.reply is None:
            return None
        self._answered.pop(answer.reply.command, None)
        for change in answer.changes:
            if isinstance(change, Proposal):
                self._proposals.reopen(change)
        return replace(answer.reply, outcome="refused", reason=reason, subject=None)

    def _do(self, command: AnyCommand, now_ns: int) -> tuple[Change, ...]:
        kept: tuple[Find | Incident | Custody, ...]
        beside: tuple[Proposal, ...] = ()
        match command:
            case RecordFind():
                if command.proposal is not None:
                    self._proposals.require(command.proposal)  # before anything is changed
                kept = self._record(command, now_ns)
                if command.proposal is not None:
                    find = _subject(kept[0])
                    beside = (self._proposals.confirm(command.proposal, find, now_ns),)
            case CorrectFind():
                kept = (corrected(self._find(command.find), command, now_ns),)
            case HandOver():
                steps = self._casebook.custody(command.find)
                kept = (make_custody(self._find(command.find), steps, command, now_ns),)
            case Link():
                kept = self._link(command, now_ns)
            case Shelve(source=source, by=by, reason=reason):
                until_ns = moment_ns("until", command.until)
                return (self._alarms.shelve(source, by, reason, until_ns, now_ns),)
            case Unshelve():
                return (self._alarms.unshelve(command.source, now_ns),)
            case _:
                kept = (self._step(command, now_ns),)
        for change in kept:
            self._casebook.note(change)
        return (*kept, *beside)

    def _step(self, command: IncidentCommand, now_ns: int) -> Incident:
        """Lead an incident one step further."""
        incidents, name, by = self._incidents, command.incident, command.by
        match command:
            case Acknowledge():
                return incidents.acknowledge(name, by, now_ns)
            case Note(text=text):
                return incidents.note(name, by, text, now_ns)
            case Dispatch(unit=unit):
                zone = None if command.zone is None else incidents.zone(command.zone).id
                return incidents.change(
                    name, lambda one: workflow.dispatched(one, by, unit, zone, now_ns), now_ns
                )
            case Suspect():
                return incidents.suspect(name, command.zone, by, now_ns)
            case OpenSearch(unit=who):
                where = incidents.zone(command.zone)
                return incidents.change(
                    name,
                    lambda one: workflow.search_opened(one, where, by, who, now_ns),
                    now_ns,
                )
            case Check(items=items):
                zone_id = incidents.zone(command.zone).id
                return incidents.change(
                    name, lambda one: workflow.checked(one, zone_id, items, by, now_ns), now_ns
                )
            case CloseSearch():
                return incidents.close_search(name, incidents.zone(command.zone).id, by, now_ns)
            case Release():
                return incidents.release(name, command.zone, by, now_ns, command.role)
            case Close():
                outcome = outcome_of(command.outcome)
                return incidents.close(name, by, command.text, now_ns, outcome)

    def _record(self, command: RecordFind, now_ns: int) -> tuple[Find | Incident, ...]:
        """Record a find; one of a closed incident too."""
        find = make_find(self._site, command, now_ns)
        if find.incident is None:
            known = {one.incident: one for one in self._casebook.incidents}
            known.update({one.incident: one for one in self._incidents.open})
            return (replace(find, suggested=suggest(find, list(known.values()))),)
        closed = self._closed(find.incident)
        if closed is None:
            return find, self._incidents.record(find, now_ns)
        after = workflow.linked(closed, find.find, find.finder_role, now_ns)
        return find, workflow.next_version(closed, after, now_ns)

    def _link(self, command: Link, now_ns: int) -> tuple[Find | Incident, ...]:
        """Make the next version of a find, which names its flight, and of the flight."""
        find = self._find(command.find)
        if find.incident is not None:
            raise RefusedError(f"{find.find} is linked to {find.incident} already")
        name, by, closed = command.incident, command.by, self._closed(command.incident)
        if closed is None:
            incident = self._incidents.change(
                name, lambda one: workflow.linked(one, find.find, by, now_ns), now_ns
            )
        else:
            after = workflow.linked(closed, find.find, by, now_ns)
            incident = workflow.next_version(closed, after, now_ns)
        version = replace(
            find,
            id=new_id(now_ns),
            time_ns=now_ns,
            version=find.version + 1,
            incident=name,
            supersedes=find.id,
            corrected_by=by,
        )
        return version, incident

    def _find(self, name: str) -> Find:
        """The newest version of a find that is not too old to be changed here."""
        find = self._casebook.find(name)
        if find is None:
            raise RefusedError(f"no find {name} among the newest; name one that is listed")
        return find

    def _closed(self, name: str) -> Incident | None:
        """A closed incident that is not too old to be changed here."""
        known = self._casebook.incident(name)
        is_open = any(one.incident == name for one in self._incidents.open)
        if known is None or is_open or known.state != "closed":
            return None
        if len(known.steps) >= MOST_STEPS:
            raise RefusedError(f"{name} has {MOST_STEPS} steps and takes no more")
        return known

    def _audit(self, command: AnyCommand, subject: str, now_ns: int) -> Audit:
        match command:
            case RecordFind():
                by = command.finder_role
            case HandOver():
                by = command.receiver
            case _:
                by = command.by
        return Audit(
            id=new_id(now_ns),
            site=self._site.name,
            time_ns=now_ns,
            mode=self._site.mode,
            action=COMMAND,
            subject=subject,
            by=by,
            text=command.id,
        )

    def _accept(self, command: str, subject: str, now_ns: int) -> Reply:
        return Reply(
            id=new_id(now_ns),
            site=self._site.name,
            time_ns=now_ns,
            mode=self._site.mode,
            command=command,
            outcome="accepted",
            subject=subject,
        )

    def _refuse(self, command: str, error: Exception, now_ns: int) -> Reply:
        return Reply(
            id=new_id(now_ns),
            site=self._site.name,
            time_ns=now_ns,
            mode=self._site.mode,
            command=command,
            outcome="refused",
            reason=str(error),
        )

    def _remember(self, command: str, subject: str) -> None:
        self._answered[command] = subject
        while len(self._answered) > MOST_REMEMBERED:
            self._answered.popitem(last=False)


def _subject(change: Change) -> str:
    match change:
        case Find() | Custody():
            return change.find
        case Incident():
            return change.incident
        case Alarm():
            return change.source
        case Proposal():
            return change.proposal
