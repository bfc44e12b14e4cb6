"""A scene played: every device in a task of its own, on one clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from .clock import Clock
from .instrument import Instrument
from .truth import DropRow, TruthRow

Send = Callable[[bytes], Awaitable[None]]


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


async def tell(
    rows: Iterable[TruthRow | DropRow], clock: Clock, write: Callable[[TruthRow | DropRow], object]
) -> None:
    """Tell the truth beside the scene, each row at its time."""
    for row in rows:
        await clock.until(row.time_s)
        write(row)
