"""What is there all the time: carriers and spurs, told once and not with every page.

Cost: nothing for each sample; a few operations for each page and carrier.
"""

from __future__ import annotations

from dataclasses import replace

from .classify import Emission, Seen, carrier_emission

LONGEST_S = 1.0
"""A carrier that lasts longer is told once a second."""


class CarrierLog:
    """Carriers of page after page in, each told when it ends, or after `LONGEST_S`.

    Parameters
    ----------
    tuned_hz : float
        Added to the frequencies.
    """

    def __init__(self, tuned_hz: float) -> None:
        self._tuned_hz = tuned_hz
        self._open: list[Seen] = []

    def take(self, carriers: list[Seen]) -> list[Emission]:
        """Take the carriers of the next page; give those that have ended."""
        lasting: list[Seen] = []
        for carrier in carriers:
            before = next((one for one in self._open if _goes_on(one, carrier)), None)
            if before is not None:
                self._open.remove(before)
                end_s = carrier.start_s + carrier.duration_s
                carrier = replace(
                    carrier, start_s=before.start_s, duration_s=end_s - before.start_s
                )
            lasting.append(carrier)
        ended = self._open + [one for one in lasting if one.duration_s >= LONGEST_S]
        self._open = [one for one in lasting if one.duration_s < LONGEST_S]
        return [carrier_emission(one, self._tuned_hz) for one in ended]

    def close(self) -> list[Emission]:
        """Give the carriers that still last."""
        return self.take([])


def _goes_on(before: Seen, carrier: Seen) -> bool:
    """Whether a carrier of the next page is the one before."""
    apart_hz = abs(before.center_hz - carrier.center_hz)
    return apart_hz <= max(before.bandwidth_hz, carrier.bandwidth_hz)
