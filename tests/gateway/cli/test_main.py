"""The command line as a hostile and as a tired user."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from havik.drivers.catalogue import DRIVERS

if TYPE_CHECKING:
    from tests.conftest import Mosquitto
    from tests.gateway.conftest import Havik

ROOT = Path(__file__).parents[3]
PROGRAM = [sys.executable, "-m", "havik.gateway"]
COMMANDS = (
    "demo", "run", "check", "drivers", "decode", "scan", "simulate", "watch", "bench",
    "log", "find", "incident",
)  # fmt: skip
GROUPS = {
    "log": ("list", "verify", "checkpoint"),
    "find": ("add", "list", "show", "link", "suggest"),
    "incident": (
        "list",
        "show",
        "acknowledge",
        "note",
        "dispatch",
        "suspect",
        "search",
        "check",
        "search-done",
        "release",
        "close",
        "shelve",
        "unshelve",
    ),
}


def test_help_names_every_command(havik: Havik) -> None:
    code, out, _ = havik("--help")
    assert code == 0
    assert set(COMMANDS) <= {line.strip("│ ").split(" ")[0] for line in out.splitlines()}
    for group, commands in GROUPS.items():
        code, out, _ = havik(group, "--help")
        assert code == 0
        assert set(commands) <= {line.strip("│ ").split(" ")[0] for line in out.splitlines()}


@pytest.mark.parametrize(
    "command",
    [
        *((name,) for name in COMMANDS),
        *((group, name) for group, names in GROUPS.items() for name in names),
    ],
    ids=" ".join,
)
def test_every_command_explains_itself(havik: Havik, command: tuple[str, ...]) -> None:
    code, out, told = havik(*command, "--help")
    assert (code, told) == (0, "")
    assert f"Usage: havik {' '.join(command)} " in out


def test_brackets_in_an_explanation_are_shown(havik: Havik) -> None:
    _, out, _ = havik("find", "add", "--help")
    assert "CATEGORY[/SUB][:QUANTITY[UNIT]][:WEIGHTg]" in out
    _, out, _ = havik("watch", "--help")
    assert "mqtt://[user@]host[:port]" in out


def test_help_comes_without_the_heavy_libraries() -> None:
    code = (
        "import sys; from havik.gateway.cli.main import main\n"
        "sys.argv = ['havik', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    heavy = {"numpy", "scipy", "matplotlib", "pymap3d", "aiomqtt", "amqtt", "sqlite3", "serialx"}
    assert heavy.isdisjoint(done.stderr.split())
    assert "rich" in done.stderr.split()  # the list is one of modules


def test_the_version_is_the_package_s(havik: Havik) -> None:
    code, out, _ = havik("--version")
    assert (code, out) == (0, "0.1.0\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("jam",),
        ("--jam",),
        ("check",),
        ("decode", "ti-mmwave"),
        ("scan",),
        ("log", "list", "--limit", "0"),
        ("log", "list", "--limit", "x"),
        ("find", "add"),
        ("find", "show"),
        ("incident", "acknowledge", "f1"),
        ("watch", "--seconds", "nan"),
        ("watch", "--seconds", "-1"),
        ("demo", "--seconds", "inf"),
        ("demo", "--seconds", "0.5"),
        ("scan", "x", "--rate", "fast"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_one_line_that_names_the_help(
    havik: Havik, arguments: tuple[str, ...]
) -> None:
    line = havik.refuses(*arguments)
    assert "; see `havik " in line and line.endswith("--help`")


@pytest.fixture
def odd_files(tmp_path: Path) -> Path:
    """Files that are not what anybody asks for."""
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "foreign").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 9)
    (tmp_path / "text").write_text("dear reader\n" * 300)
    return tmp_path


READERS: dict[str, list[str]] = {
    "run": ["run", "FILE"],
    "check": ["check", "FILE"],
    "simulate": ["simulate", "FILE"],
    "scan": ["scan", "FILE"],
    **{f"decode {name}": ["decode", name, "FILE"] for name in DRIVERS},
    "log list": ["log", "list", "--log", "FILE"],
    "log verify": ["log", "verify", "--log", "FILE"],
    "log checkpoint": ["log", "checkpoint", "x", "--log", "FILE"],
    "find list": ["find", "list", "--log", "FILE"],
    "find show": ["find", "show", "x", "--log", "FILE"],
    "incident list": ["incident", "list", "--log", "FILE"],
    "incident show": ["incident", "show", "x", "--log", "FILE"],
}


@pytest.mark.parametrize("command", READERS)
def test_a_file_that_is_none_is_told_with_its_name(
    havik: Havik, odd_files: Path, command: str
) -> None:
    for name in ("none", "empty", "folder", "foreign", "text", "\udcff", "a\nb"):
        file = str(odd_files / name)
        arguments = [file if one == "FILE" else one for one in READERS[command]]
        code, out, told = havik(*arguments)
        assert (code, out) == (2, ""), name
        assert told.startswith("havik: ") and str(odd_files) in told, name
        assert "Traceback" not in told and "Error" not in told, name
        if command not in ("run", "check", "simulate"):  # settings tell of all their faults
            assert told.count("\n") == (2 if name == "a\nb" else 1), name


@pytest.mark.parametrize(
    ("driver", "capture"),
    [
        ("dronescout", "remote_id/dronescout_ble_legacy.json"),
        ("ti-mmwave", "radar/azim60_elev30_fast_threeTargets60deg_log_2024-11-28.csv"),
    ],
)
def test_a_capture_that_is_cut_off_gives_what_is_whole(
    havik: Havik, recordings: Path, tmp_path: Path, driver: str, capture: str
) -> None:
    whole = (recordings / capture).read_bytes()
    cut = tmp_path / "cut"
    cut.write_bytes(whole[: 20_000 + 11])
    code, out, told = havik("decode", driver, cut, "--json")
    assert code == 0
    assert all(isinstance(json.loads(line), dict) for line in out.splitlines())
    assert " refused: " in told and told.count("\n") == 1


def test_a_driver_that_is_not_the_capture_s_names_the_one_that_is(
    havik: Havik, recordings: Path
) -> None:
    capture = recordings / "remote_id/dronescout_ble_legacy.json"
    assert "it is of dronescout" in havik.refuses("decode", "ti-mmwave", capture)
    told = havik.refuses("decode", "kld7", capture)
    assert "no driver 'kld7': there are " in told
    assert "dragonsync, droneaware, dronescout" in told


SETTINGS = '[site]\nname = "noord"\nlatitude_deg = 52.0\nlongitude_deg = 5.0\n'


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("mod = 'live'", "unknown key `site.mod`; did you mean `mode`?"),
        ("mode = 'war'", "`site.mode`: invalid enum value 'war'; give such a value"),
        ("[alarm]\nflight_gap_s = inf", "`alarm.flight_gap_s`: inf is not a finite number; give"),
        ("[broker]\npassword = 's3cr3t'", "unknown key `broker.password`; did you mean"),
        ("[broker", "not TOML: "),
        ("[broker]\npassword_file = '/nonexistent'", "broker.password_file /nonexistent: no such"),
        ("[broker]\npassword_env = 'HAVIK_NONE'", "broker.password_env: set the variable HAVIK_NO"),
        ("[broker]\nport = 1", "broker 127.0.0.1:1: connection refused: nothing listens there"),
        ("[broker]\nhost = 'a..b'", "broker a..b:1883: no host can have that name: check it"),
    ],
)
def test_wrong_settings_are_told_with_the_remedy(
    havik: Havik, tmp_path: Path, more: str, told: str
) -> None:
    file = tmp_path / "site.toml"
    file.write_text(f"{SETTINGS}{more}\n")
    line = havik.refuses("check", file)
    assert told in line
    assert "s3cr3t" not in line


def test_an_error_cannot_fool_the_terminal(havik: Havik) -> None:
    line = havik.refuses("check", "/nonexistent/\x1b[2J\x07")
    assert line.isprintable()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("watch", "--broker", "mqtt://u:s3cr3t@127.0.0.1"), "--broker holds a password; put it"),
        (("watch", "--broker", "mqtt://127.0.0.1:1"), "nothing listens there; name broker and"),
        (("watch", "--broker", "mqtt://127.0.0.1:1", "--json"), "nothing listens there"),
        (("watch", "--site", "a/#"), "--site a/# can be no site's name"),
        (("bench", "jam"), "no benchmark jam; there are all, "),
        (("bench", "log", "--keep", "/dev/null/x"), "--keep /dev/null/x: not a directory; name"),
        (("log", "list", "--kind", "x"), "--kind x is none; there are incident, find, audit"),
        (("log", "jam"), "no such command 'jam'; see `havik log --help`"),
        (("scan",), "missing argument 'FILE...'; see `havik scan --help`"),
        (("scan", "--rte", "1", "x"), "no such option: --rte (Possible options: "),
        (("watch", "--broker"), "option '--broker' requires an argument; see `havik"),
        (("drivers", "\x1b[2J\n"), "unexpected extra argument"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    havik: Havik, arguments: tuple[str, ...], told: str
) -> None:
    line = havik.refuses(*arguments)
    assert told in line
    assert "s3cr3t" not in line


def test_json_is_nothing_but_json(havik: Havik, recordings: Path, tmp_path: Path) -> None:
    log = ("--log", tmp_path / "log")
    where = ("--site", "noord", "--place", "yard", "--method", "drone_alarm_search")
    assert havik("find", "add", *where, "--item", "phone", *log)[0] == 0
    jobs = [
        ("drivers", "--json"),
        ("decode", "dronescout", recordings / "remote_id/dronescout_wifi_nan.json", "--json"),
        ("scan", recordings / "rf/lte_enb_1.92MSps_cf32.iq", "--dtype", "cf32", "--rate", "1.92e6",
         "--json"),
        ("log", "list", "--json", *log),
        ("log", "verify", "--json", *log),
        ("find", "list", "--json", *log),
        ("incident", "list", "--json", *log),
    ]  # fmt: skip
    for job in jobs:
        code, out, _ = havik(*job)
        assert code == 0, job
        assert all(isinstance(json.loads(line), dict) for line in out.split("\n")[:-1]), job


def test_a_log_that_does_not_verify_is_code_1(havik: Havik, tmp_path: Path) -> None:
    log = ("--log", tmp_path / "log")
    where = ("--site", "noord", "--place", "yard", "--method", "drone_alarm_search")
    assert havik("find", "add", *where, "--negative", *log)[0] == 0
    assert havik("log", "verify", *log)[0] == 0
    (tmp_path / "log/log.db").write_bytes(b"somebody else's bytes")
    code, out, told = havik("log", "verify", *log)
    assert code == 1
    assert "NOT VERIFIED" in out and "Traceback" not in told


def started(*arguments: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen([*PROGRAM, *arguments], stdout=pipe, stderr=pipe, cwd=ROOT)


def left_after_a_line(process: subprocess.Popen[bytes]) -> None:
    """Read one line, as `head -1` does."""
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdout.close()


def test_a_reader_that_leaves_ends_it_quietly(recordings: Path, tmp_path: Path) -> None:
    capture = tmp_path / "long.json"  # more than a pipe holds
    capture.write_bytes((recordings / "remote_id/dronescout_ble_legacy.json").read_bytes() * 30)
    with started("decode", "dronescout", str(capture), "--json") as process:
        left_after_a_line(process)
        assert process.stderr is not None and process.stderr.read() == b""
    assert process.returncode == 0


def test_a_watcher_whose_reader_leaves_ends_quietly(mosquitto: Mosquitto) -> None:
    tell = ["mosquitto_pub", "-p", str(mosquitto.port), "-r", "-m", "{}", "-t", "havik/n/finds/x"]
    subprocess.run(tell, check=True)
    with started("watch", "--json", "--broker", f"mqtt://127.0.0.1:{mosquitto.port}") as process:
        left_after_a_line(process)
        while process.poll() is None:  # it learns of its reader when it has something to say
            subprocess.run(tell, check=True)
        assert process.stderr is not None and process.stderr.read() == b""
    assert process.returncode == 0


def test_ctrl_c_ends_a_job_without_a_word(tmp_path: Path) -> None:
    capture = tmp_path / "capture"
    os.mkfifo(capture)
    with started("decode", "ti-mmwave", str(capture)) as process:
        with capture.open("wb"):  # once the job has opened its end
            process.send_signal(signal.SIGINT)
            process.wait(20)
        assert process.stderr is not None and process.stderr.read() == b""
    assert process.returncode == 130


def test_output_that_cannot_be_written_at_all_is_no_traceback() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        done = subprocess.run(
            [*PROGRAM, "drivers", "--json"],
            stdout=closed, stderr=subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
