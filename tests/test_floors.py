"""A room imports only from rooms below it (ARCHITECTURE.md, "Floors")."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOOR = {"config": 1, "signal": 1, "drivers": 2, "simulators": 3, "gateway": 4, "bench": 5}
FILES = sorted(f for top in FLOOR for f in (ROOT / top).rglob("*.py"))
RIG = Path("gateway/rig")  # starts simulated devices; the running gateway never does
MAY_BENCH = {"gateway/cli/main.py"}  # `havik bench` is part of the command line


def rooms_imported(source: str, file: Path) -> set[str]:
    """The top folders that `source`, the text of `file`, imports from, however it is written."""
    package = ("havik", *file.relative_to(ROOT).parent.parts)
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = tuple(part for part in (*base, *(node.module or "").split(".")) if part)
            names = [(*stem, alias.name) for alias in node.names]
        else:
            continue
        found |= {name[1] for name in names if len(name) > 1 and name[0] == "havik"}
    return found & set(FLOOR)


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_a_room_imports_only_from_below(file: Path) -> None:
    room = file.relative_to(ROOT).parts[0]
    others = rooms_imported(file.read_text(), file) - {room}
    if str(file.relative_to(ROOT)) in MAY_BENCH:
        others -= {"bench"}
    assert all(FLOOR[other] < FLOOR[room] for other in others), others
    if room == "gateway" and file.relative_to(ROOT).parent != RIG:
        assert "simulators" not in others


@pytest.mark.parametrize(
    ("source", "room"),
    [
        ("from ...gateway import pipeline", "gateway"),
        ("from ... import gateway", "gateway"),
        ("import havik.gateway.pipeline", "gateway"),
        ("from havik.simulators.scene import Scene", "simulators"),
        ("def late():\n    from ...gateway.pipeline import run", "gateway"),
    ],
)
def test_the_guard_sees_an_import_of_any_form(source: str, room: str) -> None:
    assert rooms_imported(source, ROOT / "drivers/radar/invented.py") == {room}


def test_the_running_gateway_loads_no_simulator() -> None:
    code = "import sys, havik.gateway.run; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    assert "havik.gateway.pipeline" in loaded.stdout.split()
    assert not [name for name in loaded.stdout.split() if name.startswith("havik.simulators")]
