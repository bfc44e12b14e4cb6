"""How each sensor is: counted as it works, told when it changes.

A sensor is `online` while its link is up and it speaks, `degraded` while its link is up but it is
silent for longer than its settings allow, `offline` while its link is down.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal

from msgspec.structs import replace

from ..config.settings import SiteSection
from .messages import Health, new_id

State = Literal["online", "degraded", "offline"]


class SensorHealth:
    """The counters of one sensor; time is passed in.

    Parameters
    ----------
    silent_after_s : float
        Longer silence than this is worth telling.
    """

    def __init__(self, site: SiteSection, sensor: str, silent_after_s: float, now_ns: int) -> None:
        self._site = site
        self._sensor = sensor
        self._silent_after_ns = int(silent_after_s * 1e9)
        self._link_up = False
        self._link_reason: str | None = "not connected yet"
        self._link_since_ns = now_ns
        self._speaks_since_ns = now_ns
        self._last_reading_ns: int | None = None
        self._bytes_at_reading = 0
        self.readings = 0
        self.bytes_received = 0
        self.reconnections = 0
        self.refused: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.details: dict[str, float | str] = {}

    def link(self, *, up: bool, reason: str | None, reconnections: int, now_ns: int) -> None:
        """Note that the link came up, or went down and why."""
        if up != self._link_up:
            self._link_since_ns = self._speaks_since_ns = now_ns
        self._link_up, self._link_reason = up, reason
        self.reconnections = reconnections

    def heard(self, readings: int, now_ns: int) -> None:
        """Note readings that came."""
        if self._is_silent(now_ns):
            self._speaks_since_ns = now_ns
        self.readings += readings
        self._last_reading_ns = now_ns
        self._bytes_at_reading = self.bytes_received

    def message(self, now_ns: int) -> Health:
        """The health message of now; `since_ns` is when the present state began."""
        state, reason, since_ns = self._now(now_ns)
        return Health(
            id=new_id(now_ns),
            site=self._site.name,
            time_ns=now_ns,
            mode=self._site.mode,
            sensor=self._sensor,
            state=state,
            since_ns=since_ns,
            reason=reason,
            last_reading_ns=self._last_reading_ns,
            readings=self.readings,
            bytes_received=self.bytes_received,
            refused=dict(self.refused),
            dropped=dict(self.dropped),
            reconnections=self.reconnections,
            details=dict(self.details),
        )

    def state(self, now_ns: int) -> tuple[State, str | None]:
        """The state of now, and its reason."""
        state, reason, _ = self._now(now_ns)
        return state, reason

    def stopped(self, now_ns: int) -> Health:
        """The last health message of a gateway that is stopped on purpose."""
        last = self.message(now_ns)
        reason = "the gateway was stopped"
        return replace(last, state="offline", since_ns=now_ns, reason=reason)

    def _now(self, now_ns: int) -> tuple[State, str | None, int]:
        if not self._link_up:
            return "offline", self._link_reason, self._link_since_ns
        if self._is_silent(now_ns):
            silent_since_ns = self._silent_since_ns
            seconds = round((now_ns - silent_since_ns) / 1e9)
            unread = self.bytes_received - self._bytes_at_reading
            told = f"{unread} bytes, but no reading: right driver, right speed?" if unread else ""
            return "degraded", told or f"connected, but silent for {seconds} s", silent_since_ns
        return "online", None, self._speaks_since_ns

    @property
    def _silent_since_ns(self) -> int:
        return max(self._last_reading_ns or 0, self._link_since_ns)

    def _is_silent(self, now_ns: int) -> bool:
        return now_ns - self._silent_since_ns > self._silent_after_ns


def last_will(site: SiteSection, sensor: str, now_ns: int) -> Health:
    """What the broker tells consoles when the gateway is gone without a word.

    It is written when the connection is made, at `now_ns`, and told at its end: since when the
    state is, it cannot know.
    """
    return Health(
        id=new_id(now_ns),
        site=site.name,
        time_ns=now_ns,
        mode=site.mode,
        sensor=sensor,
        state="offline",
        since_ns=None,
        reason="the gateway is gone (last will)",
    )
