"""A console's screen as a picture: what `havik watch --svg` leaves behind."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from rich.console import Console

from ...drivers.transport.mqtt import BrokerAddress
from ..errors import UsageError
from .client import listen
from .screen import Screen

WIDTH, HEIGHT = 100, 30
"""Of the terminal that is drawn, in letters."""

_WEB_FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


async def watch_still(address: BrokerAddress, picture: Path, *, site: str = "+") -> None:
    """Listen until cancelled, then draw the screen of that moment into `picture`, an SVG file.

    Raises
    ------
    UsageError
        If the picture cannot be written.
    """
    screen = Screen()
    try:
        await listen(address, screen.take, lambda _: None, site)
    finally:
        draw_still(screen, picture, time.time_ns())


def draw_still(screen: Screen, picture: Path, now_ns: int) -> None:
    """Draw `screen` as it is at `now_ns`.

    Raises
    ------
    UsageError
        If the picture cannot be written.
    """
    with Path(os.devnull).open("w") as nowhere:
        console = Console(
            file=nowhere, record=True, width=WIDTH, height=HEIGHT, force_terminal=True
        )
        console.print(screen.draw(now_ns))
    svg = console.export_svg(title="havik watch")
    try:
        # A picture shows itself: fonts from the web would tell strangers that it was looked at.
        picture.write_text(_WEB_FONTS.sub("", svg), encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{picture}: {reason}; name another file for the picture") from None
