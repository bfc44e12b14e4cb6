from __future__ import annotations

import io
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from havik.config.loader import SettingsError
from havik.drivers.catalogue import DRIVERS
from havik.drivers.transport import mqtt_client
from havik.gateway import check as room
from havik.gateway.check import check, load_site
from havik.gateway.errors import UsageError
from havik.simulators.ports import SerialPort

if TYPE_CHECKING:
    from tests.conftest import Mosquitto

StartMosquitto = Callable[[str], "Mosquitto"]

SITE = '[site]\nname = "noord"\nlatitude_deg = 52.0\nlongitude_deg = 5.0\n'
BROKER = "[broker]\nport = {port}\n"
RADAR = '[[sensors]]\nby = "serial"\nid = "radar"\ndriver = "ti-mmwave"\nport = "{port}"\n'
RECEIVER = '[[sensors]]\nby = "mqtt"\nid = "remote-id"\ndriver = "dronescout"\ntopic = "{topic}"\n'
PLAYED = '[[sensors]]\nby = "recording"\nid = "old"\ndriver = "ti-mmwave"\nfile = "{file}"\n'
YARD = '[[zones]]\nid = "yard-b"\nkind = "yard"\ncorners_m = {corners}\n'


@pytest.fixture
def site(tmp_path: Path) -> Callable[..., Path]:
    def write(*sections: str) -> Path:
        file = tmp_path / "site.toml"
        file.write_text("".join([SITE, *sections]))
        return file

    return write


def checked(file: Path) -> list[str]:
    out = io.StringIO()
    check(file, out)
    return out.getvalue().splitlines()


def faults(file: Path) -> list[str]:
    with pytest.raises(UsageError) as caught:
        checked(file)
    return str(caught.value).splitlines()


def test_all_that_is_there_is_said(
    site: Callable[..., Path], mosquitto: Mosquitto, tmp_path: Path
) -> None:
    recording = tmp_path / "old.bin"
    recording.write_bytes(b"x")
    file = site(
        BROKER.format(port=mosquitto.port),
        RADAR.format(port=tmp_path / "radar"),
        RECEIVER.format(topic="sensor/+/upload"),
        PLAYED.format(file=recording),
        YARD.format(corners="[[0, 0], [9, 0], [9, 9]]"),
    )
    with SerialPort(tmp_path / "radar", 921_600):
        assert checked(file) == [
            f"broker 127.0.0.1:{mosquitto.port}: answers",
            f"radar: {tmp_path}/radar opens at 921600 baud",
            "remote-id: listens to sensor/+/upload",
            f"old: {recording} can be read",
        ]


def test_each_thing_that_is_not_there_is_a_line_with_its_remedy(
    site: Callable[..., Path], tmp_path: Path
) -> None:
    file = site(
        BROKER.format(port=1),
        RADAR.format(port=tmp_path / "radar"),
        PLAYED.format(file=tmp_path / "old.bin"),
        PLAYED.format(file=tmp_path).replace('"old"', '"older"'),
    )
    assert faults(file) == [
        "broker 127.0.0.1:1: connection refused: nothing listens there",
        f"radar: {tmp_path}/radar: is not there: is it plugged in?",
        f"old: {tmp_path}/old.bin is not there: check the name",
        f"older: {tmp_path} is a folder: name one capture file",
    ]


def test_a_port_that_another_program_holds_or_that_is_none(
    site: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("x")
    assert faults(site(RADAR.format(port=tmp_path / "text"))) == [
        f"radar: {tmp_path}/text: is no serial port"
    ]
    assert faults(site(RADAR.format(port="socket://127.0.0.1:1"))) == [
        "radar: socket://127.0.0.1:1: refuses the connection: nothing listens there"
    ]


def test_a_refused_login_does_not_tell_the_password(
    site: Callable[..., Path], start_mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    users, password = tmp_path / "users", tmp_path / "password"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(users), "havik", "right"], check=True)
    broker = start_mosquitto(f"allow_anonymous false\npassword_file {users}")
    login = f'username = "havik"\npassword_file = "{password}"\n'
    file = site(BROKER.format(port=broker.port), login)
    password.write_text("s3cr3t\n")
    assert faults(file) == [
        f"broker 127.0.0.1:{broker.port}: the login is refused: check user and password"
    ]
    password.write_text("right\n")
    assert checked(file) == [f"broker 127.0.0.1:{broker.port}: answers"]


@pytest.mark.parametrize(
    ("patience_s", "told"),
    [(9.0, "no answer: does it speak MQTT, with TLS or without, "), (0.02, "no answer in 0.02 s")],
)
def test_a_broker_that_never_answers_is_given_up(
    site: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, patience_s: float, told: str
) -> None:
    monkeypatch.setattr(mqtt_client, "TIMEOUT_S", 0.1)
    monkeypatch.setattr(room, "TRY_S", patience_s)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        (fault,) = faults(site(BROKER.format(port=port)))
    assert fault.startswith(f"broker 127.0.0.1:{port}: {told}")


WRONG: list[tuple[list[str], str]] = [
    ([RADAR, RADAR], "`sensors`: radar is there twice; give each sensor an id of its own"),
    (
        [RADAR.replace("ti-mmwave", "ti-mmwav")],
        f"`sensors[0].driver`: no driver ti-mmwav; there are {', '.join(DRIVERS)}",
    ),
    (
        [RADAR.replace("ti-mmwave", "dronescout")],
        '`sensors[0].by`: dronescout is connected by mqtt; write by = "mqtt"',
    ),
    (
        [BROKER, RECEIVER.replace("dronescout", "ti-mmwave")],
        '`sensors[0].by`: ti-mmwave is connected by serial; write by = "serial"',
    ),
    ([RECEIVER], "`sensors[0].by`: remote-id speaks MQTT; add a [broker] section"),
    *(
        (
            [BROKER, RECEIVER.replace("{topic}", topic)],
            f"`sensors[0].topic`: {topic} is no topic; + and # stand for whole levels",
        )
        for topic in ("a/#/b", "a+/b", "a/b#", "#/a")
    ),
    *(
        (
            [RADAR.replace('"radar"', f'"{name}"')],
            f"`sensors[0].id`: {name} has a meaning of its own on MQTT; name it otherwise",
        )
        for name in ("gateway", "health", "detections", "tracks", "incidents", "finds", "replies")
    ),
    (
        [YARD.replace("{corners}", "[[0, 0], [9, 9], [9, 0], [0, 9]]")],
        "`zones[0].corners_m`: the edge of yard-b crosses itself; "
        "give its corners in their order along the edge",
    ),
]


@pytest.mark.parametrize(("sections", "problem"), WRONG)
def test_what_cannot_work_together_is_found_before_anything_is_tried(
    site: Callable[..., Path], sections: list[str], problem: str
) -> None:
    file = site(*(section.replace("{port}", "1") for section in sections))
    for read in (load_site, checked):
        with pytest.raises(SettingsError) as caught:
            read(file)
        assert caught.value.problems == (problem,)


def test_all_problems_show_at_once(site: Callable[..., Path]) -> None:
    file = site(RECEIVER.replace("dronescout", "x"), RECEIVER.replace("{topic}", "a+"))
    with pytest.raises(SettingsError) as caught:
        load_site(file)
    assert len(caught.value.problems) == 5


@pytest.mark.parametrize("topic", ["sensor/upload", "sensor/+/upload", "sensor/#", "#", "+", "/a/"])
def test_a_topic_may_hold_wildcards(site: Callable[..., Path], topic: str) -> None:
    load_site(site(BROKER.replace("{port}", "1"), RECEIVER.replace("{topic}", topic)))
