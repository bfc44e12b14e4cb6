from __future__ import annotations

import io

import pytest
from rich.console import Console

from havik.gateway.cli.progress import Progress


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=80)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_long_work_shows_its_word_and_takes_it_away() -> None:
    console = terminal()
    with Progress(10, "scanning", console, silent_s=0) as progress:
        progress.advance(4)
        assert "scanning" in shown(console)
        with progress.paused():
            console.print("found one")
        progress.advance(6)
    assert "found one" in shown(console)
    assert shown(console).endswith(("\x1b[2K", "\x1b[?25h"))  # the line is wiped


def test_short_work_shows_nothing() -> None:
    console = terminal()
    with Progress(10, "scanning", console, silent_s=60) as progress:
        progress.advance(10)
        with progress.paused():
            pass
    assert "scanning" not in shown(console)


def test_what_is_no_terminal_sees_nothing() -> None:
    console = Console(file=io.StringIO(), force_terminal=False)
    with Progress(10, "scanning", console, silent_s=0) as progress:
        progress.advance(10)
    assert shown(console) == ""


def test_an_error_inside_is_not_swallowed() -> None:
    console = terminal()
    with (
        pytest.raises(ValueError, match="broken"),
        Progress(10, "scanning", console, silent_s=0) as progress,
    ):
        progress.advance(1)
        raise ValueError("broken")
