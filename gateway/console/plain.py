"""What others wrote, so that it cannot fool a terminal."""

from __future__ import annotations


def on_one_line(text: str) -> str:
    """Keep it from moving the cursor: a note or a payload may hold anything."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
