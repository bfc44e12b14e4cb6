"""Simulated things at the gate: a metal portal's counters, and a module of contacts.

The wire formats are those of drivers/contraband/ceia_ac.py and contact_io.py. The rates are a busy
visiting hour's, made up: nobody measured one. A portal alarms for metal, and at random as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...drivers.contraband import ceia_ac, contact_io
from ...drivers.readings import ContactStates, LineState, PortalCount
from ..instrument import Stamp, Timed
from ..scene import World, generator

ASKED_EVERY_S = 2.0
PASSAGES_A_S = 0.2
METAL, AT_RANDOM = 0.10, 0.05
POLLED_EVERY_S = 0.1
OPENED, CLOSED_AGAIN = 0.01, 0.1
"""Chances of a contact in one poll."""


class Portal:
    """A metal portal that answers a request for its counters every two seconds."""

    def __init__(self, world: World, sensor: str) -> None:
        self._world = world
        self._sensor = sensor

    def observe(self, stamp: Stamp) -> Iterator[Timed[bytes]]:
        """Give who it is, and its counters."""
        yield Timed(0.0, b"WHO 02PN20\r")
        rng = generator(self._world.scene.seed, self._sensor)
        passages, alarms, metal = 10_000, 2_350, 1_500  # the manual's own example
        time_s = 0.0
        while time_s <= self._world.scene.length_s:
            count = PortalCount(
                time_ns=stamp(time_s), passages=passages, alarms=alarms, alarms_metal=metal
            )
            yield Timed(time_s, ceia_ac.encode(count))
            time_s += ASKED_EVERY_S
            new = int(rng.poisson(PASSAGES_A_S * ASKED_EVERY_S))
            by_metal = int(rng.binomial(new, METAL))
            passages += new
            metal += by_metal
            alarms += by_metal + int(rng.binomial(new - by_metal, AT_RANDOM))


class Contacts:
    """A module of eight supervised contacts, polled ten times a second."""

    def __init__(self, world: World, sensor: str) -> None:
        self._world = world
        self._sensor = sensor

    def observe(self, stamp: Stamp) -> Iterator[Timed[bytes]]:
        """Give the answer to each poll."""
        rng = generator(self._world.scene.seed, self._sensor)
        states: list[LineState] = ["normal"] * contact_io.Options().inputs
        polls = int(self._world.scene.length_s / POLLED_EVERY_S) + 1
        for number in range(polls):
            time_s = number * POLLED_EVERY_S
            for n, drawn in enumerate(rng.random(len(states)).tolist()):
                if states[n] == "normal" and drawn < OPENED:
                    states[n] = "alarm"
                elif states[n] != "normal" and drawn < CLOSED_AGAIN:
                    states[n] = "normal"
            told = ContactStates(time_ns=stamp(time_s), states=tuple(states))
            yield Timed(time_s, contact_io.encode(told, transaction=number))
