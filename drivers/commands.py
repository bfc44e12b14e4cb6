"""A list of commands that a device must accept one by one: the dialogue of most devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .errors import DeviceRefused

PATIENCE_S = 1.0
TRIES = 3
MOST_WAITING_BYTES = 1 << 14
"""Of what came, an answer is sought in the last so many bytes."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to tell a device.

    Parameters
    ----------
    name : str
        As an error names it.
    wire : bytes
    """

    name: str
    wire: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device answered.

    Parameters
    ----------
    accepted : bool
    says : str
        In words, for the error.
    end : int
        Where it ends among the bytes it was found in.
    """

    accepted: bool
    says: str
    end: int


FindAnswer = Callable[[Command, bytes], Answer | None]
"""Finds the answer to a command in bytes that begin anywhere; None while it is not there."""


class Commands:
    """Tell a device one command after the other; each is repeated until it is answered.

    Parameters
    ----------
    device : str
        As an error names it.
    commands : sequence of Command
    find_answer : callable
        Finds the answer to one of them.
    remedy : str
        What a person can do when the device refuses.
    patience_s, tries : float, int
        How long an answer may take, and how often a command is sent.
    """

    def __init__(
        self,
        device: str,
        commands: Sequence[Command],
        find_answer: FindAnswer,
        *,
        remedy: str = "check the sensor's options against its data sheet",
        patience_s: float = PATIENCE_S,
        tries: int = TRIES,
    ) -> None:
        self.accepted = not commands
        self._device = device
        self._commands = list(commands)
        self._find_answer = find_answer
        self._remedy = remedy
        self._patience_s = patience_s
        self._most_tries = tries
        self._tries = 0
        self._due_s = float("-inf")
        self._heard = b""

    def write(self, now_s: float) -> bytes:
        """Give the present command when it is due; see `Dialogue`."""
        if self.accepted or now_s < self._due_s:
            return b""
        command = self._commands[0]
        if self._tries == self._most_tries:
            raise DeviceRefused(
                f"{self._device} does not answer {command.name}: "
                "is its receive line connected, and the line speed right?"
            )
        self._tries += 1
        self._due_s = now_s + self._patience_s
        return command.wire

    def take(self, data: bytes, now_s: float) -> bytes:
        """Look for answers; everything goes on to the decoder."""
        if self.accepted:
            return data
        self._heard = (self._heard + data)[-MOST_WAITING_BYTES:]
        answer = self._find_answer(self._commands[0], self._heard)
        if self._tries and answer is not None:
            self._settle(answer)
        return data

    def wait_s(self, now_s: float) -> float | None:
        """How long until the command is repeated."""
        return None if self.accepted else max(self._due_s - now_s, 0.0)

    def _settle(self, answer: Answer) -> None:
        if not answer.accepted:
            name = self._commands[0].name
            raise DeviceRefused(f"{self._device} answers {answer.says!r} to {name}: {self._remedy}")
        self._heard = self._heard[answer.end :]
        del self._commands[0]
        self._tries = 0
        self._due_s = float("-inf")
        self.accepted = not self._commands
        if self.accepted:
            self._heard = b""
