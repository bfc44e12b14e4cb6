from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TypedDict

import aiomqtt
import pytest

from havik.config.loader import SettingsError
from havik.drivers.catalogue import DRIVERS
from havik.gateway.errors import UsageError
from havik.gateway.rig.simulate import simulate
from havik.simulators.embedded import EmbeddedBroker, embedded_broker

ROOT = Path(__file__).parents[3]
SITE = """
[site]
name = "s"
latitude_deg = 55.5
longitude_deg = 3.5
"""
RADAR = """
[[sensors]]
by = "serial"
id = "radar"
driver = "ti-mmwave"
port = "{folder}/ports/radar"
"""
RECEIVER = """
[[sensors]]
by = "mqtt"
id = "remote-id"
driver = "dronescout"
topic = "sensor/upload"
"""
SCENE = """
name = "test"
site = "site.toml"
seed = 1
length_s = 0.5

[[things]]
kind = "person"
name = "guard"
from_m = [0, 20, 0]
acceleration_m_s2 = 1.0
legs = [{ to_m = [0, 40, 0], speed_m_s = 1.0 }]
"""


class Options(TypedDict, total=False):
    speed: float
    seconds: float
    broker: str
    pty: Path


def written(folder: Path, site: str, scene: str = SCENE) -> Path:
    (folder / "site.toml").write_text(site.format(folder=folder))
    file = folder / "scene.toml"
    file.write_text(scene)
    return file


def test_a_scene_plays_to_its_end_and_leaves_only_the_truth(tmp_path: Path) -> None:
    scene = written(tmp_path, SITE + RADAR)
    simulate(scene, truth_file=tmp_path / "truth.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]
    assert [(row["name"], row["time_s"]) for row in rows] == [("guard", 0.0), ("guard", 0.5)]
    left = {file.name for file in tmp_path.iterdir()}
    assert left == {"scene.toml", "site.toml", "truth.jsonl"}


def test_bytes_that_nobody_reads_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate(written(tmp_path, SITE + RADAR), seconds=60.0, speed=30.0)
    assert capsys.readouterr().err.startswith("radar: ")


@pytest.mark.parametrize(
    ("site", "options", "told"),
    [
        (SITE + RADAR, {"speed": 0.0}, "--speed 0: give a number above 0"),
        (SITE + RADAR, {"speed": float("nan")}, "--speed nan: give"),
        (SITE + RADAR, {"seconds": -1.0}, "--seconds -1: give"),
        (
            SITE + RADAR.replace("ti-mmwave", "kld7"),
            {},
            "radar: no simulated kld7; there are .*ti-m",
        ),
        (SITE + RADAR + "baud = 921601", {}, "no port carries 921601 baud; try 115200 or 921600"),
        (
            SITE + RADAR.replace("{folder}", "socket://x"),
            {},
            "is no path; name a folder with --pty",
        ),
        (SITE + RECEIVER, {}, "name no broker; give --broker URL"),
        (SITE + RECEIVER, {"broker": "http://x"}, "is no broker; write mqtt://"),
        (SITE + RECEIVER.replace("/upload", "/#"), {}, "no device publishes to sensor/#; name one"),
        (SITE + RECEIVER, {"broker": "mqtt://127.0.0.1:1"}, "127.0.0.1:1: .*start a broker there"),
        (SITE + RADAR, {"pty": Path("/proc/none")}, "/proc/none/radar: .*name another folder"),
    ],
)
def test_wrong_use_is_one_line_with_its_remedy(
    tmp_path: Path, site: str, options: Options, told: str
) -> None:
    file = written(tmp_path, site)
    with pytest.raises(UsageError, match=told) as caught:
        simulate(file, **options)
    assert "\n" not in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} == {"scene.toml", "site.toml"}


def test_names_that_are_taken_are_left_alone(tmp_path: Path) -> None:
    file = written(tmp_path, SITE + RADAR)
    (tmp_path / "ports").mkdir()
    (tmp_path / "ports/radar").write_text("precious")
    with pytest.raises(UsageError, match="ports/radar is there already; remove it or choose"):
        simulate(file)
    (tmp_path / "truth").write_text("precious")
    with pytest.raises(UsageError, match=r"--truth .*truth: file exists; choose another"):
        simulate(file, pty=tmp_path / "p", truth_file=tmp_path / "truth")
    kept = [tmp_path / "ports/radar", tmp_path / "truth"]
    assert [path.read_text() for path in kept] == ["precious", "precious"]
    assert not (tmp_path / "p").exists()


def test_a_scene_that_cannot_be_is_refused(tmp_path: Path) -> None:
    below = SCENE.replace("[0, 20, 0]", "[0, 20, -3]")
    with pytest.raises(SettingsError, match="guard starts below ground; raise"):
        simulate(written(tmp_path, SITE + RADAR, below))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    file = written(tmp_path, SITE + RADAR)
    code = "import sys, pathlib, havik.gateway.rig.simulate as s;"
    code += " s.simulate(pathlib.Path(sys.argv[1]), seconds=600.0, pty=pathlib.Path(sys.argv[2]))"
    folder = tmp_path / "pty"
    process = subprocess.Popen([sys.executable, "-c", code, str(file), str(folder)], cwd=ROOT)
    try:
        first = _first_bytes(folder / "radar", process)
        assert first.startswith(bytes([2, 1, 4, 3, 6, 5, 8, 7]))  # the device's magic word
        process.send_signal(number)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
    assert not folder.exists()


def _first_bytes(link: Path, process: subprocess.Popen[bytes]) -> bytes:
    """Read what comes first from a port that is about to appear."""
    while not link.exists():
        assert process.poll() is None, "it ended before it made its port"
        os.sched_yield()
    reader = os.open(link, os.O_RDONLY | os.O_NOCTTY)
    try:
        return os.read(reader, 4096)
    finally:
        os.close(reader)


async def test_payloads_reach_the_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with embedded_broker(tmp_path / "broker") as broker:
        monkeypatch.setenv("HAVIK_MQTT_PASSWORD", _password(broker))
        file = written(tmp_path, SITE + RECEIVER)
        code = "import sys, pathlib, havik.gateway.rig.simulate as s; "
        code += "s.simulate(pathlib.Path(sys.argv[1]), broker=sys.argv[2])"
        url = f"mqtt://{broker.username}@{broker.host}:{broker.port}"
        async with aiomqtt.Client(
            broker.host, broker.port, username=broker.username, password=_password(broker)
        ) as console:
            await console.subscribe("sensor/upload")
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", code, str(file), url, cwd=ROOT
            )
            async with asyncio.timeout(30):
                message = await anext(aiter(console.messages))
                assert await process.wait() == 0
    decoder = DRIVERS["dronescout"].decoder()
    assert isinstance(message.payload, bytes)
    assert len(list(decoder.feed(message.payload, 0))) == 1
    assert not decoder.refused


def _password(broker: EmbeddedBroker) -> str:
    return broker.password_file.read_text().strip()
