"""A scene played: every device in a task of its own, on one clock."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from .clock import Clock
from .instrument import Instrument, Stamp, Timed
from .truth import Row

Send = Callable[[bytes], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Device:
    """One simulated device and its wire."""

    name: str
    instrument: Instrument
    send: Send


async def play(devices: Iterable[Device], clock: Clock) -> None:
    """Play the scene to its end; the first wire that fails ends it for all."""
    async with asyncio.TaskGroup() as tasks:
        for device in devices:
            tasks.create_task(_run(device, clock), name=f"simulate {device.name}")


async def _run(device: Device, clock: Clock) -> None:
    for sent in device.instrument.observe(clock.stamp):
        await clock.until(sent.time_s)
        await device.send(sent.what)


async def tell(rows: Iterable[Row], clock: Clock, write: Callable[[Row], object]) -> None:
    """Tell the truth beside the scene, each row at its time."""
    for row in rows:
        await clock.until(row.time_s)
        write(row)


def in_order(
    instruments: Mapping[str, Instrument], stamp: Stamp
) -> Iterator[tuple[str, Timed[bytes]]]:
    """Give the whole scene without waiting: who sends what when, in order of time."""
    streams = [_named(name, tool.observe(stamp)) for name, tool in instruments.items()]
    return heapq.merge(*streams, key=lambda sent: sent[1].time_s)


def _named(name: str, stream: Iterator[Timed[bytes]]) -> Iterator[tuple[str, Timed[bytes]]]:
    return ((name, sent) for sent in stream)
