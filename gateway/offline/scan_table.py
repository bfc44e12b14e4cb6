"""Emissions as a table for people: named ones a row each, unknown ones in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table

from ...signal.radio.emissions import Emission

STYLE = {"drone": "bold red", "controller": "yellow", "background": "dim"}
WIDTH = 100


def print_table(
    emissions: Sequence[Emission], title: str, *, on_the_air: bool, out: TextIO
) -> None:
    """Print the emissions of one recording.

    Parameters
    ----------
    on_the_air : bool
        Whether frequencies are the air's own; they are relative to the tuned centre otherwise.
    """
    console = Console(file=out) if out.isatty() else Console(file=out, width=WIDTH)
    named = [emission for emission in emissions if emission.label != "unknown"]
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("label")
    table.add_column("family")
    middle = "center MHz" if on_the_air else "offset MHz"
    for heading in ("start ms", "for ms", middle, "width MHz", "SNR dB", "confidence"):
        table.add_column(heading, justify="right", no_wrap=True)
    for emission in named:
        table.add_row(*_row(emission, on_the_air), style=STYLE.get(emission.family))
    if named:
        console.print(table)
    rest = _rest(emissions, title, has_named=bool(named), sign="" if on_the_air else "+")
    if rest:
        console.print(rest, markup=False, highlight=False, soft_wrap=True)


def _row(emission: Emission, on_the_air: bool) -> list[str]:
    sign = "" if on_the_air else "+"
    return [
        emission.label,
        emission.family,
        f"{emission.start_s * 1e3:.3f}",
        f"{emission.duration_s * 1e3:.3f}",
        f"{emission.center_hz / 1e6:{sign}.4f}",
        f"{emission.bandwidth_hz / 1e6:.3f}",
        f"{emission.snr_db:.1f}",
        f"{emission.confidence:.3f}",
    ]


def _rest(emissions: Sequence[Emission], title: str, *, has_named: bool, sign: str) -> str:
    """One line for what has no name; `--json` tells each of them."""
    unknown = [emission for emission in emissions if emission.label == "unknown"]
    if not emissions:
        return (
            f"{title}: no emissions above the noise (a wide signal that never pauses counts as it)"
        )
    if not unknown:
        return ""
    strongest = max(unknown, key=lambda emission: emission.snr_db)
    also = "and " if has_named else f"{title}: "
    return (
        f"{also}{len(unknown)} unknown, the strongest {strongest.snr_db:.1f} dB "
        f"at {strongest.start_s * 1e3:.2f} ms, {strongest.center_hz / 1e6:{sign}.3f} MHz"
    )
