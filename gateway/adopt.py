"""Finds that another program on this machine put into the same log: `havik find add` without MQTT.

They belong to the incidents of the running gateway as if they had come over MQTT.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .incidents import Incidents, RefusedError
from .log.entries import schema_of
from .log.reading import LogReader
from .messages import Find, Incident

MOST_OWN = 10_000


class Adoption:
    """The finds of a log, each looked at once.

    Parameters
    ----------
    log_folder : Path
        Of a log that is there.
    site : str
        Whose finds count.
    incidents : Incidents
    """

    def __init__(self, log_folder: Path, site: str, incidents: Incidents) -> None:
        self._folder = log_folder
        self._site = site
        self._incidents = incidents
        self._after = -1
        self._own: dict[str, None] = {}

    def own(self, find: Find) -> None:
        """Note a find that the gateway itself records: it is told already."""
        self._own[find.id] = None
        while len(self._own) > MOST_OWN:
            del self._own[next(iter(self._own))]

    def read(self) -> tuple[list[Find], bool]:
        """Read the finds since the last call; belongs into a thread.

        Returns
        -------
        finds : list of Find
        new : bool
            Whether they came while we were running.

        Raises
        ------
        UsageError
            If the log cannot be read.
        """
        new = self._after >= 0
        finds: list[Find] = []
        with LogReader.open(self._folder) as log:
            size = log.size
            for entry in log.entries(self._after, [schema_of(Find)]):
                message = entry.message()
                if isinstance(message, Find) and message.site == self._site:
                    finds.append(message)
        self._after = max(size - 1, 0)
        return finds, new

    def take(self, finds: Iterable[Find], now_ns: int, *, new: bool) -> list[Incident | Find]:
        """Link finds to their open incidents; give what consoles and the log are to hear."""
        told: list[Incident | Find] = []
        for find in finds:
            if find.id in self._own:
                del self._own[find.id]
                continue
            if new:
                told.append(find)
            if self._waits_for(find):
                with suppress(RefusedError):  # it has as many steps as it takes
                    told.append(self._incidents.record(find, now_ns))
        return told

    def _waits_for(self, find: Find) -> bool:
        named = (one for one in self._incidents.open if one.incident == find.incident)
        return any(find.find not in incident.finds for incident in named)
