from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.gateway.console.plain import on_one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1 telefoon; luchtplaats é €", "1 telefoon; luchtplaats é €"),
        ("two\nlines\r", "two\ufffdlines\ufffd"),
        ("\x1b[2J\x07\x9b0m\x00", "\ufffd[2J\ufffd\ufffd0m\ufffd"),
        ("left\u202eright\u2028", "left\ufffdright\ufffd"),  # turns the line round; ends it
        ("\udcff", "\ufffd"),
    ],
)
def test_what_moves_a_cursor_is_seen_instead(text: str, shown: str) -> None:
    assert on_one_line(text) == shown


@given(st.text())
def test_any_text_is_one_line_that_any_terminal_takes(text: str) -> None:
    shown = on_one_line(text)
    assert shown.isprintable() and len(shown) == len(text)
    shown.encode()
