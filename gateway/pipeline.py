"""The running gateway on one screen: sensors, decisions, consoles and the log, a named task each.

sensors.py ─► evidence ─► fusion.py ─► outbox.py ─► publish.py ─► consoles
                           ▲     │                     │
                desk.py ───┘     └─► log/recorder.py   └─► commands ─► desk.py
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import msgspec

from ..config.settings import Settings
from ..drivers.transport.backoff import LinkState, delays, in_own_task
from .adopt import Adoption
from .broker import from_settings
from .casebook import Casebook
from .desk import Answer, Desk
from .detect import ClaimEvidence, Evidence
from .form.page import make_page
from .form.server import FormServer, access
from .fusion import Fusion, Told
from .lanes import Lane, TwoLanes
from .legal import NOT_STATED, droneid_in_words
from .log.recorder import Recorder, RecordLost
from .log.restore import (
    answered_commands,
    newest_records,
    open_incidents,
    open_proposals,
    shelved_alarms,
)
from .messages import (
    Alarm,
    Audit,
    Custody,
    Find,
    Health,
    Incident,
    NotedFlight,
    Proposal,
    Recorded,
    Reply,
    new_id,
)
from .outbox import Outbox
from .plan import Plan
from .proposals import is_kept
from .publish import GATEWAY, Publisher
from .sensor_states import SensorStates
from .sensors import HEALTH_EVERY_S, SensorFeed

MOST_EVIDENCE = 5000
GIVE_WAY = 200
"""Pieces of evidence, then everything else has its turn."""

TICK_S = 0.1
"""So often claims that wait are told: little by little, so that nothing else waits long."""
ADOPT_EVERY_S = 1.0

_log = logging.getLogger(__name__)


async def run(
    settings: Settings, log_folder: Path, *, now_ns: Callable[[], int] = time.time_ns
) -> None:
    """Run the gateway of one site until cancelled; what was recorded is in the log by then.

    Parameters
    ----------
    settings : Settings
        Checked: its drivers exist, and it names a broker where a sensor needs one.
    log_folder : Path
    now_ns : callable
        The clock (UTC).

    Raises
    ------
    UsageError
        If the log's folder or the broker's password cannot be used.
    """
    async with Recorder(log_folder) as recorder:
        gateway = Gateway(settings, recorder, log_folder, now_ns)
        gateway.audit("gateway-started", _identity(settings))
        try:
            await gateway.run()
        finally:
            gateway.audit("gateway-stopped")


class Gateway:
    """The parts of one running site, and what flows between them."""

    def __init__(
        self, settings: Settings, recorder: Recorder, log_folder: Path, now_ns: Callable[[], int]
    ) -> None:
        self._site = site = settings.site
        self._recorder = recorder
        self._now_ns = now_ns
        self._started_ns = now_ns()
        self._faults: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._evidence: TwoLanes[Evidence] = TwoLanes(
            Lane(MOST_EVIDENCE, self._dropped, "evidence"),
            Lane(MOST_EVIDENCE, self._dropped, "claim"),
            lambda evidence: not isinstance(evidence, ClaimEvidence),
        )
        restored = [one for one in open_incidents(log_folder) if one.site == site.name]
        shelved = [one for one in shelved_alarms(log_folder) if one.site == site.name]
        proposed = [one for one in open_proposals(log_folder) if one.site == site.name]
        self._fusion = Fusion(settings, restored, shelved, proposed)
        records = (one for one in newest_records(log_folder) if one.site == site.name)
        self._casebook = Casebook(records)
        self._desk = Desk(
            site,
            self._fusion.incidents,
            answered_commands(log_folder),
            self._casebook,
            self._fusion.alarms,
            self._fusion.proposals,
        )
        self._states = SensorStates()
        self._adoption = Adoption(log_folder, site.name, self._fusion.incidents)
        self._one_by_one = asyncio.Lock()
        self._outbox = Outbox()
        self._broker_tried = False
        self._legal = settings.legal
        self._legal_said: str | None = None if settings.legal.droneid_payload else NOT_STATED
        self._tell([*restored, *proposed])
        broker = None if settings.broker is None else from_settings(settings.broker)
        plan = Plan(site, settings.zones)
        self._feeds = [
            SensorFeed(site, plan, sensor, broker, self._evidence.put, now_ns, settings.legal)
            for sensor in settings.sensors
        ]
        self._publisher = (
            None
            if broker is None
            else Publisher(
                broker,
                site,
                [sensor.id for sensor in settings.sensors],
                self._outbox,
                self._answer,
                self._on_broker,
                now_ns,
            )
        )

        form = settings.form
        self._form = (
            None
            if form is None
            else FormServer(
                access(form), make_page(site, [zone.id for zone in settings.zones]), self._answer
            )
        )

    async def run(self) -> None:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for feed in self._feeds:
                tasks.create_task(self._keep_up(feed), name=f"sensor {feed.sensor.id}")
            tasks.create_task(self._decide(), name="decide")
            tasks.create_task(self._tick(), name="tick")
            tasks.create_task(self._adopt(), name="adopt")
            if self._publisher is not None:
                tasks.create_task(self._publisher.run(), name="consoles")
            if self._form is not None:
                tasks.create_task(self._form.run(), name="form")

    def audit(self, action: str, text: str | None = None, subject: str | None = None) -> None:
        """Put one of the gateway's own deeds into the log."""
        now_ns = self._now_ns()
        self._record(
            Audit(
                id=new_id(now_ns),
                site=self._site.name,
                time_ns=now_ns,
                mode=self._site.mode,
                action=action,
                subject=subject,
                text=text,
            )
        )

    async def _keep_up(self, feed: SensorFeed) -> None:
        """Start a sensor again whose code failed: its fault must not stop the others."""
        for pause_s in delays(random.Random()):  # pragma: no branch
            try:
                await in_own_task(feed.run())
            except Exception:
                _log.exception("sensor %s failed; it is started again", feed.sensor.id)
                feed.health.refused["internal fault"] += 1
            await asyncio.sleep(pause_s)

    async def _decide(self) -> None:
        """Turn evidence into messages, in the order of its arrival; what is measured goes first."""
        since_pause = 0
        while True:
            evidence = await self._evidence.get()
            since_pause += 1
            if since_pause >= GIVE_WAY:
                since_pause = 0
                await asyncio.sleep(0)
            with self._fault_contained(f"evidence of {evidence.sensor}"):
                self._say(self._fusion.take(evidence))

    async def _tick(self) -> None:
        """End what is over, and tell how the gateway is."""
        told_ns = 0
        while True:
            now_ns = self._now_ns()
            with self._fault_contained("a tick"):
                self._say(self._fusion.tick(now_ns))
            self._audit_legal(now_ns)
            self._audit_sensors(now_ns)
            if now_ns - told_ns >= HEALTH_EVERY_S * 1e9:
                self._outbox.tell(self._health(now_ns))
                told_ns = now_ns
            await asyncio.sleep(TICK_S)

    def _audit_legal(self, now_ns: int) -> None:
        """Log when DroneID payloads begin to be read, on what ground, and when that ran out."""
        said = droneid_in_words(self._legal, now_ns)
        if said != self._legal_said:
            self._legal_said = said
            self.audit("droneid-payload", said)

    def _audit_sensors(self, now_ns: int) -> None:
        """Log when a sensor came or went; one that flaps is told once."""
        for feed in self._feeds:
            state, reason = feed.health.state(now_ns)
            change = self._states.take(feed.sensor.id, state, reason, now_ns)
            if change is not None:
                self.audit(change.action, change.text, change.sensor)

    async def _adopt(self) -> None:
        """Take in the finds that other programs on this machine record in our log."""
        while True:
            with self._fault_contained("finds of other programs"):
                finds, new = await asyncio.to_thread(self._adoption.read)
                for find in finds:
                    self._casebook.note(find)
                self._say(self._adoption.take(finds, self._now_ns(), new=new))
            await asyncio.sleep(ADOPT_EVERY_S)

    async def _answer(self, name: str, payload: bytes) -> Reply | None:
        """Do one command after the other: one that comes twice is answered when it is durable."""
        async with self._one_by_one:
            return await self._do(name, payload)

    async def _do(self, name: str, payload: bytes) -> Reply | None:
        """Do one command; its reply waits for its record, its change for nobody."""
        answer = Answer()
        with self._fault_contained("a command"):
            answer = self._desk.take(name, payload, self._now_ns())
            self._tell(answer.changes)
            for find in answer.changes:
                if isinstance(find, Find):
                    self._adoption.own(find)
            try:
                await self._recorder.submit(*answer.records)
            except (RecordLost, ValueError) as lost:
                return self._desk.take_back(answer, str(lost))
            return answer.reply
        return self._desk.take_back(answer, "an internal fault; it is in the gateway's own output")

    @contextmanager
    def _fault_contained(self, what: str) -> Generator[None, None, None]:
        """Leave one thing out if our own code fails at it: it must not stop the rest."""
        try:
            yield
        except Exception:
            _log.exception("%s: left out", what)
            self._faults["internal fault"] += 1

    def _say(self, told: Iterable[Told]) -> None:
        """Hand messages to consoles and, where they matter for good, to the log."""
        for message in told:
            self._tell([message])
            if isinstance(message, Incident | Find):
                self._casebook.note(message)
            if isinstance(message, Proposal) and not is_kept(message):
                continue
            if isinstance(message, Incident | Find | NotedFlight | Alarm | Proposal):
                self._record(message)

    def _tell(self, messages: Iterable[Told | Custody]) -> None:
        for message in messages:
            try:
                self._outbox.tell(message)
            except ValueError as error:  # not finite: no console can read that
                self._faults[str(error)] += 1

    def _record(self, message: Recorded) -> None:
        try:
            self._recorder.submit(message).add_done_callback(_seen)
        except ValueError as error:
            self._faults[str(error)] += 1

    def _on_broker(self, state: LinkState) -> None:
        if state.up:
            _log.info("connected to the broker")
        elif self._broker_tried:
            _log.warning("%s; trying again", state.reason)
        self._broker_tried = True

    def _health(self, now_ns: int) -> Health:
        recorder = self._recorder
        dropped = self._dropped + self._outbox.dropped + self._fusion.dropped
        if recorder.dropped:
            dropped["record"] = recorder.dropped
        return Health(
            id=new_id(now_ns),
            site=self._site.name,
            time_ns=now_ns,
            mode=self._site.mode,
            sensor=GATEWAY,
            state="degraded" if recorder.failing else "online",
            since_ns=self._started_ns,
            reason=recorder.failing,
            last_reading_ns=None,
            refused=dict(self._faults),
            dropped=dict(dropped),
            details={
                "log_entries": float(recorder.entries),
                "log_waiting": float(recorder.waiting),
                "open_incidents": float(len(self._fusion.incidents.open)),
            },
        )


def _identity(settings: Settings) -> str:
    """Which software runs, and on which settings; no password stands in them."""
    digest = sha256(msgspec.json.encode(settings)).hexdigest()
    return f"havik {version('havik')}, settings sha256 {digest}"


def _seen(recorded: asyncio.Future[None]) -> None:
    """A record that was let go of is counted by the recorder; nobody else waits for it here."""
    if not recorded.cancelled():
        recorded.exception()
