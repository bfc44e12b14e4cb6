"""Progress of long work on a terminal: nothing for two seconds, then a bar on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress as Bar

SILENT_S = 2.0


class Progress:
    """A bar that comes when the work takes longer than two seconds, and goes at its end.

    Parameters
    ----------
    total : int
        The work, in whatever unit `advance` counts.
    what : str
        The word before the bar.
    console : Console, optional
        Standard error where not given; one that is no terminal shows nothing.
    silent_s : float
        How long nothing is shown.
    """

    def __init__(
        self, total: int, what: str, console: Console | None = None, silent_s: float = SILENT_S
    ) -> None:
        console = console or Console(file=sys.stderr)
        self._bar = Bar(console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task(what, total=total)
        self._due_s = time.monotonic() + silent_s
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def advance(self, amount: int) -> None:
        """Note that `amount` more is done."""
        self._bar.advance(self._task, amount)
        if not self._shown and time.monotonic() >= self._due_s:
            self._bar.start()
            self._shown = True

    @contextmanager
    def paused(self) -> Generator[None, None, None]:
        """Take the bar away while other text is written."""
        if self._shown:
            self._bar.stop()
        yield
        if self._shown:
            self._bar.start()
