"""`havik demo` as a user runs it: a process group of its own, timed by the scene; simulated."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec

from havik.config.scenes import load_scene
from havik.config.settings import Settings
from havik.gateway.log.verify import verify
from havik.gateway.rig.demo import SCENE, to_toml

COMMAND = (sys.executable, "-m", "havik.gateway", "demo")
LIMIT_S = 240.0


def left_running(group: int) -> list[str]:
    """The processes of a group that are still there."""
    processes = [process for process in Path("/proc").iterdir() if process.name.isdigit()]
    return [str(process) for process in processes if _group(process) == group]


def _group(process: Path) -> int | None:
    try:
        status = (process / "stat").read_text()
    except OSError:  # it ended meanwhile
        return None
    return int(status.rpartition(")")[2].split()[2])


def test_a_night_is_one_incident_one_find_and_a_log_that_verifies(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [*COMMAND, "--seconds", "60", "--json", "--log", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as demo:
        out, _ = demo.communicate(timeout=LIMIT_S)
    outcome = json.loads(out)
    assert demo.returncode == 0
    assert (outcome["incidents"], outcome["finds"]) == (1, 1)
    assert outcome["detections"] > 0
    assert outcome["log_verified"]
    assert outcome["log_entries"] == verify(log).entries
    assert not left_running(demo.pid)


def test_ctrl_c_ends_it_and_leaves_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [*COMMAND, "--log", str(log)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as demo:
        assert demo.stdout is not None
        while b"incident" not in (line := demo.stdout.readline()):
            assert line, "the demonstration ended before its alarm"
        os.killpg(demo.pid, signal.SIGINT)  # a terminal tells the whole group
        out, errors = demo.communicate(timeout=LIMIT_S)
    assert demo.returncode == 0
    assert out.decode().splitlines()[-1].endswith("and verifies")
    assert not errors
    assert not left_running(demo.pid)


def test_the_settings_it_writes_are_those_it_means() -> None:
    _, site = load_scene(SCENE)
    assert msgspec.convert(tomllib.loads(to_toml(site)), Settings) == site
