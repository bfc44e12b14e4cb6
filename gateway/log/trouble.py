"""Work that is tried again until it succeeds: why it fails now, and how long to pause."""

from __future__ import annotations

import logging

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0


class Trouble:
    """One line in the program's log when it begins, one when it is over.

    Parameters
    ----------
    what : str
        What does not work, for a person: the reason follows it.
    """

    def __init__(self, what: str, logger: logging.Logger) -> None:
        self._what = what
        self._logger = logger
        self.reason: str | None = None
        self.pause_s = FIRST_PAUSE_S

    def failed(self, why: str) -> float:
        """Note a failure; give the pause before the next try, longer each time."""
        if self.reason is None:
            self._logger.error("%s: %s", self._what, why)
        else:
            self.pause_s = min(2 * self.pause_s, LONGEST_PAUSE_S)
        self.reason = f"{self._what}: {why}"
        return self.pause_s

    def worked(self) -> None:
        """Note a success."""
        if self.reason is not None:
            self._logger.info("%s: it is over", self._what)
        self.reason, self.pause_s = None, FIRST_PAUSE_S
