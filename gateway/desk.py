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
from .commands import Acknowledge, AnyCommand, Close, Note, RecordFind, Release, command_id, read
from .errors import UsageError
from .finds import make_find
from .incidents import Incidents, RefusedError
from .messages import Audit, Find, Incident, Recorded, Reply, new_id

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
    changes : tuple of Incident or Find
        For consoles.
    reply : Reply or None
        When `records` are durable; None where nobody can be answered.
    """

    records: tuple[Recorded, ...] = ()
    changes: tuple[Incident | Find, ...] = ()
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
    """

    def __init__(
        self, site: SiteSection, incidents: Incidents, answered: Mapping[str, str]
    ) -> None:
        self._site = site
        self._incidents = incidents
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
        return replace(answer.reply, outcome="refused", reason=reason, subject=None)

    def _do(self, command: AnyCommand, now_ns: int) -> tuple[Incident | Find, ...]:
        incidents = self._incidents
        match command:
            case Acknowledge():
                return (incidents.acknowledge(command.incident, command.by, now_ns),)
            case Note():
                return (incidents.note(command.incident, command.by, command.text, now_ns),)
            case Release():
                return (incidents.release(command.incident, command.zone, command.by, now_ns),)
            case Close():
                return (incidents.close(command.incident, command.by, command.text, now_ns),)
            case RecordFind():
                find = make_find(self._site, command, now_ns)
                linked = () if find.incident is None else (incidents.record(find, now_ns),)
                return (find, *linked)

    def _audit(self, command: AnyCommand, subject: str, now_ns: int) -> Audit:
        by = command.finder_role if isinstance(command, RecordFind) else command.by
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


def _subject(change: Incident | Find) -> str:
    return change.find if isinstance(change, Find) else change.incident
