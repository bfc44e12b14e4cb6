"""Who had what was found: each handover signed for by both sides, and where the chain has a gap.

A chain is unbroken when whoever gives is who took last, time goes forward, and the seal stays the
same and whole. A handover that lies before the one before it is refused; what else is wrong is
recorded as it was, because it happened, and shows as a gap for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .commands import HandOver
from .errors import UsageError
from .finds import AHEAD_NS, moment_ns
from .messages import Custody, Find, new_id


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a chain does not hold.

    Parameters
    ----------
    handover : int
        Counted from 1, in the order of the records.
    item : int
        The line of the find, from 1.
    kind : {"giver", "time", "seal", "broken"}
    text : str
        For a person.
    """

    handover: int
    item: int
    kind: Literal["giver", "time", "seal", "broken"]
    text: str


@dataclass(slots=True)
class _State:
    """Of one line: who has it, since when, under which seal."""

    holder: str | None
    since_ns: int
    seal: str | None


def make_custody(find: Find, steps: Sequence[Custody], command: HandOver, now_ns: int) -> Custody:
    """Make the record of a handover.

    Parameters
    ----------
    find : Find
        Its newest version.
    steps : sequence of Custody
        The handovers before it.
    command : HandOver
    now_ns : int
        The moment of the record (UTC).

    Raises
    ------
    UsageError
        If there is nothing to hand over, giver and receiver are one, or it lies before the find,
        before the handover before it, or in the future.
    """
    if not find.items:
        raise UsageError(f"{find.find}: nothing was found, so nothing is handed over")
    if command.item is not None and command.item > len(find.items):
        raise UsageError(f"item: the find has {len(find.items)} lines; name one of them")
    if command.giver == command.receiver:
        raise UsageError("receiver: who gives and who takes are two; name both")
    at_ns = now_ns if command.handed_at is None else moment_ns("handed_at", command.handed_at)
    shown = command.handed_at or "now"
    if at_ns > now_ns + AHEAD_NS:
        raise UsageError(f"handed_at: {shown} lies in the future; check the date and the offset")
    if at_ns < find.found_at_ns:
        raise UsageError(f"handed_at: {shown} lies before the find; check both moments")
    lines = _lines(find, command.item)
    before = [step.handed_at_ns for step in steps if set(_lines(find, step.item)) & set(lines)]
    if before and at_ns < max(before):
        raise UsageError(
            f"handed_at: {shown} lies before the last handover; a custody step is not backdated"
        )
    return Custody(
        id=new_id(now_ns),
        site=find.site,
        time_ns=now_ns,
        mode=find.mode,
        find=find.find,
        item=command.item,
        giver=command.giver,
        receiver=command.receiver,
        handed_at_ns=at_ns,
        place_ref=command.place_ref,
        seal=command.seal,
        seal_intact=command.seal_intact,
        condition=command.condition,
        reason=command.reason,
        photo_sha256=command.photo_sha256,
    )


def gaps(find: Find, steps: Sequence[Custody]) -> list[Gap]:
    """Find where the chain of a find does not hold.

    Parameters
    ----------
    find : Find
        Its newest version.
    steps : sequence of Custody
        All its handovers, in the order of their records.
    """
    states = {
        line: _State(None, find.found_at_ns, item.seal) for line, item in enumerate(find.items, 1)
    }
    found: list[Gap] = []
    for number, step in enumerate(steps, 1):
        for line in _lines(find, step.item):
            if line in states:
                found += _broken(number, line, step, states[line])
                seal = states[line].seal if step.seal is None else step.seal
                states[line] = _State(step.receiver, step.handed_at_ns, seal)
    return found


def _broken(number: int, line: int, step: Custody, state: _State) -> Iterator[Gap]:
    """Give what is wrong with one handover of one line."""
    if state.holder is not None and step.giver != state.holder:
        text = f"given by {step.giver}, but {state.holder} had it"
        yield Gap(number, line, "giver", text)
    if step.handed_at_ns < state.since_ns:
        yield Gap(number, line, "time", "lies before what went before it")
    if not step.seal_intact:
        yield Gap(number, line, "broken", f"the seal was broken{_because(step)}")
    if state.seal is not None and step.seal != state.seal and step.reason is None:
        now = "no seal was noted" if step.seal is None else f"the seal is {step.seal}"
        yield Gap(number, line, "seal", f"{now}, it was {state.seal}, and no reason is told")


def _because(step: Custody) -> str:
    return "" if step.reason is None else f": {step.reason}"


def _lines(find: Find, item: int | None) -> Sequence[int]:
    return range(1, len(find.items) + 1) if item is None else (item,)
